"""The log numbers events itself, apart from how the writer counts the return's versions."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "returns", sa.Column("last_sequence", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("return_events", sa.Column("return_version", sa.Integer(), nullable=True))
