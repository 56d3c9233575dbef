"""What a start would decide and pay: the functions of the execution, on facts read now."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from activities.orders import FetchFacts, OrderActivities, OrderFacts
from api.upstream import read_facts
from domain.charging import missed_visit_price
from domain.codes import RefusedError
from domain.diverting import check_credit, diversion_of, going_out_of, money_then_credit
from domain.eligibility import Decision, Verdict
from domain.exchanges import check_exchanges, difference
from domain.gift_returns import check_recipient
from domain.gifts import GiftOwed, gifts_owed
from domain.granting import verdict_on
from domain.intents import LotAmount
from domain.locations import NoLocationError, choose_location
from domain.opening import decide_lines, needs_exchange, open_return, wanted_units
from domain.orders import Destination, Order
from domain.refusals import too_few
from domain.releasing import is_uneven, value_minor
from domain.requests import HandoverMethod, Resolution, ReturnRequest, request_hash
from domain.returns import Lot, Return, ReturnLine
from domain.securing import lots_that_can_be_secured
from domain.settlement import settle, settlement_hash, units_of
from domain.tenders import NothingLeftError, TenderLeft, split_over_tenders
from domain.triggers import HoldRule, Trigger
from storage.ledger import choose_units
from storage.records import NotEnoughUnits, Units
from storage.returns import Returns

_PENDING_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a start would decide and pay.

    ``doubts`` are reason codes for which a person decides, beside those of the lines.
    ``amounts`` stand beside ``decisions``, ``None`` where no money would be owed, and so do
    ``differences``, in minor units: of an exchange for dearer goods above zero, what the customer
    pays; for cheaper ones below zero, what is given back once they are sent; ``parts`` is
    empty when the order has less left than is owed. ``settlement_hash`` is that of the settlement
    that a start leads to if everything arrives together as it was sent and nothing else changes;
    money and credit are two settlements, and have one hash here. ``missed_visit_fee_minor`` is what
    each courier's visit in vain would cost by the customer's own fault. ``gifts`` are not asked
    back, though the goods are that they came with: their value is in the lines' clawbacks.
    """

    order: Order
    authorization: str
    doubts: tuple[str, ...]
    decisions: tuple[Decision, ...]
    amounts: tuple[LotAmount | None, ...]
    differences: tuple[int, ...]
    parts: tuple["Part", ...]
    settlement_hash: str
    releases: tuple["Release", ...]
    missed_visit_fee_minor: int
    gifts: tuple[GiftOwed, ...] = ()

    @property
    def refund_minor(self) -> int:
        owed = sum(amount.refund_minor for amount in self.amounts if amount is not None)
        return owed - sum(p.amount_minor for p in self.parts if p.destination == Destination.LAPSED)


@dataclass(frozen=True, slots=True)
class Part:
    """What one tender has to give, in minor units, and where that goes, with its bonus."""

    tender_id: str
    amount_minor: int
    destination: str
    bonus_minor: int


@dataclass(frozen=True, slots=True)
class Release:
    """When what a line gets goes out, and what comes back of it if the goods stay away."""

    trigger: Trigger
    recoverable_minor: int = 0
    hold_minor: int = 0
    recovery: timedelta | None = None


class Previews:
    def __init__(self, orders: OrderActivities, returns: Returns) -> None:
        self._orders = orders
        self._returns = returns

    async def preview(self, tenant_id: str, request: ReturnRequest, *, at: datetime) -> Previewed:
        """Decide and settle as if everything asked for arrived as it was sent. Writes nothing.

        Raises:
            RefusedError: a start would be refused in the same words.
        """
        facts = await self._facts(tenant_id, request)
        decisions = decide_lines(request, facts.order, facts.policy, facts.law, at=at)
        prices = {product.sku: product.price for product in facts.products}
        check_exchanges(request, facts.order, prices, uneven=facts.policy.uneven_exchange)
        check_recipient(request, facts.order, facts.policy)
        check_credit(request, facts.order, facts.policy)
        _check_location(facts, [line_id for line_id, _ in wanted_units(request, decisions)])
        held = await self._returns.held_units(tenant_id, request.order_id)
        units = choose_units(
            held,
            fulfilled={line.line_id: line.fulfilled for line in facts.order.lines},
            wanted=wanted_units(request, decisions),
        )
        if isinstance(units, NotEnoughUnits):
            raise too_few(request, units.line_id, available=units.available, held_by=units.held_by)
        ret = _as_if_open(request, facts, decisions, units, at=at)
        authorization, doubts = verdict_on(ret)
        standing = await self._returns.standing(tenant_id, request.order_id)
        arriving = _as_if_accepted(ret)
        rows = settle(ret, arriving, standing)
        tenders = await self._tenders(tenant_id, facts.order)
        parts = _parts(ret, rows, tenders)
        by_tender: Counter[str] = Counter()
        for part in parts:
            by_tender[part.tender_id] += part.amount_minor
        by_lot = {row.lot_id: row for row in rows}
        amounts = tuple(
            _line_amount([by_lot[lot.lot_id] for lot in lots if lot.lot_id in by_lot])
            for lots in _by_line(ret)
        )
        return Previewed(
            order=facts.order,
            authorization=authorization,
            doubts=doubts,
            decisions=decisions,
            amounts=amounts,
            differences=tuple(_difference(ret, lots) for lots in _by_line(ret)),
            releases=tuple(
                release_of(ret, lots, going_out)
                for lots, going_out in zip(_by_line(ret), _going_out(amounts, parts), strict=True)
            ),
            parts=parts,
            settlement_hash=settlement_hash(ret.currency, rows, sorted(by_tender.items())),
            missed_visit_fee_minor=missed_visit_price(ret) if request.pickup_window else 0,
            gifts=gifts_owed(ret.gifts, standing.with_units(units_of(arriving)).units),
        )

    async def _facts(self, tenant_id: str, request: ReturnRequest) -> OrderFacts:
        asked = FetchFacts(
            tenant_id, request.order_id, needs_exchange(request), ground=request.ground
        )
        return await read_facts(self._orders, asked)

    async def _tenders(self, tenant_id: str, order: Order) -> tuple[TenderLeft, ...]:
        known = await self._returns.tender_balances(tenant_id, order.order_id)
        if known:
            return tuple(
                TenderLeft(t.tender_id, t.captured_minor, t.refunded_minor, t.kind) for t in known
            )
        return tuple(
            TenderLeft(t.tender_id, t.captured_minor, t.refunded_minor, t.kind)
            for t in sorted(order.tenders, key=lambda tender: tender.tender_id)
        )


def _check_location(facts: OrderFacts, line_ids: Collection[str]) -> None:
    try:
        choose_location(facts.locations, facts.order, line_ids)
    except NoLocationError as error:
        raise RefusedError("no_receiving_location", str(error), field=error.field) from error


def _as_if_open(
    request: ReturnRequest,
    facts: OrderFacts,
    decisions: Sequence[Decision],
    units: Units,
    *,
    at: datetime,
) -> Return:
    return open_return(
        tenant_id="preview",
        return_id=_PENDING_ID,
        rma_no="",
        request=request,
        request_hash=request_hash(request),
        order=facts.order,
        policy=facts.policy,
        decisions=decisions,
        units=dict(units),
        at=at,
        prices={product.sku: product.price for product in facts.products},
        recent=facts.recent,
    )


def _as_if_accepted(ret: Return) -> tuple[Lot, ...]:
    """Return the lots that would be paid, all in one parcel, without any deduction; or kept.

    Where something else is offered than the money that was asked for, none is.
    """
    is_kept = ret.request.handover is HandoverMethod.KEEP
    ending = {"kept_at": ret.requested_at} if is_kept else {"receipt_id": "preview"}
    return tuple(
        replace(lot, **ending)
        for lot in ret.lots
        if _is_granted_as_asked(ret.line(lot.line_id)) and lot.resolution.pays_back
    )


def _is_granted_as_asked(line: ReturnLine) -> bool:
    """Say whether the line has what was asked for, or would, if a person finds so."""
    return line.terms is not None and line.decision.verdict is not Verdict.APPROVE_ALTERNATIVE


def _difference(ret: Return, lots: Sequence[Lot]) -> int:
    line = ret.line(lots[0].line_id)
    granted = line.terms is not None and line.resolution is Resolution.EXCHANGE
    return sum(difference(line, lot).minor for lot in lots) if granted else 0


def _by_line(ret: Return) -> list[list[Lot]]:
    return [[lot for lot in ret.lots if lot.line_id == line.line_id] for line in ret.lines]


def _line_amount(rows: Sequence[LotAmount]) -> LotAmount | None:
    """Return what all lots of one line get together."""
    if not rows:
        return None
    minors = [field.name for field in fields(LotAmount) if field.name.endswith("_minor")]
    return replace(rows[0], **{name: sum(getattr(row, name) for row in rows) for name in minors})


def _going_out(amounts: Sequence[LotAmount | None], parts: Sequence[Part]) -> tuple[int, ...]:
    """Share what lapses, and what comes on top, over the lines as settlements do over lots."""
    return going_out_of(
        [amount.refund_minor if amount is not None else 0 for amount in amounts],
        lapsed=sum(p.amount_minor for p in parts if p.destination == Destination.LAPSED),
        bonus=sum(part.bonus_minor for part in parts),
    )


def release_of(ret: Return, lots: Sequence[Lot], going_out_minor: int) -> Release:
    """Say it of one line; one that is refused gets nothing, early or late.

    ``going_out_minor`` is what its customer is paid. A replacement that nothing secures waits for
    its goods.
    """
    terms, resolution = ret.policy.release, lots[0].resolution
    rejected = ret.line(lots[0].line_id).decision.verdict is Verdict.REJECT
    if ret.request.handover is HandoverMethod.KEEP and not rejected:
        # No goods come that it could wait for.
        return Release(Trigger.APPROVAL)
    if rejected or not terms.is_early(resolution):
        return Release(terms.of(resolution))
    if any(is_uneven(ret, lot) for lot in lots):
        return Release(Trigger.ACCEPTED)
    if resolution is not Resolution.EXCHANGE:
        recovery = ret.policy.handling.recovery
        return Release(terms.of(resolution), going_out_minor, 0, recovery)
    secured = lots_that_can_be_secured(ret, lots)
    if not secured:
        return Release(Trigger.ACCEPTED)
    value = sum(value_minor(ret, lot) for lot in secured)
    hold = value if terms.hold is HoldRule.REQUIRED else 0
    return Release(terms.of(resolution), value, hold, ret.policy.handling.recovery)


def _parts(
    ret: Return, rows: Sequence[LotAmount], tenders: Sequence[TenderLeft]
) -> tuple[Part, ...]:
    """Split what is owed as the settlements would: money first, then what is wanted as credit."""
    left, found = [*tenders], list[Part]()
    for lots in money_then_credit(ret.lot(row.lot_id) for row in rows):
        chosen = [lot.lot_id for lot in lots]
        owed = sum(row.refund_minor for row in rows if row.lot_id in chosen)
        try:
            minors = split_over_tenders(left, owed, ret.policy.tender_order)
        except NothingLeftError:
            return ()
        paying = [(tender, minor) for tender, minor in zip(left, minors, strict=True) if minor]
        elsewhere = diversion_of(ret, lots).of([(tender.kind, minor) for tender, minor in paying])
        found += [
            Part(
                tender.tender_id,
                minor,
                Destination.ORIGINAL if redirect is None else redirect.destination,
                0 if redirect is None else redirect.bonus_minor,
            )
            for (tender, minor), redirect in zip(paying, elsewhere, strict=True)
        ]
        left = [
            replace(tender, refunded_minor=tender.refunded_minor + minor)
            for tender, minor in zip(left, minors, strict=True)
        ]
    return tuple(found)
