"""Dates that a law or a promise gives: counted from what happened, warned of before they pass.

A clock is there while its date is known and what it asks for was not done. It is warned of two days
before, told as missed when its last day is over, and again when a second line behind it is.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.due import due_on, events_of, limit_on
from domain.law.schema import DueKind
from domain.lifecycle import GRANTED, UNDER_REVIEW, AuthorizationState, LogisticsState, LotState
from domain.returns import Lot, Return

WARNED_BEFORE = timedelta(days=2)
_UNDECIDED = UNDER_REVIEW | {AuthorizationState.REQUESTED}
_OWED = (
    LotState.AUTHORIZED,
    LotState.IN_TRANSIT,
    LotState.LOST,
    LotState.KEPT,
    LotState.RECEIVED,
    LotState.ACCEPTED,
    LotState.PARTIALLY_ACCEPTED,
    LotState.REFUND_PENDING,
    LotState.REFUND_BLOCKED,
)


class ClockKind(StrEnum):
    """ANSWER: the request is to be decided. REFUND: the money is to be back.

    ADDRESS: the customer is to be told where the goods go that were granted in time.
    """

    ANSWER = "answer"
    ADDRESS = "address"
    REFUND = "refund"


class ClockState(StrEnum):
    RUNNING = "running"
    WARNED = "warned"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Clock:
    """``due_on`` is the last local day, ``limit_on`` a second one with consequences of its own.

    ``basis`` is what the date is: STATUTORY, PENALTY_LIMIT or PROMISE.
    """

    kind: ClockKind
    due_on: date
    basis: str
    since: datetime
    lot_ids: tuple[str, ...] = ()
    limit_on: date | None = None

    @property
    def key(self) -> str:
        return f"clock/{self.kind}/{self.due_on}"

    @property
    def warning_key(self) -> str:
        return f"{self.key}/warning"

    @property
    def limit_key(self) -> str:
        return f"{self.key}/limit"


def clocks(ret: Return) -> tuple[Clock, ...]:
    """Return the clocks that run, the earliest of each kind first."""
    if ret.closed:
        return ()
    if ret.authorization in _UNDECIDED:
        return _answer(ret)
    if ret.authorization not in GRANTED:
        return ()
    return (*_address(ret), *_refunds(ret))


def state_of(ret: Return, clock: Clock) -> ClockState:
    passed = {key for key, _ in ret.overdue}
    if clock.key in passed:
        return ClockState.MISSED
    return ClockState.WARNED if clock.warning_key in passed else ClockState.RUNNING


def end_of(day: date, time_zone: str) -> datetime:
    """Return the end of a local day, in UTC: the last day counts as a whole."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone)).astimezone(UTC)


def within_law(ret: Return, since: datetime, lasts: timedelta) -> timedelta:
    """Return how long a customer may take with what was asked at ``since``: ``lasts``, or less.

    A law that wants the request answered by a day does not wait for the customer: half of what it
    leaves is the reviewer's. A day that was over before leaves nothing to share.
    """
    left = [end_of(clock.due_on, ret.time_zone) - since for clock in _answer(ret)]
    return min([lasts, *(one / 2 for one in left if one > timedelta())])


def _address(ret: Return) -> tuple[Clock, ...]:
    """A grant without the address, on a first label that is still to be booked, is half an answer.

    One that came too late has missed its day already.
    """
    is_first = all(one.label_url is None and one.replaces is None for one in ret.inbound)
    if not is_first or ret.logistics is not LogisticsState.LABEL_PENDING:
        return ()
    return tuple(
        replace(clock, kind=ClockKind.ADDRESS)
        for clock in _answer(ret)
        if ret.authorized_since < end_of(clock.due_on, ret.time_zone)
    )


def _answer(ret: Return) -> tuple[Clock, ...]:
    days = [line.decision.answer_by for line in ret.lines if line.decision.answer_by is not None]
    if not days:
        return ()
    return (Clock(ClockKind.ANSWER, min(days), DueKind.PENALTY_LIMIT, ret.requested_at),)


def _refunds(ret: Return) -> tuple[Clock, ...]:
    found: dict[date, list[tuple[Lot, str, date | None]]] = {}
    for lot in ret.lots:
        terms = ret.line(lot.line_id).terms
        if terms is None or not _is_owed(lot):
            continue
        events = events_of(ret, lot)
        if (day := due_on(terms, events)) is not None:
            row = (lot, terms.refund_due_kind, limit_on(terms, events))
            found.setdefault(day, []).append(row)
    return tuple(_refund(ret, day, found[day]) for day in sorted(found))


def _refund(ret: Return, day: date, rows: list[tuple[Lot, str, date | None]]) -> Clock:
    limits = [limit for _, _, limit in rows if limit is not None]
    return Clock(
        ClockKind.REFUND,
        day,
        rows[0][1],
        ret.authorized_since,
        tuple(lot.lot_id for lot, _, _ in rows),
        min(limits, default=None),
    )


def _is_owed(lot: Lot) -> bool:
    """Money is owed for goods that were granted, until all of it is back."""
    return lot.resolution.pays_back and lot.state in _OWED
