"""What was observed on a lane: how long parcels stood at each stage, and how far it still was."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.peaks import EVERY_DAY, Calendar, moving_hours
from domain.tracking import Scan, ScanStatus

_MOVING = frozenset(
    {
        ScanStatus.ACCEPTED,
        ScanStatus.IN_TRANSIT,
        ScanStatus.OUT_FOR_DELIVERY,
        ScanStatus.AVAILABLE_FOR_PICKUP,
        ScanStatus.EXCEPTION,
        ScanStatus.DELIVERED,
    }
)
_MOST_HUBS = 6
_NEWEST = 400


@dataclass(frozen=True, slots=True)
class Lane:
    """From an area (:func:`area_of`) to a receiving location, by one service of one carrier."""

    carrier: str
    service: str
    area: str
    location_id: str

    @property
    def region(self) -> str:
        """The country of the area: whose peak calendar holds."""
        return region_of(self.area)


def area_of(country: str, postal_code: str) -> str:
    """Return the country and the first two characters of the postal code: some thousand homes."""
    return f"{country}-{postal_code.strip()[:2].upper()}"


def region_of(area: str) -> str:
    return area.partition("-")[0]


@dataclass(frozen=True, slots=True)
class Trip:
    """A parcel as far as it came. Scans may be in any order."""

    lane: Lane
    promised_at: datetime | None
    scans: tuple[Scan, ...]


class Stage(NamedTuple):
    """Where a parcel was last seen; ``hubs`` counts its scans between, at most six."""

    status: ScanStatus
    hubs: int


class Stay(NamedTuple):
    """At a stage: the hours until the next scan, and those until the delivery."""

    waited: float
    left: float


@dataclass(frozen=True, slots=True)
class Observed:
    """What a trip teaches; ``promised`` are its hours from first scan to promise, 0 without one."""

    lane: Lane
    promised: float
    stays: tuple[tuple[Stage, Stay], ...]


@dataclass(frozen=True, slots=True)
class Stays:
    """The stays of one stage, both rows in the order of how long parcels stood there."""

    waits: tuple[float, ...] = ()
    lefts: tuple[float, ...] = ()

    def still_there(self, silent: float) -> Sequence[float]:
        """Return how far it still was, counted from the scan, for all who stood that long."""
        return self.lefts[bisect_left(self.waits, silent) :]


_NONE = Stays()


@dataclass(frozen=True, slots=True)
class LaneTimes:
    """What was observed of one service of a carrier, in usual hours (:mod:`domain.peaks`).

    ``shares`` are of all its lanes together, where hours are shares of the time that was promised.
    """

    hours: Mapping[tuple[Lane, Stage], Stays]
    shares: Mapping[Stage, Stays]

    def on_lane(self, lane: Lane, stage: Stage) -> Stays:
        return self.hours.get((lane, stage), _NONE)

    def on_any(self, stage: Stage) -> Stays:
        return self.shares.get(stage, _NONE)


def observed(trip: Trip, calendars: Mapping[str, Calendar]) -> Observed:
    """Measure a trip. One without a delivery teaches nothing: nobody knows how far it still was."""
    calendar = calendars.get(trip.lane.region, EVERY_DAY)
    way = on_the_way(trip.scans)
    promised = promised_hours(way, trip.promised_at, calendar)
    return Observed(trip.lane, promised, _stays(way, calendar))


def lane_times(trips: Iterable[Observed]) -> LaneTimes:
    """Gather the stays of one service's trips, which come oldest first.

    Of each stage the newest 400 count. A trip without a promise teaches its lane alone.
    """
    hours: dict[tuple[Lane, Stage], list[Stay]] = {}
    shares: dict[Stage, list[Stay]] = {}
    for trip in trips:
        for stage, stay in trip.stays:
            hours.setdefault((trip.lane, stage), []).append(stay)
            if trip.promised:
                share = Stay(stay.waited / trip.promised, stay.left / trip.promised)
                shares.setdefault(stage, []).append(share)
    return LaneTimes(
        {key: _by_length(stays[-_NEWEST:]) for key, stays in hours.items()},
        {stage: _by_length(stays[-_NEWEST:]) for stage, stays in shares.items()},
    )


def _by_length(stays: Iterable[Stay]) -> Stays:
    ordered = sorted(stays)
    return Stays(tuple(stay.waited for stay in ordered), tuple(stay.left for stay in ordered))


def on_the_way(scans: Iterable[Scan]) -> list[Scan]:
    """Return the scans that say where a parcel is, oldest first."""
    return sorted(
        (scan for scan in scans if scan.status in _MOVING),
        key=lambda scan: (scan.occurred_at, scan.status),
    )


def stage_of(way: Sequence[Scan]) -> Stage:
    """Return the stage that these scans, oldest first and at least one, have led to."""
    hubs = sum(scan.status is ScanStatus.IN_TRANSIT for scan in way)
    last = way[-1].status
    return Stage(last, min(hubs, _MOST_HUBS) if last is ScanStatus.IN_TRANSIT else 0)


def promised_hours(way: Sequence[Scan], promised_at: datetime | None, calendar: Calendar) -> float:
    """Return the usual hours from the first scan to the promise; 0 where nothing was promised."""
    if promised_at is None or not way:
        return 0.0
    return moving_hours(calendar, way[0].occurred_at, promised_at)


def _stays(way: Sequence[Scan], calendar: Calendar) -> tuple[tuple[Stage, Stay], ...]:
    ends = [scan.occurred_at for scan in way if scan.status is ScanStatus.DELIVERED]
    if not ends:
        return ()
    way = [scan for scan in way if scan.occurred_at < ends[0]]
    nexts = [*(scan.occurred_at for scan in way[1:]), ends[0]]
    return tuple(
        (
            stage_of(way[: place + 1]),
            Stay(
                moving_hours(calendar, scan.occurred_at, until),
                moving_hours(calendar, scan.occurred_at, ends[0]),
            ),
        )
        for place, (scan, until) in enumerate(zip(way, nexts, strict=True))
    )
