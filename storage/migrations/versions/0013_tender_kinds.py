"""Tenders have kinds, and a settlement says what it paid back and kept back of the order."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KINDS = "'CARD', 'WALLET', 'GIFT_CARD', 'STORE_CREDIT', 'POINTS', 'COUPON'"


def upgrade() -> None:
    card = sa.text("'CARD'")
    op.add_column("tenders", sa.Column("kind", sa.Text(), nullable=False, server_default=card))
    op.create_check_constraint("kind_is_known", "tenders", f"kind IN ({_KINDS})")
    op.add_column(
        "refund_intents", sa.Column("tender_kind", sa.Text(), nullable=False, server_default=card)
    )
    op.add_column("settlements", sa.Column("units", JSONB(), nullable=True))
    op.add_column(
        "settlements",
        sa.Column("clawback_minor", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("settlements", sa.Column("standing", JSONB(), nullable=True))
