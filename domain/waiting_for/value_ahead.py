"""What is open because value goes out before its goods: holds, and what they answer for."""

from dataclasses import replace

from domain.lifecycle import LotState
from domain.recovering import gives_back_by_hand, is_asked, is_awaited, recovery_of
from domain.recovery import LotHold, RecoveryState
from domain.returns import Lot, Return
from domain.securing import hold_of
from domain.waiting_for.wait import Waiting, wait_for
from domain.work import WorkKind, hold_work


def value_ahead_waits(ret: Return) -> list[Waiting]:
    return [wait for lot in ret.lots for wait in _advance_waits(ret, lot)]


def _advance_waits(ret: Return, lot: Lot) -> list[Waiting]:
    """Return what is open because the value of a lot goes out before its goods."""
    handling, key, hold, recovery = (
        ret.policy.handling,
        f"lot/{lot.lot_id}",
        hold_of(lot),
        recovery_of(lot),
    )
    found = []
    for work in hold_work(ret, lot):
        code = _HOLD_WORK[work.kind]
        found.append(wait_for(ret, f"work/{work.key}", code, lot.since, handling.parked))
    if recovery is None:
        return found
    ended = (LotState.REPLACEMENT_RESERVED, LotState.REPLACEMENT_SHIPPED, LotState.REPLACED)
    under_way = lot.has_replacement and not lot.is_replaced
    if under_way and lot.state not in ended:
        lasts, late, since = handling.replacement, "replacement_overdue", recovery.given_at
        code = "awaiting_replacement"
        found.append(wait_for(ret, f"{key}/replacement", code, since, lasts, overdue=late))
    if is_awaited(lot) and recovery.since is not None:
        lasts = handling.recovery
        found.append(wait_for(ret, f"{key}/recovery", "awaiting_goods", recovery.since, lasts))
    if is_asked(lot) and recovery.due_since is not None:
        lasts = handling.parked
        due = wait_for(ret, f"{key}/due", "recovery_due", recovery.due_since, lasts)
        # Why no hold answers for it: one that somebody else took was the customer's money, too.
        found.append(replace(due, detail=(hold.failure or "") if hold is not None else ""))
    if gives_back_by_hand(lot):
        lasts = handling.parked
        found.append(wait_for(ret, f"{key}/give-back", "charge_to_give_back", lot.since, lasts))
    if hold is not None and hold.is_open and recovery.state is RecoveryState.OPEN:
        found += _hold_wait(ret, hold, key)
    return found


_HOLD_WORK = {
    WorkKind.HOLD: "placing_hold",
    WorkKind.RENEW: "renewing_hold",
    WorkKind.CAPTURE: "capturing_hold",
    WorkKind.VOID: "releasing_hold",
    WorkKind.GIVE_BACK: "giving_back",
}


def _hold_wait(ret: Return, hold: LotHold, key: str) -> list[Waiting]:
    if hold.failure is not None:
        lasts = ret.policy.handling.parked
        return [wait_for(ret, f"{key}/hold", "hold_not_renewed", hold.since, lasts)]
    if hold.renew_at is None or hold.renewing:
        return []
    since = hold.since
    return [wait_for(ret, f"{key}/hold/{hold.number}", "holding", since, hold.renew_at - since)]
