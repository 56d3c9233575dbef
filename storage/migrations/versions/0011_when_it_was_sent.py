"""A refund intent knows when it was sent: how long its key and a look-up can be believed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("first_sent_at", "last_sent_at"):
        op.add_column("refund_intents", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("refund_intents", sa.Column("ruling_id", sa.Text(), nullable=True))
    # What was sent before is as old as its last change. The owner sees no tenant's rows while the
    # policies are forced on it.
    op.execute("ALTER TABLE refund_intents NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE refund_intents SET first_sent_at = created_at, last_sent_at = updated_at"
        " WHERE state <> 'planned'"
    )
    op.execute("ALTER TABLE refund_intents FORCE ROW LEVEL SECURITY")
