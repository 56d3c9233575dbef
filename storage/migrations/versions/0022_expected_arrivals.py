"""Parcels that a warehouse may expect. Those of returns under way come with their next change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from storage.migrations.row_security import protect

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expected_arrivals",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("rma_no", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking_code", sa.Text(), nullable=True),
        sa.Column("units", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_expected_arrivals_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "delivery_id", name=op.f("pk_expected_arrivals")
        ),
    )
    op.create_index(
        "ix_expected_arrivals_by_day",
        "expected_arrivals",
        ["tenant_id", "expected_on", "location_id", "return_id", "delivery_id"],
    )
    protect("expected_arrivals")
