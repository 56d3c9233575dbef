"""The nouns: a return, its lines and lots, what came back, and sums over what was recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.commands import Actor
from domain.corrections import Correction
from domain.eligibility import Decision, Terms
from domain.inspection import Acceptance, Disposition, Fault, Finding
from domain.lifecycle import (
    ARRIVED,
    AuthorizationState,
    DeliveryState,
    Headline,
    LogisticsState,
    LotState,
    SettlementState,
    check_move,
    derive_headline,
    roll_up,
)
from domain.orders import Tax
from domain.policies import Policy
from domain.requests import HandoverMethod, PickupWindow, Resolution, ReturnRequest


@dataclass(frozen=True, slots=True)
class ValueBasis:
    """What was paid for a whole order line, frozen at request time.

    Minor units, all ``quantity`` units together; ``shipping_minor`` is the line's share of the
    outbound shipping.
    """

    quantity: int
    gross_minor: int
    discount_minor: int
    taxes: tuple[Tax, ...]
    shipping_minor: int
    weight_grams: int


@dataclass(frozen=True, slots=True)
class LineAuthorization:
    """Who granted or declined a line, beside what the rule said of it.

    ``by`` is ``rule``, ``human`` or ``timeout``; ``decided_by`` the actor; ``reason`` is what a
    person or the timeout gave, for the customer to read.
    """

    granted: bool
    by: str
    decided_by: str
    decided_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """One order line of the return; ``decision`` is the rule's own, ``authorization`` what counts.

    ``units`` are the unit numbers of the order line that the ledger locked for it; amounts follow
    the unit number, so every order of returning adds up.
    """

    line_id: str
    sku: str
    title: str
    requested: int
    resolution: Resolution
    units: tuple[int, ...]
    basis: ValueBasis
    decision: Decision
    reason: str | None = None
    reason_detail: str | None = None
    exchange_sku: str | None = None
    authorization: LineAuthorization | None = None

    @property
    def terms(self) -> Terms | None:
        return self.decision.terms


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one line that share the same fate.

    ``version`` counts its changes; ``since`` is when it came to its state. ``settlement_no`` is set
    once money was decided for it.
    """

    lot_id: str
    line_id: str
    units: tuple[int, ...]
    state: LotState
    since: datetime
    resolution: Resolution
    version: int = 1
    receipt_id: str | None = None
    finding: Finding | None = None
    acceptance: Acceptance | None = None
    deduction_percent: int = 0
    disposition: Disposition | None = None
    disposition_applied: bool = False
    settlement_no: int | None = None
    replacement: "Replacement | None" = None

    @property
    def quantity(self) -> int:
        return len(self.units)

    def moved(self, state: LotState, at: datetime) -> "Lot":
        """Return the lot in ``state``; :class:`IllegalMoveError` when no edge leads there."""
        check_move(self.state, state)
        return replace(self, state=state, since=at, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Replacement:
    reference: str
    sku: str
    reservation_id: str | None = None
    replacement_order_id: str | None = None
    tracking_code: str | None = None


@dataclass(frozen=True, slots=True)
class PickupAttempt:
    """One courier visit; ``outcome`` is ``None`` until it is over.

    ``fault`` says who bears a visit that was over without the parcel, as far as that is known.
    """

    number: int
    window: PickupWindow
    pickup_ref: str
    confirmation: str | None = None
    outcome: str | None = None
    fault: Fault = Fault.NONE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One parcel under way: back to the warehouse, or (``ship_back_of``) to the customer again.

    ``pickup_window`` is when the courier is wished for next, or was last. ``trouble`` is the worst
    the carrier told of it: EXCEPTION or RETURNED_TO_SENDER.
    """

    delivery_id: str
    method: HandoverMethod
    state: DeliveryState
    since: datetime
    ship_back_of: str | None = None
    pickup_window: PickupWindow | None = None
    carrier: str | None = None
    shipment_ref: str | None = None
    tracking_code: str | None = None
    tracker_ref: str | None = None
    label_url: str | None = None
    attempts: tuple[PickupAttempt, ...] = ()
    first_scan_at: datetime | None = None
    delivered_at: datetime | None = None
    trouble: DeliveryState | None = None

    def with_visit_over(
        self, outcome: str, *, fault: Fault = Fault.NONE, note: str = ""
    ) -> "Delivery":
        """Return the delivery with its last courier visit over."""
        over = replace(self.attempts[-1], outcome=outcome, fault=fault, note=note)
        return replace(self, attempts=(*self.attempts[:-1], over))


def wants_courier(delivery: Delivery) -> bool:
    """Say whether a courier is wished for at a time that none was ordered for yet."""
    window = delivery.pickup_window
    if delivery.state is not DeliveryState.AWAITING_HANDOVER or window is None:
        return False
    return not delivery.attempts or delivery.attempts[-1].window != window


@dataclass(frozen=True, slots=True)
class ReceiptEntry:
    """What was counted, by SKU as seen. ``unexpected`` of them belong to no awaited unit."""

    sku: str
    quantity: int
    unexpected: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An append-only count of one parcel's contents."""

    receipt_id: str
    parcel: str
    location_id: str
    entries: tuple[ReceiptEntry, ...]
    received_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Intent:
    """One refund intent as the ledger sealed it; ``state`` follows its execution."""

    intent_id: str
    tender_id: str
    payment_ref: str
    amount_minor: int
    state: str
    generation: int = 1
    refund_ref: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One numbered step that turned accepted lots into money.

    ``due_on`` is statutory: the last local day for the refund, never scaled.
    """

    number: int
    lot_ids: tuple[str, ...]
    amount_minor: int
    breakdown: tuple["LotAmount", ...]
    intents: tuple[Intent, ...]
    sealed_at: datetime
    due_on: date | None


@dataclass(frozen=True, slots=True)
class LotAmount:
    """How one lot's refund came to be, in minor units.

    refund = gross - discount - deduction + tax + shipping.
    """

    lot_id: str
    gross_minor: int
    discount_minor: int
    deduction_minor: int
    tax_minor: int
    shipping_minor: int
    refund_minor: int
    cover: str
    """What allows the money without more ado: ``inspection``, ``waiver`` or ``keep_item``."""


@dataclass(frozen=True, slots=True)
class HeldInspection:
    """A result that came before its receipt, under the id of the command that brought it."""

    command_id: str
    content_hash: str
    actor: Actor
    lot_id: str
    quantity: int | None
    finding: Finding
    held_at: datetime


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why a piece of work is parked: ``work`` names it; ``detail`` is the last error, shortened.

    ``field`` is the place in somebody's data at fault, where one is known.
    """

    code: str
    work: str
    since: datetime
    deadline: datetime
    detail: str
    tries: int = 1
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a parked start was refused in the end; ``field`` is of the request."""

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """One return, whole. Amounts in ``currency``; ``version`` is the last event's sequence.

    A draft has no lines, lots and currency yet.
    """

    tenant_id: str
    return_id: str
    rma_no: str
    request: ReturnRequest
    request_hash: str
    currency: str
    time_zone: str
    policy: Policy
    authorization: AuthorizationState
    authorized_since: datetime
    requested_at: datetime
    lines: tuple[ReturnLine, ...]
    lots: tuple[Lot, ...]
    version: int = 0
    deliveries: tuple[Delivery, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    overdue: tuple[tuple[str, datetime], ...] = ()
    """Waits past their deadline: (wait key, when it was last escalated)."""
    extended: tuple[tuple[str, datetime], ...] = ()
    """Deadlines that a person moved: (wait key, new deadline)."""
    held: tuple[HeldInspection, ...] = ()
    completed_at: datetime | None = None
    closed: bool = False
    location_id: str = "MAIN"
    requested_by: Actor | None = None
    """Who asked for it, kept until the request is registered."""
    corrections: tuple[Correction, ...] = ()
    refused: Refused | None = None

    def line(self, line_id: str) -> ReturnLine:
        """Return one line; ``KeyError`` when there is none of that id."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise KeyError(line_id)

    def lot(self, lot_id: str) -> Lot:
        """Return one lot; ``KeyError`` when there is none of that id."""
        for lot in self.lots:
            if lot.lot_id == lot_id:
                return lot
        raise KeyError(lot_id)

    def delivery(self, delivery_id: str) -> Delivery:
        """Return one delivery; ``KeyError`` when there is none of that id."""
        for delivery in self.deliveries:
            if delivery.delivery_id == delivery_id:
                return delivery
        raise KeyError(delivery_id)

    def split_lot(self, lot_id: str, first: int) -> "Return":
        """Cut a lot in two: ``first`` units keep its id, the rest gets the line's next number."""
        lots: list[Lot] = []
        for lot in self.lots:
            if lot.lot_id != lot_id or lot.quantity <= first:
                lots.append(lot)
                continue
            siblings = sum(1 for other in self.lots if other.line_id == lot.line_id)
            rest = f"{lot.line_id}/{siblings + 1}"
            lots.append(replace(lot, units=lot.units[:first]))
            lots.append(replace(lot, lot_id=rest, units=lot.units[first:]))
        return replace(self, lots=tuple(lots))

    def with_lots(self, *changed: Lot) -> "Return":
        """Return the return with lots of the same id replaced."""
        by_id = {lot.lot_id: lot for lot in changed}
        return replace(self, lots=tuple(by_id.get(lot.lot_id, lot) for lot in self.lots))

    def with_delivery(self, changed: Delivery) -> "Return":
        return replace(
            self,
            deliveries=tuple(
                changed if d.delivery_id == changed.delivery_id else d for d in self.deliveries
            ),
        )

    def with_settlement(self, changed: Settlement) -> "Return":
        return replace(
            self,
            settlements=tuple(
                changed if s.number == changed.number else s for s in self.settlements
            ),
        )

    @property
    def inbound(self) -> tuple[Delivery, ...]:
        return tuple(d for d in self.deliveries if d.ship_back_of is None)

    @property
    def logistics(self) -> LogisticsState:
        return roll_up([d.state for d in self.inbound], [lot.state for lot in self.lots])

    @property
    def settlement(self) -> SettlementState:
        return _settlement_state(self)

    @property
    def headline(self) -> Headline:
        return derive_headline(
            self.authorization,
            self.logistics,
            self.settlement,
            [lot.state for lot in self.lots],
            closed=self.closed,
        )


_OWED = (
    LotState.ACCEPTED,
    LotState.PARTIALLY_ACCEPTED,
    LotState.OUT_OF_STOCK,
    LotState.REFUND_PENDING,
)


def _settlement_state(ret: Return) -> SettlementState:
    states = [intent.state for s in ret.settlements for intent in s.intents]
    if any(state in ("rejected", "failed", "unknown") for state in states):
        return SettlementState.BLOCKED
    if any(state != "succeeded" for state in states):
        return SettlementState.IN_PROGRESS
    owed = [lot for lot in ret.lots if lot.state in _OWED and lot.resolution is Resolution.REFUND]
    if owed:
        return SettlementState.PARTIALLY_SETTLED if ret.settlements else SettlementState.IN_PROGRESS
    if not ret.settlements:
        return SettlementState.NONE
    waiting = [
        lot
        for lot in ret.lots
        if lot.resolution is Resolution.REFUND
        and lot.state in (LotState.MISSING, LotState.RECEIVED, LotState.IN_TRANSIT)
    ]
    return SettlementState.PARTIALLY_SETTLED if waiting else SettlementState.SETTLED


@dataclass(frozen=True, slots=True)
class Counters:
    """Units of one line; each is a sum over lots and receipts, none is ever overwritten."""

    requested: int
    authorized: int
    handed_over: int
    received: int
    missing: int
    unexpected: int
    accepted: int
    rejected: int
    pending_inspection: int
    resolved: int


_ACCEPTED = (Acceptance.ACCEPTED, Acceptance.PARTIALLY_ACCEPTED)
_HANDED = ARRIVED | {LotState.IN_TRANSIT, LotState.MISSING}
_RESOLVED = frozenset({LotState.REFUNDED, LotState.REPLACED, LotState.CLOSED_RETURNED})


def counters(ret: Return, line_id: str) -> Counters:
    """Count one line's units; ``accepted + rejected + pending_inspection == received`` holds."""
    lots = [lot for lot in ret.lots if lot.line_id == line_id]
    line = ret.line(line_id)

    def units(fits: Callable[[Lot], bool]) -> int:
        return sum(lot.quantity for lot in lots if fits(lot))

    return Counters(
        requested=line.requested,
        authorized=units(lambda lot: lot.state not in (LotState.PENDING, LotState.DECLINED)),
        handed_over=units(lambda lot: lot.state in _HANDED),
        received=units(lambda lot: lot.state in ARRIVED),
        missing=units(lambda lot: lot.state is LotState.MISSING),
        unexpected=unexpected_units(ret.receipts, line.sku),
        accepted=units(lambda lot: lot.acceptance in _ACCEPTED),
        rejected=units(lambda lot: lot.acceptance is Acceptance.REJECTED),
        pending_inspection=units(lambda lot: lot.state is LotState.RECEIVED),
        resolved=units(lambda lot: lot.state in _RESOLVED),
    )


def unexpected_units(receipts: Sequence[Receipt], sku: str) -> int:
    return sum(e.unexpected for receipt in receipts for e in receipt.entries if e.sku == sku)
