"""The projection of returns, their append-only events, and the notices they owe."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.lifecycle import TERMINAL_HEADLINES
from storage.models.declarative import Minor, Model, UuidText, one_of
from storage.states import NoticeState

_RETURN = (["tenant_id", "return_id"], ["returns.tenant_id", "returns.return_id"])


IS_OPEN = (
    f"headline NOT IN ({', '.join(repr(str(one)) for one in sorted(TERMINAL_HEADLINES))})"
    " OR next_deadline IS NOT NULL"
)
"""A return that needs a run: a withdrawn one too, until its parcel is cancelled."""


class ReturnModel(Model):
    """``version`` is how the writer counts the return's events; 0 is a return only opened.

    ``last_sequence`` is how the log counts them: the same, unless a write was done again.

    ``opened_by`` is the first run of the chain of runs that opened it.

    ``first_answer`` is the document of the decision, which a repeated start is answered with.

    ``resume_from`` is what a new run would start with, should the engine lose this one;
    ``missing_since`` is when it was found to have lost it; ``restarts`` counts those it lost.

    ``units`` are those chosen at the start, ``[[line_id, [unit_no, …]], …]``, kept so that a
    repeated start is answered alike after some of them were released.

    ``currency`` is the order ledger's; a draft has neither. ``customer_ref`` is the platform's
    opaque name of the customer, ``value_minor`` what was paid for the units locked at the start;
    a draft has none of the two.
    """

    __tablename__ = "returns"
    __table_args__ = (
        # As SQL has it, a row without a currency has nothing to refer to.
        ForeignKeyConstraint(
            ["tenant_id", "order_id", "currency"],
            ["order_ledgers.tenant_id", "order_ledgers.order_id", "order_ledgers.currency"],
        ),
        UniqueConstraint("tenant_id", "rma_no"),
        Index(None, "tenant_id", "created_at", "return_id"),
        Index(None, "tenant_id", "headline", "created_at", "return_id"),
        Index(None, "tenant_id", "order_id", "created_at", "return_id"),
        Index(
            "ix_returns_of_customer",
            "tenant_id",
            "customer_ref",
            "created_at",
            "return_id",
            postgresql_where=text("customer_ref IS NOT NULL"),
        ),
        Index("ix_returns_open", "tenant_id", "return_id", postgresql_where=text(IS_OPEN)),
    )

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    rma_no: Mapped[str]
    order_id: Mapped[str]
    currency: Mapped[str | None] = mapped_column(String(3))
    request_hash: Mapped[str]
    units: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(server_default=text("0"))
    last_sequence: Mapped[int] = mapped_column(server_default=text("0"))
    headline: Mapped[str]
    authorization_state: Mapped[str]
    logistics_state: Mapped[str]
    settlement_state: Mapped[str]
    owner_role: Mapped[str | None]
    next_deadline: Mapped[datetime | None]
    blocker_codes: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    snapshot: Mapped[dict[str, Any] | None]
    resume_from: Mapped[dict[str, Any] | None]
    first_answer: Mapped[dict[str, Any] | None]
    opened_by: Mapped[str | None]
    customer_ref: Mapped[str | None]
    value_minor: Mapped[Minor | None]
    restarts: Mapped[int] = mapped_column(server_default=text("0"))
    missing_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BlockerModel(Model):
    """One open blocker of a return, with the return's ``created_at``.

    A list of the blocked is read from its index; an index on the array of codes would not be used
    behind row-level policies.
    """

    __tablename__ = "return_blockers"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        Index(None, "tenant_id", "code", "created_at", "return_id"),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class EventModel(Model):
    """A fact. The application may insert rows and assign ``position`` once; nothing else.

    The return, its follow-up, the sweeper and each notice are written by different hands: each
    numbers its own ``stream``.

    ``ingest_no`` is taken while the return's row is locked, so within a return it grows with time
    and with each stream's sequence; ``position`` is what readers follow.
    """

    __tablename__ = "return_events"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        UniqueConstraint("tenant_id", "event_id"),
        UniqueConstraint("tenant_id", "position"),
        CheckConstraint("sequence >= 1", name="sequence_from_one"),
        CheckConstraint(
            "stream IN ('return', 'follow-up', 'sweeper', 'credit')"
            " OR starts_with(stream, 'notice/')",
            name="stream_known",
        ),
        Index(
            "ix_return_events_unpositioned",
            "tenant_id",
            "ingest_no",
            postgresql_where=text("position IS NULL"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True, server_default="return")
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    return_version: Mapped[int | None]
    event_id: Mapped[UuidText]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor: Mapped[str]
    cause_id: Mapped[str | None]
    data: Mapped[dict[str, Any]]
    versions: Mapped[dict[str, Any]]
    ingest_no: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    position: Mapped[int | None] = mapped_column(BigInteger)


class PositionCounterModel(Model):
    __tablename__ = "event_position_counters"

    tenant_id: Mapped[str] = mapped_column(ForeignKey("tenants.tenant_id"), primary_key=True)
    last_position: Mapped[int] = mapped_column(BigInteger)


class NoticeModel(Model):
    """A message owed to somebody. A claim moves ``next_attempt_at`` forward: that is its lease."""

    __tablename__ = "notices"
    __table_args__ = (
        ForeignKeyConstraint(*_RETURN),
        CheckConstraint(one_of("state", *NoticeState), name="state_is_known"),
        Index(None, "tenant_id", "return_id"),
        Index(
            "ix_notices_due",
            "tenant_id",
            "next_attempt_at",
            postgresql_where=text("state = 'due'"),
        ),
    )

    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    notice_id: Mapped[UuidText] = mapped_column(primary_key=True)
    return_id: Mapped[UuidText]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default=text("'due'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
