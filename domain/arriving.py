"""When a parcel will arrive, how likely it breaks its promise, and whether to say so now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median

from domain.lanes import LaneTimes, Trip, on_the_way, promised_hours, stage_of
from domain.peaks import EVERY_DAY, Calendar, moving_hours, when_moved
from domain.tracking import HANDED_OVER, ScanStatus

WARN_AT = 0.84
"""The probability of a broken promise from which a warning is worth it.

``make lanes`` chooses it: on the validation seeds two of a hundred parcels that come in time are
warned of with it (docs/reliability.md).
"""

_LANE_NEEDS = 8
"""So many stays on other lanes count as much as what is known of the service."""
_SERVICE_NEEDS = 3
"""The same for the service, against the rule that what was silent long will be so as long again."""


class Basis(StrEnum):
    """What an outlook rests on, for the most part."""

    LANE = "lane"
    SERVICE = "service"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Outlook:
    """``expected_at`` is as likely too early as too late; ``None`` when nothing is known.

    ``breach`` is the probability, 0 to 1, that the promise breaks; ``None`` without a promise.
    ``warn`` is only ever said before it does.
    """

    expected_at: datetime | None
    breach: float | None
    warn: bool
    basis: Basis


def outlook(
    trip: Trip,
    times: LaneTimes,
    calendars: Mapping[str, Calendar],
    *,
    now: datetime,
    warn_at: float = WARN_AT,
) -> Outlook | None:
    """Foretell the end of a parcel's trip from what became of those that stood where it stands.

    Of all parcels that were last seen at the same stage and had been silent for as long, those
    count that came after this one's promise: of the same lane, filled up with the service's other
    lanes where those are few, and these with a rule of thumb. ``None`` for a parcel that was not
    handed over yet, has arrived or goes back to its sender.
    """
    known = {scan.status for scan in trip.scans}
    if known & _OVER or not known & HANDED_OVER:
        return None
    way = on_the_way(trip.scans)
    calendar = calendars.get(trip.lane.region, EVERY_DAY)
    seen, stage = way[-1].occurred_at, stage_of(way)
    silent = moving_hours(calendar, seen, now)
    promised = promised_hours(way, trip.promised_at, calendar)
    here = times.on_lane(trip.lane, stage).still_there(silent)
    # Hours of other lanes are told as shares of their own promise.
    elsewhere = times.on_any(stage).still_there(silent / promised) if promised else ()
    basis, left = Basis.PROMISE, None
    if len(here) >= _LANE_NEEDS or (here and not elsewhere):
        basis, left = Basis.LANE, median(here)
    elif elsewhere:
        basis, left = Basis.SERVICE, median(elsewhere) * promised
    expected = trip.promised_at if left is None else when_moved(calendar, seen, left)
    expected_at = None if expected is None else max(expected, now)
    if trip.promised_at is None:
        return Outlook(expected_at, None, warn=False, basis=basis)
    if now >= trip.promised_at:
        return Outlook(expected_at, 1.0, warn=False, basis=basis)
    slack = moving_hours(calendar, seen, trip.promised_at)
    # Lindy's rule: what was silent for a time is silent for twice that in half of all cases.
    breach = silent / slack if silent else 0.0
    if promised:
        breach = _filled(elsewhere, slack / promised, breach, _SERVICE_NEEDS)
    breach = _filled(here, slack, breach, _LANE_NEEDS)
    return Outlook(expected_at, breach, warn=breach >= warn_at, basis=basis)


_OVER = frozenset({ScanStatus.DELIVERED, ScanStatus.RETURNED_TO_SENDER})


def _filled(lefts: Sequence[float], slack: float, other: float, needs: int) -> float:
    """Return the share that takes longer than ``slack``, filled up with ``other`` where few are."""
    late = len([left for left in lefts if left > slack])
    return (late + needs * other) / (len(lefts) + needs)
