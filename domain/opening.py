"""From a request and the order's facts to a return with its lines decided and its lots cut."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.codes import RefusedError
from domain.commands import Actor
from domain.eligibility import Decision, Verdict, authorization_of, evaluate, facts_of
from domain.events import Fact, JsonValue
from domain.lifecycle import AuthorizationState, DeliveryState, LotState
from domain.orders import Order
from domain.policies import Policy
from domain.requests import HandoverMethod, Resolution, ReturnRequest
from domain.returns import Delivery, LineAuthorization, Lot, Return, ReturnLine
from domain.settlement import freeze_basis

Change = tuple[Return, tuple[Fact, ...]]
"""What every transition answers: the return afterwards and the facts that happened."""


def decide_lines(
    request: ReturnRequest, order: Order, policy: Policy, *, at: datetime
) -> tuple[Decision, ...]:
    """Decide each requested line. Preview and execution both come through here.

    Raises:
        RefusedError: the order has no such line, or none of it was sent yet.
    """
    _check_pickup(request, at)
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
        facts = facts_of(
            order,
            line.line_id,
            ground=request.ground,
            resolution=line.resolution,
            requested_at=at,
        )
        decision = evaluate(facts, policy)
        if decision.verdict is Verdict.NEED_INFO:
            raise RefusedError(
                "use_cancellation", decision.explanation, field=f"lines[{index}].line_id"
            )
        decisions.append(decision)
    return tuple(decisions)


_BOOKED_AHEAD = timedelta(days=60)
_LONGEST_WINDOW = timedelta(days=7)


def _check_pickup(request: ReturnRequest, at: datetime) -> None:
    """Refuse a courier's window that is over, too far ahead, or no window any more."""
    window = request.pickup_window
    if window is None:
        return
    if window.not_after <= at:
        raise RefusedError("invalid_request", "the window is over", field="pickup_window.not_after")
    if window.not_before > at + _BOOKED_AHEAD:
        raise RefusedError(
            "invalid_request", "wanted within 60 days", field="pickup_window.not_before"
        )
    if window.not_after > max(window.not_before, at) + _LONGEST_WINDOW:
        raise RefusedError(
            "invalid_request", "wanted 7 days at most", field="pickup_window.not_after"
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
) -> Return:
    """Build the return as requested: every lot PENDING, nothing granted yet."""
    basis = freeze_basis(order)
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
        )
        for asked, decision in zip(request.lines, decisions, strict=True)
    )
    lots = tuple(
        Lot(
            lot_id=f"{line.line_id}/1",
            line_id=line.line_id,
            # A denied line keeps a lot of the right size; its units were never locked.
            units=line.units or tuple(range(line.requested)),
            state=LotState.PENDING,
            since=at,
            resolution=line.resolution,
        )
        for line in lines
    )
    return Return(
        tenant_id=tenant_id,
        return_id=return_id,
        rma_no=rma_no,
        request=request,
        request_hash=request_hash,
        currency=order.currency,
        time_zone=order.delivery_time_zone,
        policy=policy,
        authorization=AuthorizationState.REQUESTED,
        authorized_since=at,
        requested_at=at,
        lines=lines,
        lots=lots,
    )


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
    return (
        Fact("return.requested", data, occurred_at=ret.requested_at),
        Fact("return.acknowledged", {"rma_no": ret.rma_no}),
    )


def apply_policy(ret: Return, *, at: datetime) -> Change:
    """Take the policy's decision: grant, deny, or hand the return to a reviewer."""
    verdict = authorization_of([line.decision for line in ret.lines])
    if verdict is AuthorizationState.IN_REVIEW:
        codes = sorted({code for line in ret.lines for code in line.decision.reason_codes})
        waiting = replace(ret, authorization=verdict, authorized_since=at)
        return waiting, (Fact("return.review_started", {"codes": [*codes]}),)
    granted = [line.line_id for line in ret.lines if line.decision.granted]
    return grant(ret, granted, by="rule", at=at)


def check_grant(ret: Return, line_ids: Sequence[str]) -> None:
    """Refuse to grant what cannot be granted.

    Raises:
        RefusedError: no such line, or one that the rules denied: its units were never locked, so
            another return may hold them.
    """
    for line_id in line_ids:
        line = next((line for line in ret.lines if line.line_id == line_id), None)
        if line is None:
            raise RefusedError("line_not_found", f"no line {line_id!r}", field="line_ids")
        if not line.units:
            raise RefusedError(
                "units_not_available", f"line {line_id} holds no units", field="line_ids"
            )


def grant(
    ret: Return,
    line_ids: Sequence[str],
    *,
    by: str,
    at: datetime,
    reason: str = "",
    reasons: Mapping[str, str] | None = None,
    actor: Actor | None = None,
) -> Change:
    """Authorize some lines and decline the rest; with any granted, a delivery is to be booked.

    ``by`` is ``rule``, ``human`` or ``timeout``; the rule's own result stays in each line.
    ``reasons`` are those of single declined lines; ``reason`` is the others', and that of a grant
    of all.

    Raises:
        RefusedError: see :func:`check_grant`.
    """
    check_grant(ret, line_ids)
    lots = tuple(
        lot.moved(LotState.AUTHORIZED if lot.line_id in line_ids else LotState.DECLINED, at)
        for lot in ret.lots
    )
    if not line_ids:
        state = AuthorizationState.DENIED
    elif all(line.line_id in line_ids for line in ret.lines):
        state = AuthorizationState.APPROVED
    else:
        state = AuthorizationState.PARTIALLY_APPROVED
    partly = state is AuthorizationState.PARTIALLY_APPROVED
    decided_by = str(actor) if actor else "rule"

    def decided(line_id: str) -> LineAuthorization:
        granted = line_id in line_ids
        why = "" if granted and partly else (reasons or {}).get(line_id, reason)
        return LineAuthorization(granted, by, decided_by, at, why)

    data: dict[str, JsonValue] = {
        "decision": state,
        "by": by,
        "reason": reason,
        "decided_by": decided_by,
        "lines": [_decision_data(line, decided(line.line_id)) for line in ret.lines],
    }
    answered = "human" if by == "human" else "decision"
    after = replace(
        ret,
        authorization=state,
        authorized_since=at,
        lines=tuple(replace(line, authorization=decided(line.line_id)) for line in ret.lines),
        lots=lots,
        deliveries=() if not line_ids else (_first_delivery(ret, at),),
    )
    return after, (Fact("return.decided", data), Fact("return.first_response", {"by": answered}))


def _first_delivery(ret: Return, at: datetime) -> Delivery:
    return Delivery(
        delivery_id="d1",
        method=ret.request.handover,
        state=DeliveryState.LABEL_PENDING,
        since=at,
        pickup_window=ret.request.pickup_window
        if ret.request.handover is HandoverMethod.PICKUP
        else None,
    )


def _decision_data(line: ReturnLine, decided: LineAuthorization) -> JsonValue:
    decision = line.decision
    return {
        "line_id": line.line_id,
        "title": line.title,
        "granted": decided.granted,
        "reason": decided.reason,
        "verdict": decision.verdict,
        "policy_ref": decision.policy_ref,
        "content_hash": decision.content_hash,
        "rule_id": decision.rule_id,
        "codes": [*decision.reason_codes],
        "window_end": decision.window_end.isoformat() if decision.window_end else None,
        "explanation": decision.explanation,
        "sources": [f"{source.key}: {source.title}" for source in decision.sources],
        "facts_hash": decision.facts_hash,
    }


def check_exchange(ret_line_paid_minor: int, wanted_minor: int, *, field: str) -> None:
    """Refuse an exchange whose wanted goods cost another price than was paid for one unit."""
    if ret_line_paid_minor != wanted_minor:
        raise RefusedError(
            "exchange_not_even",
            f"one unit was paid with {ret_line_paid_minor}, the wanted one costs {wanted_minor}",
            field=field,
        )


def needs_exchange(request: ReturnRequest) -> tuple[str, ...]:
    """Return the SKUs that the request wants in exchange, in order of its lines."""
    return tuple(
        line.exchange_sku
        for line in request.lines
        if line.resolution is Resolution.EXCHANGE and line.exchange_sku
    )
