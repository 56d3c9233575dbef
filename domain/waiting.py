"""What a return waits for, who must act, until when; and what happens when nobody does.

Both are pure functions of the return, so the projection, ``explain`` and the workflow's one timer
all read the same answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.blockers import WAITS, Turn
from domain.disputing import has_disputed_refund
from domain.handover import is_changeable
from domain.lifecycle import AuthorizationState
from domain.returns import Return
from domain.transport import is_withdrawable
from domain.waiting_for.goods import goods_waits
from domain.waiting_for.law import law_waits
from domain.waiting_for.money import money_waits
from domain.waiting_for.parcels import parcel_waits
from domain.waiting_for.reviews import review_waits
from domain.waiting_for.value_ahead import value_ahead_waits
from domain.waiting_for.wait import Waiting, wait_for
from domain.work import WorkKind


def waits(ret: Return) -> tuple[Waiting, ...]:
    """Return everything the return waits for, the most urgent deadline first."""
    found = [
        *review_waits(ret),
        *parcel_waits(ret),
        *goods_waits(ret),
        *value_ahead_waits(ret),
        *money_waits(ret),
        *law_waits(ret),
        *_close_wait(ret),
    ]
    parked = {f"work/{blocker.work}" for blocker in ret.blockers}
    found = [wait for wait in found if wait.key not in parked]
    for blocker in ret.blockers:
        wait = wait_for(ret, f"work/{blocker.work}", blocker.code, blocker.since, timedelta())
        found.append(
            replace(
                wait,
                deadline=blocker.deadline,
                exits=_exits(ret, blocker.work, wait.exits),
                detail=blocker.detail,
                field=blocker.field,
            )
        )
    return tuple(sorted(found, key=lambda wait: (wait.deadline, wait.key)))


def _exits(ret: Return, work: str, exits: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the ways out that trouble of this very work has."""
    is_draft = ret.authorization is AuthorizationState.DRAFT
    kind = work.partition("/")[0]
    booking = kind in (WorkKind.BOOK, WorkKind.COURIER)
    possible = {
        # What was decided stands on facts that are frozen.
        "correct": is_draft,
        "withdraw": is_draft or (booking and is_withdrawable(ret)),
        "change-handover": booking and is_changeable(ret),
        "refund.settled": kind == WorkKind.REFUND,
        "change-tender": bool(ret.policy.fallback_tenders),
    }
    return tuple(way for way in exits if possible.get(way, True))


def shown(waiting: Sequence[Waiting]) -> tuple[Waiting, ...]:
    """Leave out the dates that run quietly; a return shows them as clocks."""
    return tuple(wait for wait in waiting if turn_of(wait) is not Turn.CLOCK)


def next_step(waiting: Sequence[Waiting]) -> Waiting | None:
    """Choose, of waits the most urgent first, the one that says whose turn it is.

    When a hold is renewed or somebody reminded is nobody's step; what they have to do is the next.
    """
    steps = [wait for wait in waiting if turn_of(wait) is Turn.STEP] or waiting
    return steps[0] if steps else None


def first_deadline(waiting: Sequence[Waiting]) -> datetime | None:
    """Return when the first wait, of those the most urgent first, ends; a reminder ends none."""
    ending = (Turn.STEP, Turn.ASIDE)
    return next((wait.deadline for wait in waiting if turn_of(wait) in ending), None)


def turn_of(wait: Waiting) -> Turn:
    return WAITS[wait.code].turn


def missing_wait(since: datetime, deadline: datetime) -> Waiting:
    """Make the one wait that no run can raise: its return has none."""
    kind = WAITS["workflow_missing"]
    return Waiting(
        "run",
        kind.code,
        kind.owner,
        kind.waiting_for,
        since,
        deadline,
        kind.at_deadline,
        kind.exits,
    )


def _close_wait(ret: Return) -> list[Waiting]:
    if ret.completed_at is None or ret.closed or has_disputed_refund(ret):
        return []
    return [wait_for(ret, "close", "awaiting_close", ret.completed_at, ret.policy.handling.dispute)]
