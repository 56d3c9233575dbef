"""The dates that a law or a promise gives: their warning, their last day, the line behind it."""

from datetime import timedelta

from domain.blockers import WAITS
from domain.clocks import WARNED_BEFORE, Clock, ClockKind, ClockState, clocks, end_of, state_of
from domain.lifecycle import AuthorizationState
from domain.returns import Return
from domain.waiting_for.wait import Waiting


def law_waits(ret: Return) -> list[Waiting]:
    return [_clock_wait(ret, clock) for clock in clocks(ret)]


def _clock_wait(ret: Return, clock: Clock) -> Waiting:
    """Wait for what is next of a clock: its warning, its last day, the line behind it, a day."""
    state, passed = state_of(ret, clock), dict(ret.overdue)
    ends = end_of(clock.due_on, ret.time_zone)
    code, key, deadline = f"{clock.kind}_due", clock.warning_key, ends - WARNED_BEFORE
    if state is not ClockState.RUNNING:
        key, deadline = clock.key, ends
    if state is ClockState.MISSED:
        code, deadline = f"{clock.kind}_past_due", passed[clock.key] + _TOLD_AGAIN
        if clock.limit_on is not None and clock.limit_key not in passed:
            key, deadline = clock.limit_key, end_of(clock.limit_on, ret.time_zone)
    kind = WAITS[code]
    limit = f", at the latest on {clock.limit_on}" if clock.limit_on is not None else ""
    return Waiting(
        key=key,
        code=code,
        owner=kind.owner,
        waiting_for=kind.waiting_for,
        since=clock.since,
        # No date of law moves; once it has passed, ops may want to hear no more of it for a while.
        deadline=ret.extended_to(key, deadline) if state is ClockState.MISSED else deadline,
        at_deadline=kind.at_deadline,
        exits=_exits(ret, clock, kind.exits),
        detail=f"{clock.kind} due on {clock.due_on}{limit} ({clock.basis})",
    )


def _exits(ret: Return, clock: Clock, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Name what brings a date on: of an answer, what the customer does while it is his turn."""
    code = _TURNS.get(ret.authorization) if clock.kind is ClockKind.ANSWER else None
    return usual if code is None else WAITS[code].exits


_TURNS = {
    AuthorizationState.AWAITING_INFO: "awaiting_info",
    AuthorizationState.COUNTER_OFFERED: "offer_open",
}


_TOLD_AGAIN = timedelta(days=1)
