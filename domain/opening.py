"""From a request and the order's facts to a return with its lines decided and its lots cut."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.abuse import Recent, signals_of
from domain.codes import RefusedError
from domain.eligibility import Decision, Facts, Verdict, evaluate, facts_of
from domain.events import Fact, JsonValue
from domain.exchanges import exchange_prices
from domain.gift_returns import credit_account_of, policy_for
from domain.gifts import GiftBasis, MissingGift, freeze_gifts
from domain.handover import check_bookable
from domain.law.governing import GoverningLaw
from domain.law.schema import DeductionKind
from domain.lifecycle import AuthorizationState, LotState
from domain.locations import Receiving
from domain.money import Money
from domain.orders import HoldMethod, Order
from domain.policies import Policy
from domain.promotions import freeze_promotions
from domain.requests import RequestedLine, Resolution, ReturnRequest
from domain.returns import Lot, Return, ReturnLine
from domain.settlement import freeze_basis
from domain.triggers import HoldRule


def decide_lines(
    request: ReturnRequest,
    order: Order,
    policy: Policy,
    law: GoverningLaw | None = None,
    *,
    at: datetime,
) -> tuple[Decision, ...]:
    """Decide each requested line. Preview and execution both come through here.

    ``law`` is that of the order's contract; ``None`` where no pack is for its place.

    Raises:
        RefusedError: the order has no such line, none of it was sent yet, or none is delivered.
    """
    if request.pickup_window is not None:
        check_bookable(request.pickup_window, at)
    decisions: list[Decision] = []
    for index, line in enumerate(request.lines):
        try:
            known = order.line(line.line_id)
        except KeyError:
            raise RefusedError(
                "line_not_found",
                f"order {order.order_id} has no line {line.line_id!r}",
                field=f"lines[{index}].line_id",
            ) from None
        if known.fulfilled == 0:
            raise RefusedError(
                "use_cancellation", "nothing of it was sent", field=f"lines[{index}].line_id"
            )
        if line.quantity > known.fulfilled:
            raise RefusedError(
                "units_not_available",
                f"wanted {line.quantity}, sent {known.fulfilled}",
                field=f"lines[{index}].quantity",
            )
        decision = evaluate(_facts(request, line, order, policy, law, at=at), policy, law)
        if "M_NOT_DELIVERED" in decision.reason_codes:
            raise RefusedError("use_cancellation", _ON_ITS_WAY, field=f"lines[{index}].line_id")
        decisions.append(decision)
    return tuple(decisions)


_ON_ITS_WAY = (
    "it is on its way and not delivered: cancel the order, or refuse the delivery, which is paid "
    "back once the parcel is back"
)


def asked_facts(
    request: ReturnRequest,
    order: Order,
    policy: Policy,
    law: GoverningLaw | None = None,
    *,
    at: datetime,
) -> tuple[Facts, ...]:
    """Return what :func:`decide_lines` decided each line on, which it has to have done before."""
    return tuple(_facts(request, line, order, policy, law, at=at) for line in request.lines)


def _facts(
    request: ReturnRequest,
    line: RequestedLine,
    order: Order,
    policy: Policy,
    law: GoverningLaw | None,
    *,
    at: datetime,
) -> Facts:
    return facts_of(
        order,
        line.line_id,
        ground=request.ground,
        resolution=line.resolution,
        requested_at=at,
        quantity=line.quantity,
        exchange_sku=line.exchange_sku,
        declares=policy.declares,
        closed_days=law.closed_days if law is not None else (),
        delivered_after_days=policy.delivered_after_days,
    )


def wanted_units(
    request: ReturnRequest, decisions: Sequence[Decision]
) -> tuple[tuple[str, int], ...]:
    """Return (line, units) to lock: a line that is denied at once locks nothing."""
    return tuple(
        (line.line_id, line.quantity)
        for line, decision in zip(request.lines, decisions, strict=True)
        if decision.verdict is not Verdict.REJECT
    )


_USUAL_PLACE = Receiving()


def open_return(
    *,
    tenant_id: str,
    return_id: str,
    rma_no: str,
    request: ReturnRequest,
    request_hash: str,
    order: Order,
    policy: Policy,
    decisions: Sequence[Decision],
    units: Mapping[str, tuple[int, ...]],
    at: datetime,
    prices: Mapping[str, Money] | None = None,
    receiving: Receiving = _USUAL_PLACE,
    recent: Recent | None = None,
) -> Return:
    """Build the return as requested: every lot PENDING, nothing granted yet.

    ``prices`` are those of the goods wanted in exchange, by SKU, for one unit with its tax;
    ``recent`` is what the customer sent back before, where the policy has it counted.
    """
    policy = policy_for(request, policy)
    basis, wanted = freeze_basis(order), exchange_prices(request, prices or {})
    lines = tuple(
        ReturnLine(
            line_id=asked.line_id,
            sku=order.line(asked.line_id).sku,
            title=order.line(asked.line_id).title,
            requested=asked.quantity,
            resolution=asked.resolution,
            units=units.get(asked.line_id, ()),
            basis=basis[asked.line_id],
            decision=decision,
            reason=asked.reason,
            reason_detail=asked.reason_detail,
            exchange_sku=asked.exchange_sku,
            exchange_price_minor=price,
            barred_from_carriers=order.line(asked.line_id).is_barred_from_carriers,
        )
        for asked, decision, price in zip(request.lines, decisions, wanted, strict=True)
    )
    lots = tuple(
        Lot(
            lot_id=f"{line.line_id}/{number}",
            line_id=line.line_id,
            units=units_of_lot,
            state=LotState.PENDING,
            since=at,
            resolution=line.resolution,
        )
        for line in lines
        for number, units_of_lot in enumerate(_lots_of(line, policy), start=1)
    )
    return Return(
        tenant_id=tenant_id,
        return_id=return_id,
        rma_no=rma_no,
        request=request,
        request_hash=request_hash,
        currency=order.currency,
        time_zone=order.delivery_time_zone,
        country=order.delivery_country,
        policy=policy,
        authorization=AuthorizationState.REQUESTED,
        authorized_since=at,
        requested_at=at,
        lines=lines,
        lots=lots,
        promotions=freeze_promotions(order) if policy.promotion_clawback else (),
        gift_credit_account=credit_account_of(request, order, policy),
        gifts=_gifts(order, policy, decisions),
        hold_method=_hold_method(order, policy),
        credit_account="" if policy.credit_bonus_percent is None else order.credit_account,
        location_id=receiving.location_id,
        location_time_zone=receiving.time_zone,
        location_match=receiving.match,
        location_country=receiving.country,
        signals=signals_of(
            policy.abuse_signals,
            order,
            recent,
            [(line_id, len(numbers)) for line_id, numbers in units.items()],
        ),
    )


def _lots_of(line: ReturnLine, policy: Policy) -> tuple[tuple[int, ...], ...]:
    """Return the units of each lot: of value that may go out early, every unit bears its own duty.

    A denied line keeps a lot of the right size; its units were never locked.
    """
    units = line.units or tuple(range(line.requested))
    if policy.release.is_early(line.resolution):
        return tuple((unit,) for unit in units)
    return (units,)


def _gifts(order: Order, policy: Policy, decisions: Sequence[Decision]) -> tuple[GiftBasis, ...]:
    """Return the gifts whose value may be kept back: not beside a right by law that forbids it."""
    if policy.missing_gift is not MissingGift.DEDUCT:
        return ()
    barred = {
        decision.line_id
        for decision in decisions
        if (terms := decision.terms) is not None
        and terms.by_law
        and DeductionKind.MISSING_GIFT not in terms.may_keep
    }
    return tuple(gift for gift in freeze_gifts(order) if gift.bought_line_id not in barred)


def _hold_method(order: Order, policy: Policy) -> HoldMethod | None:
    if policy.release.hold is not HoldRule.REQUIRED:
        return None
    return next((tender.hold_method for tender in order.tenders if tender.hold_method), None)


def requested_facts(ret: Return) -> tuple[Fact, ...]:
    lines: list[JsonValue] = [
        {
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity": line.requested,
            "reason": line.reason,
            "reason_detail": line.reason_detail,
            "resolution": line.resolution,
        }
        for line in ret.lines
    ]
    data: dict[str, JsonValue] = {
        "rma_no": ret.rma_no,
        "order_id": ret.request.order_id,
        "ground": ret.request.ground,
        "handover": ret.request.handover,
        "lines": lines,
    }
    if ret.location_match is not None:
        data |= {"location_id": ret.location_id, "location_match": ret.location_match}
    return (
        Fact("return.requested", data, occurred_at=ret.requested_at),
        Fact("return.acknowledged", {"rma_no": ret.rma_no}),
    )


def needs_exchange(request: ReturnRequest) -> tuple[str, ...]:
    """Return the SKUs that the request wants in exchange, in order of its lines."""
    return tuple(
        line.exchange_sku
        for line in request.lines
        if line.resolution is Resolution.EXCHANGE and line.exchange_sku
    )
