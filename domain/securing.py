"""The card hold behind a replacement that goes out early: placed, renewed, taken or released."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.eligibility import Verdict
from domain.events import Fact
from domain.orders import HoldMethod
from domain.recovering import can_capture, collected, recovery_of
from domain.recovery import NOT_CAPTURED, Advance, LotHold, RecoveryState, Way
from domain.releasing import is_due_early, is_uneven, needs_hold, value_minor
from domain.replacing import declined_early
from domain.requests import Resolution
from domain.returns import Change, Lot, Return

NO_METHOD = "no_hold_method"


def hold_of(lot: Lot) -> LotHold | None:
    return lot.advance.hold if lot.advance is not None else None


def is_to_place(ret: Return, lot: Lot) -> bool:
    if lot.resolution is not Resolution.EXCHANGE or not is_due_early(ret, lot):
        return False
    hold = hold_of(lot)
    return needs_hold(ret, lot) and (hold is None or hold.state == "placing")


def is_to_renew(lot: Lot) -> bool:
    hold, recovery = hold_of(lot), recovery_of(lot)
    wanted = recovery is not None and recovery.state is RecoveryState.OPEN
    return wanted and hold is not None and hold.state == "authorized" and hold.renewing


def is_to_capture(lot: Lot) -> bool:
    return can_capture(lot)


def is_to_void(ret: Return, lot: Lot) -> bool:
    """Say whether money is held, or may be, that secures nothing any more."""
    hold, recovery = hold_of(lot), recovery_of(lot)
    if hold is None or not hold.is_open or (lot.advance and lot.advance.ordering):
        return False
    if recovery is not None:
        return not recovery.is_outstanding
    return not is_due_early(ret, lot)


def is_to_give_back(ret: Return, lot: Lot) -> bool:
    """Say whether a hold took more than the goods left owing, and its refund is not sealed yet."""
    recovery = recovery_of(lot)
    if recovery is None or recovery.way is not Way.HOLD or not recovery.to_give_back_minor:
        return False
    return not any(s.gives_back == lot.lot_id for s in ret.settlements)


def method_for(ret: Return, lot_id: str) -> HoldMethod | None:
    """Return what may be held for a lot, if anything.

    A method without a payer is one approved authorization: it secures one lot and no other.
    """
    method = ret.hold_method
    others = any(hold_of(lot) for lot in ret.lots if lot.lot_id != lot_id)
    return None if method is not None and not method.payer_ref and others else method


def lots_that_can_be_secured(ret: Return, lots: Iterable[Lot]) -> tuple[Lot, ...]:
    """Return those of an exchange's ``lots`` that nothing keeps from going out early.

    It is a forecast, before any of it is approved: see :func:`method_for`.
    """
    held = [lot for lot in ret.lots if _may_be_held(ret, lot)]
    method = ret.hold_method
    if method is not None and method.payer_ref:
        return tuple(lots)
    unsecured = held if method is None else held[1:]
    return tuple(lot for lot in lots if lot not in unsecured)


def _may_be_held(ret: Return, lot: Lot) -> bool:
    rejected = ret.line(lot.line_id).decision.verdict is Verdict.REJECT
    exchanged = lot.resolution is Resolution.EXCHANGE and not is_uneven(ret, lot)
    return exchanged and not rejected and needs_hold(ret, lot)


def placing(ret: Return, lot_id: str, *, at: datetime) -> Return:
    """Note that money is about to be held for a lot."""
    lot = ret.lot(lot_id)
    advance = lot.advance or Advance()
    if advance.hold is not None:
        return ret
    return _with(ret, lot, LotHold(value_minor(ret, lot), since=at))


def placed(
    ret: Return, lot_id: str, *, expires_at: datetime | None, renew_at: datetime | None
) -> Change:
    lot, hold = ret.lot(lot_id), _hold(ret, lot_id)
    stands = replace(hold, state="authorized", expires_at=expires_at, renew_at=renew_at)
    return _with(ret, lot, stands), (_fact("hold.placed", ret, lot_id, stands),)


def not_placed(ret: Return, lot_id: str, failure: str) -> Change:
    """No money is held: the replacement waits for the goods."""
    lot, hold = ret.lot(lot_id), hold_of(ret.lot(lot_id))
    facts: tuple[Fact, ...] = ()
    if hold is not None:
        ended = replace(hold, state="ended", failure=failure)
        ret, facts = _with(ret, lot, ended), (_fact("hold.refused", ret, lot_id, ended),)
    if not is_due_early(ret, lot):
        return ret, facts
    reason = NO_METHOD if hold is None else "hold_refused"
    ret, more = declined_early(ret, lot_id, reason)
    return ret, (*facts, *more)


def to_renew(ret: Return, lot_id: str) -> Return:
    """The time has come: the hold is renewed before the provider lets go of it."""
    return _with(ret, ret.lot(lot_id), replace(_hold(ret, lot_id), renewing=True))


def renewed(
    ret: Return, lot_id: str, number: int, *, expires_at: datetime | None, renew_at: datetime | None
) -> Change:
    lot = ret.lot(lot_id)
    stands = replace(
        _hold(ret, lot_id),
        number=number,
        expires_at=expires_at,
        renew_at=renew_at,
        renewing=False,
    )
    return _with(ret, lot, stands), (_fact("hold.renewed", ret, lot_id, stands),)


def not_renewed(ret: Return, lot_id: str, failure: str) -> Change:
    """The hold stands until its end, and finance is told: nothing secures the lot after it."""
    lot = ret.lot(lot_id)
    stands = replace(_hold(ret, lot_id), renewing=False, renew_at=None, failure=failure)
    return _with(ret, lot, stands), (_fact("hold.renewal_refused", ret, lot_id, stands),)


def captured(ret: Return, lot_id: str, minor: int) -> Change:
    """The value that is due was taken; what is left of the hold is released."""
    lot = ret.lot(lot_id)
    taken = replace(_hold(ret, lot_id), state="captured")
    after = _with(ret, lot, taken)
    told = _fact("hold.captured", ret, lot_id, replace(taken, amount_minor=minor))
    after, facts = collected(after, lot_id, minor, Way.HOLD)
    return after, (told, *facts)


def not_captured(ret: Return, lot_id: str, *, is_over: bool, failure: str = NOT_CAPTURED) -> Change:
    """The hold cannot be taken: a person decides. One that is not over stands until then."""
    lot = ret.lot(lot_id)
    state = "ended" if is_over else "authorized"
    left = replace(_hold(ret, lot_id), state=state, failure=failure)
    return _with(ret, lot, left), (_fact("hold.not_captured", ret, lot_id, left),)


def released(ret: Return, lot_id: str) -> Change:
    lot = ret.lot(lot_id)
    ended = replace(_hold(ret, lot_id), state="ended")
    return _with(ret, lot, ended), (_fact("hold.released", ret, lot_id, ended),)


def _hold(ret: Return, lot_id: str) -> LotHold:
    hold = hold_of(ret.lot(lot_id))
    assert hold is not None
    return hold


def _with(ret: Return, lot: Lot, hold: LotHold) -> Return:
    return ret.with_lots(replace(lot, advance=replace(lot.advance or Advance(), hold=hold)))


def _fact(event: str, ret: Return, lot_id: str, hold: LotHold) -> Fact:
    return Fact(
        event,
        {
            "lot_id": lot_id,
            "number": hold.number,
            "amount_minor": hold.amount_minor,
            "currency": ret.currency,
            "expires_at": hold.expires_at.isoformat() if hold.expires_at else None,
            "failure": hold.failure,
        },
    )
