"""Who uses the engine: tenants, their connections to other systems, their API keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.declarative import Model, UuidText, one_of
from storage.states import Role


class TenantModel(Model):
    __tablename__ = "tenants"
    # An empty tenant would match a session whose setting was reset to the empty text.
    __table_args__ = (
        CheckConstraint("tenant_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="tenant_id_is_slug"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ConnectionModel(Model):
    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "adapter"),
        UniqueConstraint("tenant_id", "connection_id"),
        # Of carriers a tenant has several, of everything else one.
        Index(
            "uq_connections_one_of_a_kind",
            "tenant_id",
            "kind",
            unique=True,
            postgresql_where=text("kind <> 'carrier'"),
        ),
    )

    connection_id: Mapped[UuidText] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    kind: Mapped[str]
    adapter: Mapped[str]
    base_url: Mapped[str]
    secrets_encrypted: Mapped[bytes]
    settings: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiKeyModel(Model):
    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint(one_of("role", *Role), name="role_is_known"),
        UniqueConstraint("key_hash"),
        Index(None, "tenant_id", "created_at"),
    )

    key_id: Mapped[UuidText] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"))
    prefix: Mapped[str]
    key_hash: Mapped[bytes]
    role: Mapped[str]
    label: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
