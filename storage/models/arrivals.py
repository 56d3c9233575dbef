"""What other systems tell us: webhooks, parcels with their scans and days, survey answers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.declarative import Model, UuidText

_RETURN = (["tenant_id", "return_id"], ["returns.tenant_id", "returns.return_id"])


class InboxModel(Model):
    """One webhook, kept as bytes: what was signed is what is read again."""

    __tablename__ = "inbox"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["connections.tenant_id", "connections.connection_id"],
        ),
        UniqueConstraint("tenant_id", "connection_id", "event_id"),
        Index(
            "ix_inbox_unprocessed",
            "tenant_id",
            "received_at",
            postgresql_where=text("processed_at IS NULL"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    inbox_id: Mapped[UuidText] = mapped_column(
        primary_key=True, server_default=text("gen_random_uuid()")
    )
    connection_id: Mapped[UuidText]
    event_id: Mapped[str]
    event_type: Mapped[str]
    body: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    processed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_error: Mapped[str | None]


class DeliveryModel(Model):
    """A parcel with a number. ``polled_at`` is when its carrier was last asked where it is."""

    __tablename__ = "deliveries"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        Index(None, "tenant_id", "tracking_code"),
        Index(
            "ix_deliveries_under_way",
            "tenant_id",
            "polled_at",
            postgresql_where=text("NOT is_over"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    tracking_code: Mapped[str]
    tracker_ref: Mapped[str | None]
    shipment_ref: Mapped[str]
    is_over: Mapped[bool] = mapped_column(server_default=text("false"))
    polled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ExpectedArrivalModel(Model):
    """A parcel that a warehouse may expect; gone once it was counted or is not to come any more.

    ``units`` are ``[[sku, quantity], …]``.
    """

    __tablename__ = "expected_arrivals"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        Index(
            "ix_expected_arrivals_by_day",
            "tenant_id",
            "expected_on",
            "location_id",
            "return_id",
            "delivery_id",
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    rma_no: Mapped[str]
    location_id: Mapped[str]
    expected_on: Mapped[date]
    basis: Mapped[str]
    method: Mapped[str]
    state: Mapped[str]
    carrier: Mapped[str | None]
    tracking_code: Mapped[str | None]
    units: Mapped[list[Any]]


class ScanModel(Model):
    __tablename__ = "tracking_scans"

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    tracking_code: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)
    description: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SurveyInviteModel(Model):
    """One link. A return may have several (a reminder brings its own); only hashes are kept."""

    __tablename__ = "survey_invites"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        UniqueConstraint("token_hash"),
        Index(None, "tenant_id", "return_id"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SurveyAnswerModel(Model):
    """``answer_no`` 1 is the answer that counts; higher numbers amend it."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        UniqueConstraint("tenant_id", "return_id", "answered_at"),
        CheckConstraint("csat BETWEEN 1 AND 5", name="csat_within_scale"),
        CheckConstraint("nps BETWEEN 0 AND 10", name="nps_within_scale"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    answer_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    csat: Mapped[int | None]
    nps: Mapped[int | None]
    comment: Mapped[str]
    answered_at: Mapped[datetime]
