"""Which lane a parcel travels and what was promised, so that lane times can be observed."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.row_security import protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trips",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("tracking_code", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("shipment_ref", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Text(), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=True),
        sa.Column(
            "booked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("promised_days >= 0", name=op.f("ck_trips_promise_is_ahead")),
        sa.PrimaryKeyConstraint("tenant_id", "tracking_code", name=op.f("pk_trips")),
    )
    op.create_index(
        "ix_trips_newest",
        "trips",
        ["tenant_id", "carrier", "service", sa.text("booked_at DESC"), "tracking_code"],
    )
    op.create_index(
        "ix_trips_of_late", "trips", ["tenant_id", sa.text("booked_at DESC"), "tracking_code"]
    )
    protect("trips")
