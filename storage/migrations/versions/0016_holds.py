"""Money held for an advance exchange, and tenders that a captured hold made."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.row_security import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_STATES = (
    "'planned', 'sending', 'unknown', 'authorized', 'capturing', 'captured', 'voiding', 'voided', "
    "'expired', 'rejected'"
)


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_method_ref", sa.Text(), nullable=False),
        sa.Column("payer_ref", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("hold_ref", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capture_minor", sa.BigInteger(), nullable=True),
        sa.Column("captured_minor", sa.BigInteger(), nullable=True),
        sa.Column("payment_ref", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.Column(
                name,
                sa.DateTime(timezone=True),
                server_default=sa.text("now()"),
                nullable=False,
            )
            for name in ("created_at", "updated_at")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_holds_number_from_one")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_holds_amount_positive")),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_holds_generation_not_negative")),
        sa.CheckConstraint(
            "capture_minor BETWEEN 1 AND amount_minor",
            name=op.f("ck_holds_capture_within_what_is_held"),
        ),
        sa.CheckConstraint(f"state IN ({_STATES})", name=op.f("ck_holds_state_is_known")),
        sa.CheckConstraint(
            "(state = 'captured') = (captured_minor IS NOT NULL AND payment_ref IS NOT NULL)",
            name=op.f("ck_holds_captured_says_what"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_holds_tenant_id_return_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id", "currency"],
            ["order_ledgers.tenant_id", "order_ledgers.order_id", "order_ledgers.currency"],
            name=op.f("fk_holds_tenant_id_order_id_currency"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id", name=op.f("pk_holds")),
        sa.UniqueConstraint(
            "tenant_id",
            "return_id",
            "purpose",
            "number",
            name=op.f("uq_holds_tenant_id_return_id_purpose_number"),
        ),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_holds_idempotency_key")),
    )
    op.create_index(op.f("ix_holds_tenant_id_hold_ref"), "holds", ["tenant_id", "hold_ref"])
    op.create_index(op.f("ix_holds_tenant_id_last_sent_at"), "holds", ["tenant_id", "last_sent_at"])
    op.add_column("tenders", sa.Column("hold_id", sa.Uuid(as_uuid=False), nullable=True))
    op.create_foreign_key(
        op.f("fk_tenders_tenant_id_hold_id"),
        "tenders",
        "holds",
        ["tenant_id", "hold_id"],
        ["tenant_id", "hold_id"],
    )
    protect("holds")
