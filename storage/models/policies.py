"""Tenants' policies: every version as it was sent, drafted by one person, published by another."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.declarative import Model

IS_PUBLISHED = "published_at IS NOT NULL"


class PolicyVersionModel(Model):
    """A draft may be replaced. Of a published version only the open end is set, once; see 0024.

    ``document`` is JSON and not JSONB: the order of its keys and the form of its numbers stay, and
    so does the hash of its content.
    """

    __tablename__ = "policy_versions"
    __table_args__ = (
        CheckConstraint("governs_to > governs_from", name="ends_after_start"),
        CheckConstraint(
            "(published_by IS NULL) = (published_at IS NULL)", name="publisher_has_time"
        ),
        # Two publications at once: one start and one open end in a tenant's row of versions.
        Index(
            "uq_policy_versions_start",
            "tenant_id",
            "governs_from",
            unique=True,
            postgresql_where=text(IS_PUBLISHED),
        ),
        Index(
            "uq_policy_versions_open_end",
            "tenant_id",
            unique=True,
            postgresql_where=text(f"{IS_PUBLISHED} AND governs_to IS NULL"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    pack_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON())
    governs_from: Mapped[date]
    governs_to: Mapped[date | None]
    drafted_by: Mapped[str]
    drafted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
