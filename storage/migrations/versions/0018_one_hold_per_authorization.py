"""An authorization secures one lot: no two holds of one tenant name the same."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "uq_holds_one_per_authorization",
        "holds",
        ["tenant_id", "payment_method_ref"],
        unique=True,
        postgresql_where=sa.text("payer_ref = '' AND number = 1 AND state <> 'rejected'"),
    )
