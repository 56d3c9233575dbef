"""What an inspection made of a right is a decision record. Of earlier ones, events tell it."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = op.f("ck_decision_records_by_is_known")
    op.drop_constraint(name, "decision_records", type_="check")
    op.create_check_constraint(
        name, "decision_records", "by IN ('rule', 'human', 'timeout', 'inspection')"
    )
