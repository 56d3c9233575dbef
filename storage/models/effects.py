"""What we ask of other systems: refunds and bookings, each planned in a row before it is asked."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.orders import Destination
from storage.models.declarative import Minor, Model, UuidText, one_of
from storage.states import EXTERNAL_STATES, BookingState, ChargebackState, IntentState

_RETURN = (["tenant_id", "return_id"], ["returns.tenant_id", "returns.return_id"])


class RefundIntentModel(Model):
    """Money to give back on one tender. ``idempotency_key`` names the intent and generation.

    ``covered_minor`` of it was given back by a chargeback, and is not sent.
    """

    __tablename__ = "refund_intents"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "tender_id"],
            ["tenders.tenant_id", "tenders.order_id", "tenders.tender_id"],
        ),
        UniqueConstraint("tenant_id", "return_id", "settlement_no", "tender_id"),
        UniqueConstraint("idempotency_key"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("generation >= 0", name="generation_not_negative"),
        CheckConstraint("covered_minor BETWEEN 0 AND amount_minor", name="covered_within_amount"),
        CheckConstraint(one_of("state", *IntentState), name="state_is_known"),
        CheckConstraint(one_of("destination", *Destination), name="destination_is_known"),
        Index(None, "tenant_id", "order_id", "tender_id"),
        Index(None, "tenant_id", "refund_ref"),
        Index(None, "tenant_id", "last_sent_at"),
        Index(None, "tenant_id", "created_at", "intent_id"),
        # Few of very many: those that a person has to see to.
        Index(
            "ix_refund_intents_in_trouble",
            "tenant_id",
            "created_at",
            "intent_id",
            postgresql_where=text("state IN ('unknown', 'rejected')"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    intent_id: Mapped[UuidText] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText]
    order_id: Mapped[str]
    settlement_no: Mapped[int]
    tender_id: Mapped[str]
    payment_ref: Mapped[str]
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(server_default=text("'planned'"))
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    idempotency_key: Mapped[str]
    refund_ref: Mapped[str | None]
    failure: Mapped[str | None]
    first_sent_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    ruling_id: Mapped[str | None]
    tender_kind: Mapped[str] = mapped_column(server_default=text("'CARD'"))
    covered_minor: Mapped[Minor] = mapped_column(server_default=text("0"))
    destination: Mapped[str] = mapped_column(server_default=text("'original'"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ExternalRefundModel(Model):
    """A refund of a payment of ours that was made past us, at the provider.

    ``intent_id`` is the intent that it turned out to pay.
    """

    __tablename__ = "external_refunds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "tender_id"],
            ["tenders.tenant_id", "tenders.order_id", "tenders.tender_id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "intent_id"], ["refund_intents.tenant_id", "refund_intents.intent_id"]
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(one_of("state", *EXTERNAL_STATES), name="state_is_known"),
        Index(None, "tenant_id", "order_id", "tender_id"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    refund_ref: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    tender_id: Mapped[str]
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str]
    intent_id: Mapped[UuidText | None]
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ChargebackModel(Model):
    """A payment that the customer's bank took back, or means to, as its provider last said.

    ``intent_id`` is the refund of exactly its amount that it stands for.
    """

    __tablename__ = "chargebacks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "tender_id"],
            ["tenders.tenant_id", "tenders.order_id", "tenders.tender_id"],
        ),
        ForeignKeyConstraint(
            ["tenant_id", "intent_id"], ["refund_intents.tenant_id", "refund_intents.intent_id"]
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint(one_of("state", *ChargebackState), name="state_is_known"),
        Index(None, "tenant_id", "order_id", "tender_id"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    dispute_ref: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str]
    tender_id: Mapped[str]
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str]
    reason: Mapped[str]
    evidence_due_by: Mapped[datetime | None]
    intent_id: Mapped[UuidText | None]
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReconciliationModel(Model):
    """One day's refunds of a tenant, ours beside the provider's; the last comparison counts."""

    __tablename__ = "reconciliations"
    __table_args__ = (ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),)

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    provider: Mapped[str]
    counts: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]
    coverage: Mapped[str] = mapped_column(server_default=text("'all'"))
    compared_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SettlementModel(Model):
    """What one settlement of a return came to, also when all of it was nothing.

    ``lot_ids`` are the lots it is for, in its order. ``units`` is what it paid back and
    ``clawback_minor`` what it kept back of promotions, or below zero gave back; ``standing`` is
    what it found of earlier ones, and empty where no promotion is looked at. ``approved_hash`` is
    the settlement hash that a second person approved, where one had to.
    """

    __tablename__ = "settlements"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    settlement_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_minor: Mapped[Minor]
    currency: Mapped[str] = mapped_column(String(3))
    lot_ids: Mapped[list[Any] | None]
    units: Mapped[list[Any] | None]
    clawback_minor: Mapped[Minor] = mapped_column(server_default=text("0"))
    standing: Mapped[dict[str, Any] | None]
    approved_hash: Mapped[str | None]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BookingIntentModel(Model):
    """A label or pickup to be booked. ``reference`` is stamped on it, so that it is found again.

    ``connection_id`` is the account it is booked with, once that was chosen. From ``sent_at`` on it
    may have been bought, whatever was answered. ``swept_at`` is when it was last looked for.
    """

    __tablename__ = "booking_intents"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        UniqueConstraint("tenant_id", "return_id", "purpose", "attempt"),
        CheckConstraint(one_of("state", *BookingState), name="state_is_known"),
        CheckConstraint("attempt >= 1", name="attempt_from_one"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    booking_id: Mapped[UuidText] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText]
    purpose: Mapped[str]
    attempt: Mapped[int]
    reference: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'planned'"))
    connection_id: Mapped[UuidText | None]
    external_ref: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    cost_minor: Mapped[Minor | None]
    cost_currency: Mapped[str | None] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
