"""A return whose order cannot be read yet has no currency, and no order ledger to refer to."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_order_ledgers_tenant_id_order_id_currency"),
        "order_ledgers",
        ["tenant_id", "order_id", "currency"],
    )
    op.drop_constraint(op.f("fk_returns_tenant_id_order_id"), "returns")
    op.alter_column("returns", "currency", existing_type=sa.String(length=3), nullable=True)
    op.create_foreign_key(
        op.f("fk_returns_tenant_id_order_id_currency"),
        "returns",
        "order_ledgers",
        ["tenant_id", "order_id", "currency"],
        ["tenant_id", "order_id", "currency"],
    )
