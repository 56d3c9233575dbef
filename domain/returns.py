"""The nouns: a return with its lines and lots, and what every change of it answers."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.abuse import Signal
from domain.chargebacks import Chargeback
from domain.commands import Actor
from domain.corrections import Correction
from domain.eligibility import Decision, Terms
from domain.events import Fact
from domain.gifts import GiftBasis
from domain.inspection import Acceptance, Disposition, Finding
from domain.intents import Settlement
from domain.lifecycle import (
    AuthorizationState,
    Headline,
    LogisticsState,
    LotState,
    SettlementState,
    check_move,
    derive_headline,
    roll_up,
)
from domain.locations import FALLBACK, Match
from domain.money import Money
from domain.orders import HoldMethod, Tax
from domain.parcels import Delivery, LateScan, ParcelLink, Receipt
from domain.policies import Policy
from domain.promotions import PromotionBasis
from domain.proposals import Proposal
from domain.recovery import Advance
from domain.requests import Resolution, ReturnRequest
from domain.review import Review


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
    overrides: bool = False
    """Whether a person decided otherwise than the rule's own result."""


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
    exchange_price_minor: int | None = None
    """What one wanted unit costs, with its tax, as the platform said with the request."""
    barred_from_carriers: bool = False
    """Whether its goods are such that no carrier may have them."""

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
    advance: Advance | None = None
    lost_at: datetime | None = None
    """When the carrier had lost it; what it is paid then is for no goods that came."""
    kept_at: datetime | None = None
    """When its goods were left to the customer: it is settled without them."""
    offered_minor: int | None = None
    """What it is paid with its tax, where its goods are kept for that instead of all of it."""

    @property
    def quantity(self) -> int:
        return len(self.units)

    @property
    def is_without_goods(self) -> bool:
        """Whether it is settled although its goods did not come, and are not expected."""
        return self.lost_at is not None or self.kept_at is not None

    @property
    def owes_difference(self) -> bool:
        """Whether its replacement has left, was cheaper, and the difference is in no settlement.

        Not before: until then the customer may still get the money for the whole lot instead.
        """
        cheaper = self.replacement is not None and self.replacement.given_back_minor > 0
        sent = self.state in (LotState.REPLACEMENT_SHIPPED, LotState.REPLACED)
        return cheaper and sent and self.settlement_no is None

    @property
    def has_replacement(self) -> bool:
        """Whether other goods were ordered for it, and not called off."""
        return self.replacement is not None and not self.replacement.called_off

    @property
    def is_replaced(self) -> bool:
        return self.replacement is not None and self.replacement.status == "delivered"

    @property
    def is_given(self) -> bool:
        """Say whether its value went out before its goods, or may have."""
        return self.advance is not None and self.advance.is_given

    @property
    def is_going_out(self) -> bool:
        """Say whether its value went out before its goods, or is on its way out this moment."""
        return self.is_given or (self.advance is not None and self.advance.paying)

    @property
    def is_outstanding(self) -> bool:
        """Say whether more than its goods is open: a hold, a recovery, a replacement under way."""
        if self.advance is None:
            return False
        recovery, hold = self.advance.recovery, self.advance.hold
        under_way = self.has_replacement and not self.is_replaced
        owed = recovery and (recovery.is_outstanding or recovery.to_give_back_minor)
        return (
            self.advance.ordering or under_way or bool(owed) or (hold is not None and hold.is_open)
        )

    def moved(self, state: LotState, at: datetime) -> "Lot":
        """Return the lot in ``state``; :class:`IllegalMoveError` when no edge leads there."""
        check_move(self.state, state)
        return replace(self, state=state, since=at, version=self.version + 1)


def inspection_key(lot: Lot) -> str:
    """Name the wait for a grade of a lot that arrived."""
    return f"lot/{lot.lot_id}/inspection"


@dataclass(frozen=True, slots=True)
class Replacement:
    """Goods ordered instead; ``status`` is ``created``, ``shipped`` or ``delivered``.

    ``due_minor`` is what the customer pays for it on top of the goods that came back.

    Of cheaper goods ``given_back_minor`` is the difference, due once they have left. An unpaid one
    that is not wanted any more is ``called_off`` at the platform.
    """

    reference: str
    sku: str
    reservation_id: str | None = None
    replacement_order_id: str | None = None
    tracking_code: str | None = None
    due_minor: int = 0
    given_back_minor: int = 0
    payment_url: str | None = None
    called_off: bool = False
    status: str = "created"


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
class CustomsPapers:
    """``reference`` is where the papers are kept; ``drawback`` is duty that customs give back."""

    reference: str
    drawback: Money | None = None


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
    location_id: str = FALLBACK
    country: str | None = None
    """Where the order was delivered to, ISO 3166-1 alpha-2: carriers go by it."""
    requested_by: Actor | None = None
    """Who asked for it: kept until the request is registered, and where another person has to
    decide on it or to approve a settlement."""
    corrections: tuple[Correction, ...] = ()
    refused: Refused | None = None
    promotions: tuple[PromotionBasis, ...] = ()
    """Those of the order whose discounts the policy keeps back when a partial return loses them."""
    chargebacks: tuple[Chargeback, ...] = ()
    """Those of payments that it gives back, as their provider last said."""
    proposal: Proposal | None = None
    """The next settlement, where finance has to approve it first."""
    reopened_at: datetime | None = None
    """When it was last opened again after it was closed."""
    hold_method: HoldMethod | None = None
    """What may be held for an advance exchange, where the policy wants a hold."""
    credit_account: str = ""
    """The platform's name of the customer's store credit, where the policy offers it."""
    location_time_zone: str = ""
    """Of the place that receives the goods; empty where the platform does not tell it."""
    location_match: Match | None = None
    """Why that place was chosen, where the platform left a choice."""
    location_country: str = ""
    """Of that place, ISO 3166-1 alpha-2; empty where the platform does not tell it."""
    customs: CustomsPapers | None = None
    """The papers with which the goods cross a customs border, once they are there."""
    links: tuple[ParcelLink, ...] = ()
    """Other returns whose parcels or labels these goods were mixed up with, or travelled in."""
    late_scan: LateScan | None = None
    """News of a parcel that came after the return had expired, until it is seen to."""
    gifts: tuple[GiftBasis, ...] = ()
    """Those of the order whose value the policy keeps back when their goods come without them."""
    gift_credit_account: str = ""
    """The platform's name of the recipient's store credit, where that gets what the gift cost."""
    signals: tuple[Signal, ...] = ()
    """Why a person looks at it by whose it is, as counted when it was requested."""
    review: Review | None = None
    """What passed between reviewer and customer; ``None`` where nothing did."""

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

    def extended_to(self, key: str, until: datetime) -> datetime:
        """Return when the wait of this key ends: ``until``, or later where somebody moved that."""
        return max([until, *(moved for named, moved in self.extended if named == key)])

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
            settlements=tuple(changed if s.key == changed.key else s for s in self.settlements),
        )

    @property
    def looks_at_order(self) -> bool:
        """Whether what it pays depends on what other returns of its order were paid."""
        return bool(self.promotions or self.gifts)

    @property
    def next_settlement_no(self) -> int:
        """The number of the next settlement; a charge that is given back has none."""
        return 1 + sum(1 for s in self.settlements if s.gives_back is None)

    @property
    def inbound(self) -> tuple[Delivery, ...]:
        return tuple(d for d in self.deliveries if d.ship_back_of is None)

    @property
    def logistics(self) -> LogisticsState:
        return roll_up(
            [d.state for d in self.inbound],
            [lot.state for lot in self.lots if not lot.is_without_goods],
        )

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
    LotState.LOST,
    LotState.KEPT,
    LotState.ACCEPTED,
    LotState.PARTIALLY_ACCEPTED,
    LotState.OUT_OF_STOCK,
    LotState.REPLACEMENT_UNPAID,
    LotState.REFUND_PENDING,
)


def _settlement_state(ret: Return) -> SettlementState:
    states = [intent.state for s in ret.settlements for intent in s.intents]
    if "unknown" in states:
        return SettlementState.BLOCKED
    settled = [intent.is_settled for s in ret.settlements for intent in s.intents]
    if not all(settled):
        if any(settled):
            # Of several tenders some have their money, whatever becomes of the others (edge 65).
            return SettlementState.PARTIALLY_SETTLED
        refused = any(state in ("rejected", "failed") for state in states)
        return SettlementState.BLOCKED if refused else SettlementState.IN_PROGRESS
    if any(lot.is_outstanding for lot in ret.lots):
        return SettlementState.PARTIALLY_SETTLED if states else SettlementState.IN_PROGRESS
    owed = [
        lot
        for lot in ret.lots
        if (lot.state in _OWED and lot.resolution.pays_back) or lot.owes_difference
    ]
    if owed:
        return SettlementState.PARTIALLY_SETTLED if ret.settlements else SettlementState.IN_PROGRESS
    if not ret.settlements:
        return SettlementState.NONE
    waiting = [
        lot
        for lot in ret.lots
        if lot.resolution.pays_back
        and lot.settlement_no is None
        and lot.state in (LotState.MISSING, LotState.RECEIVED, LotState.IN_TRANSIT)
    ]
    return SettlementState.PARTIALLY_SETTLED if waiting else SettlementState.SETTLED


Change = tuple[Return, tuple[Fact, ...]]
"""What every transition answers: the return afterwards and the facts that happened."""
