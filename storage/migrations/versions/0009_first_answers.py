"""A return keeps what its start was answered, for whoever asks again however much later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("returns", sa.Column("first_answer", JSONB(), nullable=True))
