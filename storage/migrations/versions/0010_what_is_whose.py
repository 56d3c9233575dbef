"""A settlement names its lots, a return the run that opened it: a later run knows what is whose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("settlements", sa.Column("lot_ids", JSONB(), nullable=True))
    op.add_column("returns", sa.Column("opened_by", sa.Text(), nullable=True))
