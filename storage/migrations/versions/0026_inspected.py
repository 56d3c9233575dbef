"""What an inspection made of a right is a decision record. Of earlier ones, events tell it."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_NAME = op.f("ck_decision_records_by_is_known")


def upgrade() -> None:
    op.drop_constraint(_NAME, "decision_records", type_="check")
    op.create_check_constraint(
        _NAME, "decision_records", "by IN ('rule', 'human', 'timeout', 'inspection')"
    )
