"""Settlements, refund intents and booking intents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.migrations.row_security import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settlements",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("settlement_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_settlements_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_settlements_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "settlement_no", name=op.f("pk_settlements")
        ),
    )
    op.create_table(
        "refund_intents",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("intent_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("settlement_no", sa.Integer(), nullable=False),
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("refund_ref", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
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
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'succeeded', 'pending', 'unknown', 'rejected')",
            name=op.f("ck_refund_intents_state_is_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_intents_amount_positive")),
        sa.CheckConstraint(
            "generation >= 0", name=op.f("ck_refund_intents_generation_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id", "tender_id"],
            ["tenders.tenant_id", "tenders.order_id", "tenders.tender_id"],
            name=op.f("fk_refund_intents_tenant_id_order_id_tender_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_refund_intents_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "intent_id", name=op.f("pk_refund_intents")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refund_intents_idempotency_key")),
        sa.UniqueConstraint(
            "tenant_id",
            "return_id",
            "settlement_no",
            "tender_id",
            name=op.f("uq_refund_intents_tenant_id_return_id_settlement_no_tender_id"),
        ),
    )
    op.create_index(
        op.f("ix_refund_intents_tenant_id_order_id_tender_id"),
        "refund_intents",
        ["tenant_id", "order_id", "tender_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_refund_intents_tenant_id_refund_ref"),
        "refund_intents",
        ["tenant_id", "refund_ref"],
        unique=False,
    )
    op.create_table(
        "booking_intents",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", sa.String(length=3), nullable=True),
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
        sa.CheckConstraint(
            "state IN ('planned', 'created', 'bought', 'cancel_requested', 'cancelled', 'failed')",
            name=op.f("ck_booking_intents_state_is_known"),
        ),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_booking_intents_attempt_from_one")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_booking_intents_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "booking_id", name=op.f("pk_booking_intents")),
        sa.UniqueConstraint(
            "tenant_id",
            "return_id",
            "purpose",
            "attempt",
            name=op.f("uq_booking_intents_tenant_id_return_id_purpose_attempt"),
        ),
    )
    protect("settlements", "refund_intents", "booking_intents")
