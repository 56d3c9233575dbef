"""Makes a world of parcels from a seed: the same seed gives the same parcels, always."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from domain.lanes import Lane
from domain.tracking import Scan, ScanStatus
from lanes.climate import NORMAL, Climate
from lanes.network import Route, lay_out
from lanes.seasons import REGIONS, Region, intensities, is_working
from lanes.travel import DAY, Days, Step, travel

FIRST_DAY = date(2024, 9, 1)
HISTORY_DAYS = 365
"""The first year is what a merchant has seen when the watch begins; the second is watched."""
_DAYS = 2 * HISTORY_DAYS
_PROMISED_HOUR = 20
_START = datetime.combine(FIRST_DAY, time(), UTC)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A scan, and when we hear of it."""

    scan: Scan
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """``sightings`` are in the order they become known; ``delivered_at`` is the truth.

    ``promised_at`` is the end of the day on which the carrier promised to deliver, counted from the
    hand-over as carriers count: in days on which they work.
    """

    lane: Lane
    region: str
    handed_over_at: datetime
    promised_days: int
    promised_at: datetime
    sightings: tuple[Sighting, ...]
    delivered_at: datetime | None

    @property
    def is_late(self) -> bool:
        return self.delivered_at is None or self.delivered_at > self.promised_at


@dataclass(frozen=True, slots=True)
class World:
    """``watched_from`` is when the first year is over; parcels are in the order of hand-over."""

    seed: int
    watched_from: datetime
    parcels: tuple[Parcel, ...]


def simulate(seed: int, *, watched: Climate = NORMAL, per_day: int = 20) -> World:
    """Return two years of parcels. The first is always normal, ``watched`` is how the second goes.

    All times are UTC, and so are the carriers' days. Raises ValueError for a number below 1.
    """
    if seed < 1 or per_day < 1:
        raise ValueError(f"seed and parcels a day start at 1, found {seed} and {per_day}")
    routes = lay_out(_chance(seed, "layout"))
    days = {region.name: _days(region) for region in REGIONS}
    promises = {route.lane: _promise(route, _chance(seed, _key(route.lane))) for route in routes}
    backlogs = _backlogs(seed, routes, watched)
    weights = [route.weight for route in routes]
    parcels = []
    for day in range(_DAYS):
        climate, chance = _climate(day, watched), _chance(seed, "parcels", day)
        for route in chance.choices(routes, weights, k=per_day):
            start = day * DAY + chance.triangular(8, 20, 16)
            trip = travel(
                route,
                start,
                days=days[route.region.name],
                climate=climate,
                chance=chance,
                backlogs=backlogs,
            )
            promised = promises[route.lane]
            parcels.append(
                Parcel(
                    lane=route.lane,
                    region=route.region.name,
                    handed_over_at=_at(start),
                    promised_days=promised,
                    promised_at=_promised_at(start, promised, days[route.region.name]),
                    sightings=_sightings(trip.steps, route, climate, chance),
                    delivered_at=None if trip.delivered is None else _at(trip.delivered),
                )
            )
    parcels.sort(key=lambda parcel: parcel.handed_over_at)
    return World(seed, _at(HISTORY_DAYS * DAY), tuple(parcels))


def _key(lane: Lane) -> str:
    """Return what a lane's chance is drawn by. Other words would promise other days everywhere."""
    return (
        f"Lane(carrier={lane.carrier!r}, service={lane.service!r}, area={lane.area!r},"
        f" location={lane.location_id!r})"
    )


def _days(region: Region, *, closed: bool = True) -> Days:
    # A little further than the last parcel may travel.
    dates = [FIRST_DAY + timedelta(day) for day in range(_DAYS + 90)]
    moving = [
        is_working(region, day) or (not closed and day.weekday() not in region.rest)
        for day in dates
    ]
    return Days(moving, FIRST_DAY.weekday())


def _promise(route: Route, chance: Random) -> int:
    """Return the days in which the carrier delivers 97 of 100 in weeks without trouble."""
    quiet, taken = _days(route.region, closed=False), []
    for _ in range(100):
        start = _DAYS // 2 * DAY + chance.randrange(21) * DAY + chance.triangular(8, 20, 16)
        trip = travel(route, start, days=quiet, climate=NORMAL, chance=chance, backlogs={})
        if trip.delivered is not None:
            between = range(int(start / DAY) + 1, int(trip.delivered / DAY) + 1)
            taken.append(sum(quiet.moving[day] for day in between))
    return max(1, sorted(taken)[int(len(taken) * 0.97)])


def _promised_at(start: float, promised_days: int, days: Days) -> datetime:
    day = int(start / DAY)
    while promised_days:
        day += 1
        promised_days -= days.moving[day]
    return _at(day * DAY + _PROMISED_HOUR)


def _backlogs(
    seed: int, routes: Sequence[Route], watched: Climate
) -> Mapping[str, Sequence[float]]:
    """Return the hours by which each facility is behind on each day, for all parcels there."""
    peaks = {region.name: _peaks(seed, region, watched) for region in REGIONS}
    behind = {}
    for facility, region in {f: r.region.name for r in routes for f in r.facilities}.items():
        burdened = _chance(seed, facility).lognormvariate(0, 0.5)
        hours, row = 0.0, []
        for day in range(_DAYS):
            climate, chance = _climate(day, watched), _chance(seed, facility, day)
            hours *= climate.backlog_keeps
            peak = climate.peak_hours * peaks[region][day] * burdened
            row.append(hours + peak * chance.lognormvariate(0, 0.3))
            if chance.random() < climate.backlog:
                hours += climate.backlog_hours * chance.paretovariate(climate.backlog_tail)
        behind[facility] = row
    return behind


def _peaks(seed: int, region: Region, watched: Climate) -> list[float]:
    years = (
        intensities(region, FIRST_DAY, _DAYS, climate, _chance(seed, region.name, year))
        for year, climate in enumerate((NORMAL, watched))
    )
    normal, later = years
    return normal[:HISTORY_DAYS] + later[HISTORY_DAYS:]


def _sightings(
    steps: Sequence[Step], route: Route, climate: Climate, chance: Random
) -> tuple[Sighting, ...]:
    seen = []
    for step in steps:
        unseen = climate.scan_lost * route.unscanned
        # The driver's last scan is the one that carriers see to.
        if chance.random() < (unseen / 10 if step.status is ScanStatus.DELIVERED else unseen):
            continue
        late = chance.uniform(2, 14) if chance.random() < climate.scan_late else chance.random() / 2
        seen.append(Sighting(Scan(step.status, _at(step.hour)), _at(step.hour + late)))
    return tuple(sorted(seen, key=lambda sighting: sighting.known_at))


def _climate(day: int, watched: Climate) -> Climate:
    return NORMAL if day < HISTORY_DAYS else watched


def _chance(seed: int, *what: object) -> Random:
    """Return chance of its own for each thing: what one of them draws changes nothing elsewhere."""
    # Chance that is the same everywhere is what is wanted here.
    return Random("/".join(map(str, ("lanes", seed, *what))))  # noqa: S311


def _at(hour: float) -> datetime:
    # Whole seconds, as carriers tell them.
    return _START + timedelta(seconds=int(hour * 3600))
