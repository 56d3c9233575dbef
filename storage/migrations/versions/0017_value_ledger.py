"""What customers hold in kind, as double entry; refunds that go elsewhere than to their tender."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.row_security import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_CUSTOMERS = "kind IN ('GIFT_CARD', 'STORE_CREDIT', 'POINTS', 'COUPON')"
_KINDS = (
    "'GIFT_CARD', 'STORE_CREDIT', 'POINTS', 'COUPON', 'REFUNDS', 'SALES', 'RECEIVABLE', 'WRITE_OFF'"
)
_ACCOUNT = ["tenant_id", "kind", "owner_ref", "currency"]


def upgrade() -> None:
    now = sa.text("now()")
    op.create_table(
        "value_accounts",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_ref", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_value_accounts_kind_is_known")),
        sa.CheckConstraint(
            "balance_minor >= 0", name=op.f("ck_value_accounts_balance_not_negative")
        ),
        sa.CheckConstraint(
            f"({_CUSTOMERS}) = (balance_minor IS NOT NULL)",
            name=op.f("ck_value_accounts_customers_have_a_balance"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_value_accounts_tenant_id")
        ),
        sa.PrimaryKeyConstraint(*_ACCOUNT, name=op.f("pk_value_accounts")),
    )
    op.create_table(
        "value_transactions",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('refund', 'spend', 'spend_back', 'reversal')",
            name=op.f("ck_value_transactions_purpose_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_value_transactions_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", name=op.f("pk_value_transactions")),
        sa.UniqueConstraint(
            "tenant_id", "reference", name=op.f("uq_value_transactions_tenant_id_reference")
        ),
    )
    op.create_table(
        "value_postings",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_ref", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_value_postings_amount_positive")),
        sa.CheckConstraint(
            "side IN ('debit', 'credit')", name=op.f("ck_value_postings_side_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["value_transactions.tenant_id", "value_transactions.transaction_id"],
            name=op.f("fk_value_postings_tenant_id_transaction_id"),
        ),
        sa.ForeignKeyConstraint(
            _ACCOUNT,
            [f"value_accounts.{name}" for name in _ACCOUNT],
            name=op.f("fk_value_postings_tenant_id_kind_owner_ref_currency"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "transaction_id", "position", name=op.f("pk_value_postings")
        ),
    )
    op.create_index(
        op.f("ix_value_postings_tenant_id_kind_owner_ref_currency"), "value_postings", _ACCOUNT
    )
    op.add_column(
        "refund_intents",
        sa.Column("destination", sa.Text(), nullable=False, server_default=sa.text("'original'")),
    )
    op.create_check_constraint(
        "destination_is_known",
        "refund_intents",
        "destination IN ('original', 'store_credit', 'by_hand')",
    )
    op.drop_constraint(op.f("ck_return_events_stream_known"), "return_events")
    op.create_check_constraint(
        op.f("ck_return_events_stream_known"),
        "return_events",
        "stream IN ('return', 'follow-up', 'sweeper', 'credit') OR starts_with(stream, 'notice/')",
    )
    protect("value_accounts", "value_transactions", "value_postings")
