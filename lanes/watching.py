"""Watches the second year of a world as the product would, and notes what is said when."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from activities.peaks import load_calendars
from domain.arriving import Outlook, outlook
from domain.lanes import Lane, LaneTimes, Observed, Trip, lane_times, observed, on_the_way
from domain.tracking import ScanStatus
from lanes.climate import NORMAL, Climate
from lanes.simulator import Parcel, World, simulate

RULES = ("model", "elapsed", "silence")
"""What warns: the outlook; the time since the first scan as a share of that which was promised; the
hours since the last scan."""

_LOOKS_EVERY = timedelta(hours=6)
_LEARNS_EVERY = timedelta(days=14)
_NEWEST = 1000
_COUNTED_AFTER = timedelta(hours=24)
"""The warehouse counts a parcel, at the latest, so long after a delivery that nobody scanned."""
_HOUR = timedelta(hours=1)


class Rise(NamedTuple):
    """A rule says more of a parcel than it did before, at so many hours before its promise."""

    score: float
    hours_before: float


@dataclass(frozen=True, slots=True)
class Watched:
    """What each of ``RULES`` said of a parcel, as far as it rose.

    ``block`` is the seed and month: parcels of one block share their backlogs and peaks.
    ``days_off`` are the days by which the arrival that was foretold at the first look, and that
    which was promised, are late; ``None`` for a parcel that was lost or never looked at.
    """

    block: tuple[int, int, int]
    is_late: bool
    rises: tuple[tuple[Rise, ...], ...]
    days_off: tuple[int, int] | None

    def warned(self, rule: int, threshold: float) -> float | None:
        """Return how many hours before the promise a rule warns; ``None`` if it never does."""
        for rise in self.rises[rule]:
            if rise.score >= threshold:
                return rise.hours_before
        return None

    def highest(self, rule: int) -> float:
        return self.rises[rule][-1].score if self.rises[rule] else 0.0


def watch(seed: int, *, climate: Climate = NORMAL, per_day: int = 20) -> list[Watched]:
    """Look at every parcel of the second year, at 0, 6, 12 and 18 o'clock, until it is there.

    Each look knows the scans and the past deliveries that were known by then, and no more.
    """
    world = simulate(seed, watched=climate, per_day=per_day)
    past = _Past(world)
    return [
        _watched(seed, parcel, past)
        for parcel in world.parcels
        if parcel.handed_over_at >= world.watched_from
    ]


def _watched(seed: int, parcel: Parcel, past: "_Past") -> Watched:
    looks = list(_times(parcel))
    rises: tuple[list[Rise], ...] = tuple([] for _ in RULES)
    for now in looks:
        before = (parcel.promised_at - now) / _HOUR
        for row, score in zip(rises, _scores(parcel, past, now), strict=True):
            if score > (row[-1].score if row else 0.0):
                row.append(Rise(score, before))
    days_off = None
    if looks and parcel.delivered_at is not None:
        found = past.outlook(_trip(parcel, looks[0]), looks[0])
        expected = found.expected_at if found and found.expected_at else parcel.promised_at
        there = parcel.delivered_at.date()
        days_off = ((expected.date() - there).days, (parcel.promised_at.date() - there).days)
    block = (seed, parcel.handed_over_at.year, parcel.handed_over_at.month)
    return Watched(block, parcel.is_late, tuple(map(tuple, rises)), days_off)


def _times(parcel: Parcel) -> Iterator[datetime]:
    if not parcel.sightings:
        return
    first = parcel.sightings[0].known_at
    now = first.replace(hour=first.hour // 6 * 6, minute=0, second=0) + _LOOKS_EVERY
    end = min(parcel.promised_at, _known_to_be_there(parcel) or parcel.promised_at)
    while now < end:
        yield now
        now += _LOOKS_EVERY


def _known_to_be_there(parcel: Parcel) -> datetime | None:
    for sighting in parcel.sightings:
        if sighting.scan.status is ScanStatus.DELIVERED:
            return sighting.known_at
    return None if parcel.delivered_at is None else parcel.delivered_at + _COUNTED_AFTER


def _scores(parcel: Parcel, past: "_Past", now: datetime) -> tuple[float, ...]:
    trip = _trip(parcel, now)
    way = on_the_way(trip.scans)
    first, last = way[0].occurred_at, way[-1].occurred_at
    found = past.outlook(trip, now)
    breach = found.breach if found and found.breach else 0.0
    elapsed = (now - first) / (parcel.promised_at - first)
    return breach, elapsed, (now - last) / _HOUR


def _trip(parcel: Parcel, now: datetime | None = None) -> Trip:
    return Trip(
        parcel.lane,
        parcel.promised_at,
        tuple(s.scan for s in parcel.sightings if now is None or s.known_at <= now),
    )


class _Past:
    """The newest thousand deliveries of a service that were known, learned from every two weeks."""

    def __init__(self, world: World) -> None:
        self._trips: dict[tuple[str, str], list[tuple[datetime, Observed]]] = {}
        self._learned: dict[tuple[str, str, int], LaneTimes] = {}
        self._from = world.watched_from
        done = [parcel for parcel in world.parcels if parcel.sightings]
        for parcel in sorted(done, key=lambda parcel: parcel.sightings[-1].known_at):
            trips = self._trips.setdefault((parcel.lane.carrier, parcel.lane.service), [])
            trips.append((parcel.sightings[-1].known_at, observed(_trip(parcel), load_calendars())))

    def outlook(self, trip: Trip, now: datetime) -> Outlook | None:
        return outlook(trip, self._times(trip.lane, now), load_calendars(), now=now)

    def _times(self, lane: Lane, now: datetime) -> LaneTimes:
        turn = int((now - self._from) / _LEARNS_EVERY)
        key = (lane.carrier, lane.service, turn)
        if key not in self._learned:
            trips = self._trips[lane.carrier, lane.service]
            until = bisect_left(trips, self._from + turn * _LEARNS_EVERY, key=lambda trip: trip[0])
            newest = trips[max(0, until - _NEWEST) : until]
            self._learned[key] = lane_times(trip for _, trip in newest)
        return self._learned[key]
