"""What storage gives out: frozen rows, as they were stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from domain.lifecycle import TERMINAL_HEADLINES
from domain.money import Money
from domain.orders import Destination, TenderKind
from storage.states import BookingState, ChargebackState, IntentState, Role, UnitState

# --- Reading returns


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """``snapshot`` is ``None`` and ``version`` 0 until the first transition is recorded.

    ``currency`` is ``None`` while the return is a draft. ``customer_ref`` is the platform's opaque
    name of the customer, and ``value_minor`` what was paid for the units locked at the start:
    ``None`` for drafts, and where the platform named nobody.
    ``missing_since`` is when the engine was found to have no run of it; ``next_deadline`` is then
    that of the restart.
    """

    tenant_id: str
    return_id: str
    rma_no: str
    order_id: str
    currency: str | None
    request_hash: str
    version: int
    headline: str
    authorization_state: str
    logistics_state: str
    settlement_state: str
    owner_role: str | None
    next_deadline: datetime | None
    blocker_codes: tuple[str, ...]
    snapshot: dict[str, Any] | None
    missing_since: datetime | None
    customer_ref: str | None
    value_minor: int | None
    created_at: datetime
    updated_at: datetime

    @property
    def has_ended(self) -> bool:
        """Whether no run is needed any more: nothing is awaited, also not a cancellation."""
        return has_ended(self.headline, self.next_deadline)


def has_ended(headline: str, next_deadline: datetime | None) -> bool:
    """Say of a return's columns what :attr:`ReturnRow.has_ended` says."""
    return headline in TERMINAL_HEADLINES and next_deadline is None


@dataclass(frozen=True, slots=True)
class OpenReturn:
    """A return that needs a run, as far as a sweep must know it."""

    return_id: str
    version: int
    missing_since: datetime | None
    next_deadline: datetime | None


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """``next_cursor`` is ``None`` on the last page."""

    rows: tuple[ReturnRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """A fact as it was stored.

    ``ingest_no`` orders all events of a return, its follow-up's among them; ``sequence`` counts
    within ``stream``; ``position`` is ``None`` until the relay has assigned it.
    """

    event_id: str
    return_id: str
    ingest_no: int
    stream: str
    sequence: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    cause_id: str | None
    data: dict[str, Any]
    versions: dict[str, Any]
    position: int | None


@dataclass(frozen=True, slots=True)
class HeldUnit:
    line_id: str
    unit_no: int
    state: UnitState
    return_id: str
    rma_no: str


# --- Money


@dataclass(frozen=True, slots=True)
class TenderBalance:
    """``refunded_minor`` counts refunds made elsewhere and all of our intents but rejected ones."""

    tender_id: str
    payment_ref: str
    captured_minor: int
    refunded_minor: int
    kind: TenderKind = TenderKind.CARD

    @property
    def left_minor(self) -> int:
        return self.captured_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class ChargebackRow:
    dispute_ref: str
    order_id: str
    tender_id: str
    amount_minor: int
    currency: str
    state: ChargebackState
    reason: str
    evidence_due_by: datetime | None
    intent_id: str | None


@dataclass(frozen=True, slots=True)
class IntentRow:
    intent_id: str
    return_id: str
    settlement_no: int
    tender_id: str
    payment_ref: str
    amount_minor: int
    currency: str
    state: IntentState
    generation: int
    idempotency_key: str
    refund_ref: str | None
    failure: str | None
    first_sent_at: datetime | None = None
    """By the database's clock, of the present generation."""
    last_sent_at: datetime | None = None
    ruling_id: str | None = None
    """The ruling that the present generation was sent on."""
    order_id: str = ""
    created_at: datetime | None = None
    tender_kind: str = TenderKind.CARD
    covered_minor: int = 0
    destination: str = Destination.ORIGINAL

    @property
    def amount(self) -> Money:
        """What is sent: all but what a chargeback gave back."""
        return Money(self.amount_minor - self.covered_minor, self.currency)


class Begun(NamedTuple):
    """``before.state`` tells a first send (``planned``) from one whose answer never came."""

    before: IntentRow
    after: IntentRow


# --- Bookings and parcels


@dataclass(frozen=True, slots=True)
class BookingRow:
    """``reference`` is what the carrier was told; ``cost_minor`` is set once it was bought.

    ``connection_id`` is the account it is booked with. From ``sent_at`` on it may have been bought;
    ``updated_at`` is when it was last sent, until more became known.
    """

    booking_id: str
    return_id: str
    purpose: str
    attempt: int
    reference: str
    state: BookingState
    connection_id: str | None
    external_ref: str | None
    sent_at: datetime | None
    details: dict[str, Any]
    cost_minor: int | None
    cost_currency: str | None
    updated_at: datetime

    @property
    def key(self) -> str:
        """The reference for carriers whose field is short: 32 hexadecimal digits."""
        return self.booking_id.replace("-", "")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    return_id: str
    delivery_id: str
    purpose: str
    tracking_code: str
    tracker_ref: str | None
    shipment_ref: str


# --- Webhooks in


@dataclass(frozen=True, slots=True)
class InboxRow:
    inbox_id: str
    is_new: bool
    processed_at: datetime | None


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A webhook that still waits to be processed."""

    inbox_id: str
    connection_id: str
    event_id: str
    event_type: str
    body: bytes
    received_at: datetime
    attempts: int
    last_error: str | None


# --- Outbox


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """``attempts`` counts claims, this one included."""

    notice_id: str
    return_id: str
    kind: str
    data: dict[str, Any]
    attempts: int
    created_at: datetime


# --- Surveys


@dataclass(frozen=True, slots=True)
class InviteRow:
    tenant_id: str
    return_id: str
    expires_at: datetime
    answered: bool


# --- Tenants and keys


@dataclass(frozen=True, slots=True)
class TenantRow:
    tenant_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One system of a tenant's: ``secrets`` are plain here and nowhere else, and never printed."""

    connection_id: str
    tenant_id: str
    kind: str
    adapter: str
    base_url: str
    secrets: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConnectionAddress:
    tenant_id: str
    connection_id: str
    kind: str
    base_url: str


@dataclass(frozen=True, slots=True)
class KeyRow:
    key_id: str
    tenant_id: str
    prefix: str
    role: Role
    label: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
