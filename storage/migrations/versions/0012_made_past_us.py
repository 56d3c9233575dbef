"""Refunds of our payments that were made past us, and each day's books beside the provider's."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from storage.migrations.row_security import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "external_refunds",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("refund_ref", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("intent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column(
            "first_seen_at",
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
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_external_refunds_amount_positive")),
        sa.CheckConstraint(
            "state IN ('succeeded', 'pending', 'rejected')",
            name=op.f("ck_external_refunds_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id", "tender_id"],
            ["tenders.tenant_id", "tenders.order_id", "tenders.tender_id"],
            name=op.f("fk_external_refunds_tenant_id_order_id_tender_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "intent_id"],
            ["refund_intents.tenant_id", "refund_intents.intent_id"],
            name=op.f("fk_external_refunds_tenant_id_intent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "refund_ref", name=op.f("pk_external_refunds")),
    )
    op.create_index(
        op.f("ix_external_refunds_tenant_id_order_id_tender_id"),
        "external_refunds",
        ["tenant_id", "order_id", "tender_id"],
    )
    op.create_index(
        op.f("ix_tenders_tenant_id_payment_ref"), "tenders", ["tenant_id", "payment_ref"]
    )
    op.create_table(
        "reconciliations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
        sa.Column(
            "compared_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_reconciliations_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "day", name=op.f("pk_reconciliations")),
    )
    op.create_index(
        op.f("ix_refund_intents_tenant_id_last_sent_at"),
        "refund_intents",
        ["tenant_id", "last_sent_at"],
    )
    protect("external_refunds", "reconciliations")
