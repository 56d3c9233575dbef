"""What crosses the border of storage: frozen facts in, frozen rows out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from domain.lifecycle import TERMINAL_HEADLINES
from domain.money import Money
from storage.states import BookingState, IntentState, Role, UnitState

Json = Mapping[str, Any]

# --- Opening a return


@dataclass(frozen=True, slots=True)
class TenderFacts:
    """``refunded_elsewhere_minor`` is what was given back without us: ours are added to it."""

    tender_id: str
    payment_ref: str
    captured_minor: int
    refunded_elsewhere_minor: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """``fulfilled`` and ``wanted`` pair a line with a number of units, each line once.

    ``resume_from`` is the JSON that a new run of the return would start with; storage keeps it.
    ``opened_by`` names the run; it is ``is_fresh`` unless it takes over from another.
    """

    tenant_id: str
    return_id: str
    order_id: str
    currency: str
    request_hash: str
    fulfilled: tuple[tuple[str, int], ...]
    tenders: tuple[TenderFacts, ...]
    wanted: tuple[tuple[str, int], ...]
    resume_from: str = ""
    opened_by: str = ""
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class DraftOpening:
    """A return of which only the request is known yet."""

    tenant_id: str
    return_id: str
    order_id: str
    request_hash: str
    resume_from: str = ""
    opened_by: str = ""
    is_fresh: bool = False


Units = tuple[tuple[str, tuple[int, ...]], ...]
"""Unit numbers per line, ascending, lines in the order they were wanted."""


@dataclass(frozen=True, slots=True)
class Opened:
    rma_no: str
    units: Units


@dataclass(frozen=True, slots=True)
class Existing:
    """Opened before. Equal ``request_hash``: a repeat; another one: the key was used twice.

    ``is_draft``: only numbered so far, and without units. ``first_answer`` is set when a fresh
    start meets what another run has recorded (empty, where nothing was decided): not its own.
    """

    rma_no: str
    request_hash: str
    units: Units
    is_draft: bool = False
    first_answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NotEnoughUnits:
    """The first line that had too few; ``held_by`` names the returns (RMA) that hold its units."""

    line_id: str
    wanted: int
    available: int
    held_by: tuple[str, ...]


# --- Recording a transition


@dataclass(frozen=True, slots=True)
class EventRecord:
    """``cause_id`` is the command or outside event that led to it; ``versions`` those in force."""

    sequence: int
    type: str
    occurred_at: datetime
    actor: str
    cause_id: str | None
    data: Json
    versions: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    delivery_id: str
    purpose: str
    tracking_code: str
    tracker_ref: str | None
    shipment_ref: str


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    notice_id: str
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class Transition:
    """A return's next state with the events that led there; ``version`` is the last's sequence.

    ``closed_units`` ends units as ``returned``, ``kept`` or ``lost``; ``released_units`` makes them
    free for another return. ``resume_from`` is as in :class:`Opening`; ``restarts`` counts the
    runs that were lost before the one that writes.
    """

    tenant_id: str
    return_id: str
    version: int
    snapshot: Json
    order_id: str
    rma_no: str
    headline: str
    authorization_state: str
    logistics_state: str
    settlement_state: str
    owner_role: str | None = None
    next_deadline: datetime | None = None
    blocker_codes: tuple[str, ...] = ()
    events: tuple[EventRecord, ...] = ()
    released_units: tuple[tuple[str, int], ...] = ()
    closed_units: tuple[tuple[str, int, str], ...] = ()
    deliveries: tuple[DeliveryRecord, ...] = ()
    notices: tuple[NoticeRecord, ...] = ()
    resume_from: str = ""
    restarts: int = 0


# --- Reading returns


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """``snapshot`` is ``None`` and ``version`` 0 until the first transition is recorded.

    ``currency`` is ``None`` while the return is a draft.
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
    created_at: datetime
    updated_at: datetime

    @property
    def has_ended(self) -> bool:
        """Whether no run is needed any more: nothing is awaited, also not a cancellation."""
        return self.headline in TERMINAL_HEADLINES and self.next_deadline is None


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

    @property
    def left_minor(self) -> int:
        return self.captured_minor - self.refunded_minor


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

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Begun(NamedTuple):
    """``before.state`` tells a first send (``planned``) from one whose answer never came."""

    before: IntentRow
    after: IntentRow


# --- Bookings and parcels


@dataclass(frozen=True, slots=True)
class BookingRow:
    """``reference`` is what the carrier was told; ``cost_minor`` is set once it was bought."""

    booking_id: str
    return_id: str
    purpose: str
    attempt: int
    reference: str
    state: BookingState
    external_ref: str | None
    details: dict[str, Any]
    cost_minor: int | None
    cost_currency: str | None


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
    settings: Json


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
