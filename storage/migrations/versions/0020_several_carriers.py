"""Several carriers a tenant: whose booking it is, when it was sent, and when it was read."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_READ = ("booking_intents", "connections", "deliveries", "returns")


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
    op.add_column("booking_intents", sa.Column("swept_at", sa.DateTime(timezone=True)))
    op.add_column(
        "deliveries",
        sa.Column("is_over", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("deliveries", sa.Column("polled_at", sa.DateTime(timezone=True)))
    op.drop_index(op.f("ix_deliveries_tenant_id_tracker_ref"), "deliveries")
    op.create_index(
        "ix_deliveries_under_way",
        "deliveries",
        ["tenant_id", "polled_at"],
        postgresql_where=sa.text("NOT is_over"),
    )
    # The owner sees no tenant's rows while the policies are forced on it.
    for table in _READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    # What was booked before there were several was sent, for all that is known, by the one carrier.
    op.execute("UPDATE booking_intents SET sent_at = updated_at WHERE external_ref IS NOT NULL")
    op.execute(
        "UPDATE booking_intents SET connection_id = connections.connection_id FROM connections"
        " WHERE connections.tenant_id = booking_intents.tenant_id AND connections.kind = 'carrier'"
    )
    # Of returns that have ended nothing is awaited; the others say so with their next change.
    op.execute(
        "UPDATE deliveries SET is_over = true FROM returns"
        " WHERE returns.tenant_id = deliveries.tenant_id"
        " AND returns.return_id = deliveries.return_id"
        " AND returns.headline IN ('CLOSED', 'DENIED', 'WITHDRAWN', 'CANCELLED', 'EXPIRED')"
    )
    for table in _READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
