"""Store credit chosen over money, with its bonus; coupons that lapse."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KINDS = (
    "'GIFT_CARD', 'STORE_CREDIT', 'POINTS', 'COUPON', "
    "'REFUNDS', 'BONUS', 'SALES', 'RECEIVABLE', 'WRITE_OFF'"
)


def upgrade() -> None:
    for table, name, condition in (
        ("value_accounts", "kind_is_known", f"kind IN ({_KINDS})"),
        (
            "refund_intents",
            "destination_is_known",
            "destination IN ('original', 'store_credit', 'by_hand', 'lapsed')",
        ),
    ):
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
