"""The order ledger, returns, their events and notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.migrations.row_security import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_ledgers",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_order_ledgers_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", name=op.f("pk_order_ledgers")),
    )
    op.create_table(
        "tenders",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_elsewhere_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "refunded_elsewhere_minor BETWEEN 0 AND captured_minor",
            name=op.f("ck_tenders_refunded_elsewhere_within_captured"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["order_ledgers.tenant_id", "order_ledgers.order_id"],
            name=op.f("fk_tenders_tenant_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "order_id", "tender_id", name=op.f("pk_tenders")),
    )
    op.create_table(
        "rma_counters",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_rma_counters_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_rma_counters")),
    )
    op.create_table(
        "returns",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("rma_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("units", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("authorization_state", sa.Text(), nullable=False),
        sa.Column("logistics_state", sa.Text(), nullable=False),
        sa.Column("settlement_state", sa.Text(), nullable=False),
        sa.Column("owner_role", sa.Text(), nullable=True),
        sa.Column("next_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "blocker_codes",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("snapshot", postgresql.JSONB(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["order_ledgers.tenant_id", "order_ledgers.order_id"],
            name=op.f("fk_returns_tenant_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_returns_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "return_id", name=op.f("pk_returns")),
        sa.UniqueConstraint("tenant_id", "rma_no", name=op.f("uq_returns_tenant_id_rma_no")),
    )
    op.create_index(
        op.f("ix_returns_tenant_id_created_at_return_id"),
        "returns",
        ["tenant_id", "created_at", "return_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_returns_tenant_id_headline_created_at_return_id"),
        "returns",
        ["tenant_id", "headline", "created_at", "return_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_returns_tenant_id_order_id_created_at_return_id"),
        "returns",
        ["tenant_id", "order_id", "created_at", "return_id"],
        unique=False,
    )
    op.create_table(
        "return_blockers",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_return_blockers_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "return_id", "code", name=op.f("pk_return_blockers")),
    )
    op.create_index(
        op.f("ix_return_blockers_tenant_id_code_created_at_return_id"),
        "return_blockers",
        ["tenant_id", "code", "created_at", "return_id"],
        unique=False,
    )
    op.create_table(
        "order_units",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('locked', 'returned', 'kept', 'lost')",
            name=op.f("ck_order_units_state_is_known"),
        ),
        sa.CheckConstraint("unit_no >= 0", name=op.f("ck_order_units_unit_no_not_negative")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_order_units_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "order_id", "line_id", "unit_no", name=op.f("pk_order_units")
        ),
    )
    op.create_index(
        op.f("ix_order_units_tenant_id_return_id"),
        "order_units",
        ["tenant_id", "return_id"],
        unique=False,
    )
    op.create_table(
        "return_events",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("cause_id", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("versions", postgresql.JSONB(), nullable=False),
        sa.Column("ingest_no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_return_events_sequence_from_one")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_return_events_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "sequence", name=op.f("pk_return_events")
        ),
        sa.UniqueConstraint(
            "tenant_id", "event_id", name=op.f("uq_return_events_tenant_id_event_id")
        ),
        sa.UniqueConstraint(
            "tenant_id", "position", name=op.f("uq_return_events_tenant_id_position")
        ),
    )
    op.create_index(
        "ix_return_events_unpositioned",
        "return_events",
        ["tenant_id", "ingest_no"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "event_position_counters",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_event_position_counters_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_event_position_counters")),
    )
    op.create_table(
        "notices",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'due'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('due', 'sent', 'failed', 'suppressed')",
            name=op.f("ck_notices_state_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_notices_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "notice_id", name=op.f("pk_notices")),
    )
    op.create_index(
        "ix_notices_due",
        "notices",
        ["tenant_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index(
        op.f("ix_notices_tenant_id_return_id"), "notices", ["tenant_id", "return_id"], unique=False
    )
    protect(
        "order_ledgers",
        "tenders",
        "rma_counters",
        "returns",
        "return_blockers",
        "order_units",
        "return_events",
        "event_position_counters",
        "notices",
    )
    # A position, once assigned, is what readers remember: nobody changes it.
    op.execute(
        "CREATE POLICY numbered_once ON return_events AS RESTRICTIVE FOR UPDATE "
        "USING (position IS NULL) WITH CHECK (position IS NOT NULL)"
    )
