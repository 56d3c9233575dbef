"""Tenants, their connections and API keys, and how they are found before a tenant is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.migrations.row_security import create_lookup, let_lookups_read, protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "tenant_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_tenants_tenant_id_is_slug")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_tenants")),
    )
    op.create_table(
        "connections",
        sa.Column("connection_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("secrets_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_connections_tenant_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_connections")),
        sa.UniqueConstraint(
            "tenant_id", "connection_id", name=op.f("uq_connections_tenant_id_connection_id")
        ),
        sa.UniqueConstraint("tenant_id", "kind", name=op.f("uq_connections_tenant_id_kind")),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('platform', 'warehouse', 'reviewer', 'ops', 'finance', 'auditor', 'admin')",
            name=op.f("ck_api_keys_role_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_api_keys_tenant_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(
        op.f("ix_api_keys_tenant_id_created_at"),
        "api_keys",
        ["tenant_id", "created_at"],
        unique=False,
    )
    protect("tenants", "connections", "api_keys")
    let_lookups_read("tenants", "connections", "api_keys")
    create_lookup(
        "lookup_tenants()",
        returns="TABLE (tenant_id text, name text)",
        query="SELECT tenant_id, name FROM public.tenants ORDER BY tenant_id",
    )
    create_lookup(
        "lookup_connection(uuid)",
        returns="text",
        query="SELECT tenant_id FROM public.connections WHERE connection_id = $1",
    )
    create_lookup(
        "lookup_connection_addresses()",
        returns="TABLE (tenant_id text, connection_id uuid, kind text, base_url text)",
        query="SELECT tenant_id, connection_id, kind, base_url FROM public.connections "
        "ORDER BY tenant_id, kind",
    )
    create_lookup(
        "lookup_api_key(bytea)",
        returns="SETOF public.api_keys",
        query="SELECT * FROM public.api_keys WHERE key_hash = $1",
    )
