"""From value that went out early to its end: discharged, collected, written off or given back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.lifecycle import DeliveryState, LotState
from domain.recovery import NOT_CAPTURED, Advance, Recovery, RecoveryState, Way
from domain.returns import Change, Lot, Return
from domain.triggers import RecoveryWay

_S = RecoveryState
OUTCOMES = ("charged", "collections", "written_off", "given_back")
"""What a person may say of a recovery; ``given_back`` is of a charge that no hold took."""


def recovery_of(lot: Lot) -> Recovery | None:
    return lot.advance.recovery if lot.advance is not None else None


def is_awaited(lot: Lot) -> bool:
    """Say whether the time runs for a lot whose value went out and whose goods are not here."""
    recovery = recovery_of(lot)
    away = lot.state in (LotState.AUTHORIZED, LotState.IN_TRANSIT, LotState.MISSING)
    return (
        recovery is not None and recovery.state is _S.OPEN and away and recovery.since is not None
    )


def is_asked(lot: Lot) -> bool:
    """Say whether a person decides how value that is due comes back: no hold can be taken."""
    recovery = recovery_of(lot)
    return recovery is not None and recovery.state is _S.DUE and not can_capture(lot)


def can_capture(lot: Lot) -> bool:
    """Say whether the hold of a lot whose value is due is to be taken."""
    recovery, hold = recovery_of(lot), lot.advance.hold if lot.advance else None
    if recovery is None or recovery.state is not _S.DUE or hold is None:
        return False
    return hold.state == "authorized" and hold.failure != NOT_CAPTURED


def gives_back_by_hand(lot: Lot) -> bool:
    """Say whether a charge is to be given back that was made past us."""
    recovery = recovery_of(lot)
    return recovery is not None and recovery.to_give_back_minor > 0 and recovery.way is not Way.HOLD


def opened(ret: Return, lot: Lot, value_minor: int, *, at: datetime) -> Return:
    """Lay the duty on a lot whose value has gone out; its time does not run yet."""
    advance = replace(lot.advance or Advance(), ordering=False)
    new = Recovery(value_minor=value_minor, given_at=at)
    return ret.with_lots(replace(lot, advance=replace(advance, recovery=new)))


def started(ret: Return, lot_ids: Sequence[str], *, at: datetime) -> Change:
    """Let the time run by which the goods of these lots have to be here; repeats change nothing.

    What goes out together is one fact, so that the customer reads one date.
    """
    value, lots = 0, []
    for lot in map(ret.lot, lot_ids):
        recovery = recovery_of(lot)
        if recovery is not None and recovery.since is None and recovery.state is _S.OPEN:
            ret = _with(ret, lot, replace(recovery, since=at))
            value += recovery.value_minor
            lots.append(lot)
    if not lots:
        return ret, ()
    replacement, advance = lots[0].replacement, lots[0].advance
    told: dict[str, JsonValue] = {
        "lot_ids": [lot.lot_id for lot in lots],
        "resolution": lots[0].resolution,
        "value_minor": value,
        "currency": ret.currency,
        "deadline": (at + ret.policy.handling.recovery).isoformat(),
        "tracking_code": replacement.tracking_code if replacement else None,
        "by_hold": advance is not None and advance.hold is not None,
    }
    return ret, (Fact("recovery.opened", told),)


def judged(ret: Return, lot_id: str, owed_minor: int, reason: str, *, at: datetime) -> Change:
    """Take in what the goods of a lot leave owing: nothing, a deduction, or all of its value."""
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    if recovery is None:
        return ret, ()
    known = replace(recovery, owed_minor=min(owed_minor, recovery.value_minor))
    ret = _with(ret, lot, known)
    if recovery.is_outstanding:
        return _owe(ret, lot_id, known.owed_minor or 0, reason, at)
    if recovery.state is _S.WRITTEN_OFF and not known.owed_minor:
        return _end(ret, lot_id, _S.DISCHARGED, reason)
    return ret, ()


def not_returned(ret: Return, lot_id: str, reason: str, *, at: datetime) -> Change:
    """The goods stayed away: their value is due, unless the customer did his part.

    A parcel that the carrier took with our label and lost is ours to claim (edge 37).
    """
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    lost = lot.state is LotState.IN_TRANSIT and not any(
        d.state is DeliveryState.RETURNED_TO_SENDER for d in ret.inbound
    )
    ret = ret.with_lots(lot.moved(LotState.NOT_RETURNED, at))
    if recovery is None or not recovery.is_outstanding:
        return ret, ()
    if lost:
        return _end(ret, lot_id, _S.WRITTEN_OFF, "lost_with_our_label")
    return _owe(ret, lot_id, recovery.value_minor, reason, at)


def _owe(ret: Return, lot_id: str, minor: int, reason: str, at: datetime) -> Change:
    if not minor:
        return _end(ret, lot_id, _S.DISCHARGED, reason)
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    assert recovery is not None
    ret = _with(
        ret,
        lot,
        replace(recovery, state=_S.DUE, due_minor=minor, due_since=at, reason=reason),
    )
    facts = (_fact("recovery.due", ret, lot_id, {"reason": reason, "due_minor": minor}),)
    if ret.policy.release.recovery is RecoveryWay.WRITE_OFF:
        ret, more = _end(ret, lot_id, _S.WRITTEN_OFF, reason)
        return ret, (*facts, *more)
    return ret, facts


def _end(ret: Return, lot_id: str, state: RecoveryState, reason: str) -> Change:
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    assert recovery is not None
    ret = _with(ret, lot, replace(recovery, state=state, reason=reason))
    return ret, (_fact(_ENDS[state], ret, lot_id, {"reason": reason}),)


_ENDS = {_S.DISCHARGED: "recovery.discharged", _S.WRITTEN_OFF: "recovery.written_off"}


def collected(ret: Return, lot_id: str, minor: int, way: Way, *, proof: str = "") -> Change:
    """Note that value was charged; what the goods left owing less of is to be given back."""
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    if recovery is None or recovery.state is _S.COLLECTED:
        return ret, ()
    after = replace(recovery, state=_S.COLLECTED, way=way, collected_minor=minor)
    ret = _with(ret, lot, after)
    said: dict[str, JsonValue] = {"amount_minor": minor, "way": way, "proof": proof}
    return ret, (_fact("recovery.collected", ret, lot_id, said),)


def given_back(ret: Return, lot_id: str, *, proof: str = "") -> Change:
    """Note that what was charged too much is with the customer again."""
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    if recovery is None or not recovery.to_give_back_minor:
        return ret, ()
    said: dict[str, JsonValue] = {"amount_minor": recovery.to_give_back_minor, "proof": proof}
    ret = _with(ret, lot, replace(recovery, state=_S.GIVEN_BACK))
    return ret, (_fact("recovery.given_back", ret, lot_id, said),)


def check_resolution(ret: Return, lot_id: str, outcome: str, reason: str, proof: str) -> None:
    """Raise unless a person may end the recovery of a lot so.

    Raises:
        RefusedError: no such lot, nothing for a person to decide, an unknown outcome, or one
            without its reason or proof.
    """
    try:
        lot = ret.lot(lot_id)
    except KeyError:
        raise RefusedError("lot_not_found", f"no lot {lot_id!r}", field="lot_id") from None
    if outcome not in OUTCOMES:
        wanted = ", ".join(OUTCOMES)
        raise RefusedError("invalid_request", f"wanted one of {wanted}", field="outcome")
    if not reason:
        raise RefusedError("invalid_request", "a decision needs its reason", field="reason")
    if outcome != "written_off" and not proof:
        raise RefusedError("invalid_request", f"{outcome} needs its proof", field="proof")
    possible = gives_back_by_hand(lot) if outcome == "given_back" else is_decidable(lot)
    if not possible:
        raise RefusedError(
            "command_not_allowed", f"nothing of lot {lot_id} is to be {outcome}", field="lot_id"
        )


def is_decidable(lot: Lot) -> bool:
    """Say whether a person may collect or write off: it is due, or its hold cannot be renewed."""
    hold = lot.advance.hold if lot.advance else None
    lapsing = is_awaited(lot) and hold is not None and hold.failure is not None
    return is_asked(lot) or lapsing


def resolve(
    ret: Return, lot_id: str, outcome: str, *, reason: str, proof: str, at: datetime
) -> Change:
    """End a recovery as a person decided: its goods are awaited no more, though they may come."""
    lot = ret.lot(lot_id)
    recovery = recovery_of(lot)
    assert recovery is not None
    if outcome == "given_back":
        return given_back(ret, lot_id, proof=proof)
    if is_awaited(lot):
        ret = ret.with_lots(lot.moved(LotState.NOT_RETURNED, at))
    if outcome == "written_off":
        return _end(ret, lot_id, _S.WRITTEN_OFF, reason)
    way = Way.CONSENT if outcome == "charged" else Way.COLLECTIONS
    return collected(ret, lot_id, recovery.due_minor or recovery.value_minor, way, proof=proof)


def is_resolvable(ret: Return) -> bool:
    return any(is_decidable(lot) or gives_back_by_hand(lot) for lot in ret.lots)


def _with(ret: Return, lot: Lot, recovery: Recovery) -> Return:
    assert lot.advance is not None
    return ret.with_lots(replace(lot, advance=replace(lot.advance, recovery=recovery)))


def _fact(event: str, ret: Return, lot_id: str, said: dict[str, JsonValue]) -> Fact:
    return Fact(event, {"lot_id": lot_id, "currency": ret.currency, **said})
