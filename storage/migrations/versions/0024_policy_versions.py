"""Tenants' own policies. What is published stays as it is, and nothing is deleted."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.row_security import protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_versions",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("pack_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("governs_from", sa.Date(), nullable=False),
        sa.Column("governs_to", sa.Date(), nullable=True),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column(
            "drafted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "governs_to > governs_from", name=op.f("ck_policy_versions_ends_after_start")
        ),
        sa.CheckConstraint(
            "(published_by IS NULL) = (published_at IS NULL)",
            name=op.f("ck_policy_versions_publisher_has_time"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_policy_versions_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "pack_id", "version", name=op.f("pk_policy_versions")),
    )
    published = sa.text("published_at IS NOT NULL")
    op.create_index(
        "uq_policy_versions_start",
        "policy_versions",
        ["tenant_id", "governs_from"],
        unique=True,
        postgresql_where=published,
    )
    op.create_index(
        "uq_policy_versions_open_end",
        "policy_versions",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("published_at IS NOT NULL AND governs_to IS NULL"),
    )
    # Whoever writes, the owner too: returns that were decided refer to what they were decided by.
    op.execute(
        """
        CREATE FUNCTION keep_policy_versions() RETURNS trigger LANGUAGE plpgsql
        SET search_path = pg_catalog, pg_temp AS $keep$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'policy versions are never deleted';
            END IF;
            IF OLD.published_at IS NOT NULL AND (
                to_jsonb(NEW) - 'governs_to' <> to_jsonb(OLD) - 'governs_to'
                OR NEW.governs_to IS DISTINCT FROM OLD.governs_to AND OLD.governs_to IS NOT NULL
            ) THEN
                RAISE EXCEPTION 'a published policy version never changes';
            END IF;
            RETURN NULL;
        END
        $keep$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_policy_versions AFTER UPDATE OR DELETE ON policy_versions "
        "FOR EACH ROW EXECUTE FUNCTION keep_policy_versions()"
    )
    protect("policy_versions")
