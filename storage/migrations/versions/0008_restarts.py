"""A return keeps what a new run of it would start with, and whether the engine has lost its run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("returns", sa.Column("resume_from", JSONB(), nullable=True))
    op.add_column(
        "returns", sa.Column("restarts", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("returns", sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_returns_open",
        "returns",
        ["tenant_id", "return_id"],
        postgresql_where=sa.text(
            "headline NOT IN ('CANCELLED', 'CLOSED', 'DENIED', 'EXPIRED', 'WITHDRAWN')"
            " OR next_deadline IS NOT NULL"
        ),
    )
    op.drop_constraint(op.f("ck_return_events_stream_known"), "return_events")
    op.create_check_constraint(
        op.f("ck_return_events_stream_known"),
        "return_events",
        "stream IN ('return', 'follow-up', 'sweeper') OR starts_with(stream, 'notice/')",
    )
    op.add_column(
        "inbox",
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
    )
