"""A return's follow-up and its notices have their events in streams of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "return_events", sa.Column("stream", sa.Text(), server_default="return", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_return_events_stream_known"),
        "return_events",
        "stream IN ('return', 'follow-up') OR starts_with(stream, 'notice/')",
    )
    op.drop_constraint(op.f("pk_return_events"), "return_events")
    op.create_primary_key(
        op.f("pk_return_events"), "return_events", ["tenant_id", "return_id", "stream", "sequence"]
    )
