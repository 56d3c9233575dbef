"""The webhook inbox, parcels and scans, surveys."""

import sqlalchemy as sa
from alembic import op

from storage.migrations.row_security import create_lookup, let_lookups_read, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column(
            "inbox_id",
            sa.Uuid(as_uuid=False),
            server_default=sa.text("gen_random_uuid()"),
            nullable=False,
        ),
        sa.Column("connection_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.connection_id"],
            name=op.f("fk_inbox_tenant_id_connection_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "inbox_id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            "event_id",
            name=op.f("uq_inbox_tenant_id_connection_id_event_id"),
        ),
    )
    op.create_index(
        "ix_inbox_unprocessed",
        "inbox",
        ["tenant_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("processed_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("tracking_code", sa.Text(), nullable=False),
        sa.Column("tracker_ref", sa.Text(), nullable=True),
        sa.Column("shipment_ref", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_deliveries_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "delivery_id", name=op.f("pk_deliveries")
        ),
    )
    op.create_index(
        op.f("ix_deliveries_tenant_id_tracker_ref"),
        "deliveries",
        ["tenant_id", "tracker_ref"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_tenant_id_tracking_code"),
        "deliveries",
        ["tenant_id", "tracking_code"],
        unique=False,
    )
    op.create_table(
        "tracking_scans",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("tracking_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "tracking_code", "status", "occurred_at", name=op.f("pk_tracking_scans")
        ),
    )
    op.create_table(
        "survey_invites",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_survey_invites_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "token_hash", name=op.f("pk_survey_invites")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_survey_invites_token_hash")),
    )
    op.create_index(
        op.f("ix_survey_invites_tenant_id_return_id"),
        "survey_invites",
        ["tenant_id", "return_id"],
        unique=False,
    )
    op.create_table(
        "survey_answers",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("return_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("answer_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("csat", sa.Integer(), nullable=True),
        sa.Column("nps", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "csat BETWEEN 1 AND 5", name=op.f("ck_survey_answers_csat_within_scale")
        ),
        sa.CheckConstraint("nps BETWEEN 0 AND 10", name=op.f("ck_survey_answers_nps_within_scale")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "return_id"],
            ["returns.tenant_id", "returns.return_id"],
            name=op.f("fk_survey_answers_tenant_id_return_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "return_id", "answer_no", name=op.f("pk_survey_answers")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "return_id",
            "answered_at",
            name=op.f("uq_survey_answers_tenant_id_return_id_answered_at"),
        ),
    )
    protect("inbox", "deliveries", "tracking_scans", "survey_invites", "survey_answers")
    let_lookups_read("survey_invites")
    create_lookup(
        "lookup_survey_invite(text)",
        returns="TABLE (tenant_id text, return_id uuid, expires_at timestamptz)",
        query="SELECT tenant_id, return_id, expires_at FROM public.survey_invites "
        "WHERE token_hash = $1",
    )
