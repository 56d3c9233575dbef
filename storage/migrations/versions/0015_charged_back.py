"""Chargebacks and what they cover; when a payment was made; which refunds a day compared."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.row_security import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BEFORE = "'planned', 'sending', 'succeeded', 'pending', 'unknown', 'rejected'"


def upgrade() -> None:
    now = sa.text("now()")
    op.create_table(
        "chargebacks",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("dispute_ref", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_due_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intent_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_chargebacks_amount_positive")),
        sa.CheckConstraint(
            "state IN ('open', 'won', 'lost')", name=op.f("ck_chargebacks_state_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id", "tender_id"],
            ["tenders.tenant_id", "tenders.order_id", "tenders.tender_id"],
            name=op.f("fk_chargebacks_tenant_id_order_id_tender_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "intent_id"],
            ["refund_intents.tenant_id", "refund_intents.intent_id"],
            name=op.f("fk_chargebacks_tenant_id_intent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "dispute_ref", name=op.f("pk_chargebacks")),
    )
    op.create_index(
        op.f("ix_chargebacks_tenant_id_order_id_tender_id"),
        "chargebacks",
        ["tenant_id", "order_id", "tender_id"],
    )
    protect("chargebacks")
    op.add_column(
        "refund_intents",
        sa.Column("covered_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.create_check_constraint(
        "covered_within_amount", "refund_intents", "covered_minor BETWEEN 0 AND amount_minor"
    )
    op.add_column("tenders", sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "reconciliations",
        sa.Column("coverage", sa.Text(), nullable=False, server_default=sa.text("'all'")),
    )
    op.drop_constraint("state_is_known", "refund_intents", type_="check")
    op.create_check_constraint(
        "state_is_known", "refund_intents", f"state IN ({_BEFORE}, 'covered')"
    )
