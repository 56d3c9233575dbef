"""What storage is given: frozen facts. What it gives out stands in :mod:`storage.rows`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from domain.eligibility import Decision, Facts
from domain.orders import TenderKind

Json = Mapping[str, Any]

# --- Opening a return


@dataclass(frozen=True, slots=True)
class TenderFacts:
    """``refunded_elsewhere_minor`` is what was given back without us: ours are added to it."""

    tender_id: str
    payment_ref: str
    captured_minor: int
    refunded_elsewhere_minor: int = 0
    kind: TenderKind = TenderKind.CARD
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """``fulfilled`` and ``wanted`` pair a line with a number of units, each line once.

    ``resume_from`` is the JSON that a new run of the return would start with; storage keeps it.
    ``opened_by`` names the run; it is ``is_fresh`` unless it takes over from another.
    ``customer_ref`` is empty where the platform names nobody; ``value_minor`` is what was paid for
    the wanted units.
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
    customer_ref: str = ""
    value_minor: int = 0


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
class DecisionOnLine:
    """What the rules decided on a line that asks for ``quantity`` units, and on which facts.

    ``pack_hash`` is of the merchant's pack that the return is pinned to.
    """

    facts: Facts
    decision: Decision
    quantity: int
    pack_hash: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """``is_over``: no scan of the parcel is awaited any more."""

    delivery_id: str
    purpose: str
    tracking_code: str
    tracker_ref: str | None
    shipment_ref: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class ArrivalRecord:
    """A parcel that a warehouse may expect; ``units`` are by SKU, ``expected_on`` is its day."""

    delivery_id: str
    location_id: str
    expected_on: date
    basis: str
    method: str
    state: str
    carrier: str | None
    tracking_code: str | None
    units: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    notice_id: str
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class Transition:
    """A return's next state with the events that led there; ``version`` is the last's sequence.

    ``closed_units`` ends units as ``returned``, ``kept`` or ``lost``; ``released_units`` makes them
    free for another return. ``arrivals`` are all parcels to be expected, ``None`` where nothing of
    them changed. ``resume_from`` is as in :class:`Opening`; ``restarts`` counts the
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
    arrivals: tuple[ArrivalRecord, ...] | None = None
    decisions: tuple[DecisionOnLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Relocking:
    """``wanted`` is each line with the units that it had, and how many of it were bought."""

    tenant_id: str
    return_id: str
    order_id: str
    wanted: tuple[tuple[str, tuple[int, ...], int], ...]


@dataclass(frozen=True, slots=True)
class HeldByOthers:
    """A line has too few units left; ``held_by`` are the RMA numbers of who has the others."""

    line_id: str
    held_by: tuple[str, ...]
