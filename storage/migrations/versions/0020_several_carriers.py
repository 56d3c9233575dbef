"""Several carriers a tenant: whose booking it is, and when it was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("uq_connections_tenant_id_kind"), "connections", type_="unique")
    op.create_unique_constraint(
        op.f("uq_connections_tenant_id_kind_adapter"),
        "connections",
        ["tenant_id", "kind", "adapter"],
    )
    op.create_index(
        "uq_connections_one_of_a_kind",
        "connections",
        ["tenant_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind <> 'carrier'"),
    )
    op.add_column("booking_intents", sa.Column("connection_id", sa.Uuid(as_uuid=False)))
    op.add_column("booking_intents", sa.Column("sent_at", sa.DateTime(timezone=True)))
    op.create_index(
        op.f("ix_booking_intents_tenant_id_created_at"),
        "booking_intents",
        ["tenant_id", "created_at"],
    )
    # What was booked before there were several was sent, for all that is known.
    op.execute("UPDATE booking_intents SET sent_at = updated_at WHERE external_ref IS NOT NULL")
