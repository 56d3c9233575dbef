"""Whose return it is, as the platform names them, and what was paid for its units."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of returns opened before nobody noted the customer: they count for nobody.
    op.add_column("returns", sa.Column("customer_ref", sa.Text(), nullable=True))
    op.add_column("returns", sa.Column("value_minor", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_returns_of_customer",
        "returns",
        ["tenant_id", "customer_ref", "created_at", "return_id"],
        postgresql_where=sa.text("customer_ref IS NOT NULL"),
    )
