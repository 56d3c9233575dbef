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
    # Up to here both counted alike. The owner is bound by the policies too, so they step aside.
    for table in ("returns", "return_events"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE returns SET last_sequence = version")
    op.execute("UPDATE return_events SET return_version = sequence WHERE stream = 'return'")
    for table in ("returns", "return_events"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
