"""Credit notes, numbered per tenant and year without gaps; which settlements were approved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from storage.migrations.row_security import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_note_counters",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_credit_note_counters_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "year", name=op.f("pk_credit_note_counters")),
    )
    op.create_table(
        "credit_notes",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("rma_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("settlement_no", sa.Integer(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("rows", JSONB(), nullable=False),
        sa.Column(
            "issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("total_minor > 0", name=op.f("ck_credit_notes_total_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id", "settlement_no"],
            ["settlements.tenant_id", "settlements.return_id", "settlements.settlement_no"],
            name=op.f("fk_credit_notes_tenant_id_return_id_settlement_no"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_credit_notes")),
        sa.UniqueConstraint(
            "tenant_id",
            "return_id",
            "settlement_no",
            name=op.f("uq_credit_notes_tenant_id_return_id_settlement_no"),
        ),
    )
    op.create_index(
        op.f("ix_credit_notes_tenant_id_issued_on_number"),
        "credit_notes",
        ["tenant_id", "issued_on", "number"],
    )
    op.add_column("settlements", sa.Column("approved_hash", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_refund_intents_tenant_id_created_at_intent_id"),
        "refund_intents",
        ["tenant_id", "created_at", "intent_id"],
    )
    op.create_index(
        "ix_refund_intents_in_trouble",
        "refund_intents",
        ["tenant_id", "created_at", "intent_id"],
        postgresql_where=sa.text("state IN ('unknown', 'rejected')"),
    )
    protect("credit_note_counters", "credit_notes")
