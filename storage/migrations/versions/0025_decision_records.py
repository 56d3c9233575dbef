"""Decisions with what they were made of. Of returns that were decided before, events tell it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from storage.migrations.row_security import protect

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision_records",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_ref", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("pack_hash", sa.Text(), nullable=True),
        sa.Column("facts", JSONB(), nullable=True),
        sa.Column("result", JSONB(), nullable=False),
        sa.CheckConstraint(
            "by IN ('rule', 'human', 'timeout')", name=op.f("ck_decision_records_by_is_known")
        ),
        sa.CheckConstraint(
            "(by = 'rule') = (facts IS NOT NULL) AND (by = 'rule') = (quantity IS NOT NULL) "
            "AND (by = 'rule') = (pack_hash IS NOT NULL)",
            name=op.f("ck_decision_records_rules_have_facts"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_decision_records_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "number", "line_id", name=op.f("pk_decision_records")
        ),
    )
    op.create_index(
        "ix_decision_records_newest_of_rules",
        "decision_records",
        ["tenant_id", sa.text("decided_at DESC"), "return_id", "line_id"],
        postgresql_where=sa.text("by = 'rule'"),
    )
    protect("decision_records")
