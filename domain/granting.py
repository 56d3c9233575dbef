"""From a decision to an authorization: lines granted or declined, by rule, person or time-out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from domain.claims import is_claim_open
from domain.codes import RefusedError
from domain.commands import Actor
from domain.doubts import doubts_of, signals_json
from domain.eligibility import authorization_of
from domain.events import Fact, JsonValue
from domain.gift_returns import is_by_recipient
from domain.gifts import gifts_owed
from domain.handover import first_state, handover_ready
from domain.keeping import kept
from domain.lifecycle import GRANTED, AuthorizationState, LotState
from domain.overriding import is_overridden
from domain.parcels import Delivery
from domain.reasons import Ground
from domain.requests import HandoverMethod, Resolution
from domain.returns import Change, LineAuthorization, Return, ReturnLine
from domain.ways_back import way_granted


def verdict_on(ret: Return) -> tuple[AuthorizationState, tuple[str, ...]]:
    """Say what the policy makes of a return, and what else a person has to look at it for.

    Doubts never make a refusal of a grant, and what the rules made of each line stays with it.
    """
    verdict = authorization_of([line.decision for line in ret.lines])
    doubts = doubts_of(ret)
    return (AuthorizationState.IN_REVIEW if doubts and verdict in GRANTED else verdict), doubts


def apply_policy(ret: Return, *, at: datetime) -> Change:
    """Take the policy's decision: grant, deny, or hand the return to a reviewer."""
    verdict, doubts = verdict_on(ret)
    if verdict is AuthorizationState.IN_REVIEW:
        decided = {code for line in ret.lines for code in line.decision.reason_codes}
        codes = sorted({*decided, *doubts})
        waiting = replace(ret, authorization=verdict, authorized_since=at)
        data: dict[str, JsonValue] = {"codes": [*codes]}
        if ret.signals:
            data["signals"] = signals_json(ret)
        return waiting, (Fact("return.review_started", data),)
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
    handover: HandoverMethod | None = None,
    first_by: Actor | None = None,
) -> Change:
    """Authorize some lines and decline the rest; with any granted, a delivery is to be booked.

    ``by`` is ``rule``, ``human`` or ``timeout``; the rule's own result stays in each line.
    ``reasons`` are those of single declined lines; ``reason`` is the others', and that of a grant
    of all. ``handover`` is the way back that a person granted instead of the one that was wished;
    ``first_by`` is who approved it before, where it needed a second person.

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
        decision = ret.line(line_id).decision
        overrides = by == "human" and is_overridden(decision, granted=granted)
        unsaid = granted and partly and not overrides
        why = "" if unsaid else (reasons or {}).get(line_id, reason)
        return LineAuthorization(granted, by, decided_by, at, why, overrides)

    data: dict[str, JsonValue] = {
        "decision": state,
        "by": by,
        "reason": reason,
        "decided_by": decided_by,
        "lines": [_decision_data(line, decided(line.line_id)) for line in ret.lines],
    }
    if any(decided(line.line_id).overrides for line in ret.lines):
        data["overrides"] = True
    if first_by is not None:
        data["approved_first_by"] = str(first_by)
    method = way_granted(ret, line_ids, by=by, chosen=handover)
    is_kept = bool(line_ids) and method is HandoverMethod.KEEP
    answered = "human" if by == "human" else "decision"
    after = replace(
        ret,
        authorization=state,
        authorized_since=at,
        lines=tuple(replace(line, authorization=decided(line.line_id)) for line in ret.lines),
        lots=lots,
        deliveries=() if not line_ids or is_kept else (_first_delivery(ret, method, at),),
    )
    more: tuple[Fact, ...] = ()
    asks_for_gifts = line_ids and not is_kept and not is_by_recipient(ret.request)
    if asks_for_gifts and (gifts := _gifts_to_send(ret, line_ids)):
        data["gifts"] = gifts
    if line_ids and not method.has_label:
        # Nothing is booked that would say it later.
        data["handover"] = method
        if ret.request.ground is Ground.REFUSAL:
            data["came_back"] = True
        else:
            more = tuple(handover_ready(after, delivery) for delivery in after.deliveries)
    if is_kept:
        after, more = kept(after, at=at)
        data["due_on"] = more[0].data["due_on"]
    first = Fact("return.first_response", {"by": answered})
    return after, (Fact("return.decided", data), first, *more)


def _gifts_to_send(ret: Return, line_ids: Sequence[str]) -> list[JsonValue]:
    """Return what came free with the goods and should come too, or else its value is kept back."""
    back = tuple(
        (line.line_id, line.units)
        for line in ret.lines
        if line.line_id in line_ids and line.resolution is not Resolution.EXCHANGE
    )
    return [
        {"title": gift.title, "quantity": gift.quantity, "value_minor": gift.value_minor}
        for gift in gifts_owed(ret.gifts, back)
    ]


def _first_delivery(ret: Return, method: HandoverMethod, at: datetime) -> Delivery:
    return Delivery(
        delivery_id="d1",
        method=method,
        state=first_state(method),
        since=at,
        pickup_window=ret.request.pickup_window if method is HandoverMethod.PICKUP else None,
    )


def _decision_data(line: ReturnLine, decided: LineAuthorization) -> JsonValue:
    decision = line.decision
    overrides: dict[str, JsonValue] = {"overrides": True} if decided.overrides else {}
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
        **overrides,
        **({"claim_open": True} if is_claim_open(decision, line.reason) else {}),
    }
