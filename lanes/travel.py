"""One parcel's way: when it really is where, in hours since the simulation began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from domain.tracking import ScanStatus
from lanes.climate import Climate
from lanes.network import Route

DAY = 24.0
_PICKED_UP, _ROUND_STARTS = 20.0, 8.0
_TRUCKS = (4.0, 16.0)
_GIVEN_UP = 60 * DAY


@dataclass(frozen=True, slots=True)
class Days:
    """``moving`` says for each day whether carriers work, ``weekday`` of day 0 is Monday's 0."""

    moving: Sequence[bool]
    weekday: int


class Step(NamedTuple):
    status: ScanStatus
    hour: float


class Trip(NamedTuple):
    """``delivered`` is ``None`` for a parcel that was lost, or further away than anybody waits."""

    steps: tuple[Step, ...]
    delivered: float | None


def travel(
    route: Route,
    start: float,
    *,
    days: Days,
    climate: Climate,
    chance: Random,
    backlogs: Mapping[str, Sequence[float]],
) -> Trip:
    """Send a parcel off at ``start``. ``backlogs`` is by facility and day; none is no backlog."""
    steps = [Step(ScanStatus.ACCEPTED, start)]
    lost_after = chance.randrange(1, 6) if chance.random() < climate.lost * route.clumsy else None
    hour = _next(start, (_PICKED_UP,), days)
    for place, facility in enumerate(route.facilities):
        if place:
            hops = len(route.facilities) - 1
            hour += route.line_haul / hops * chance.lognormvariate(0, 0.15)
        else:
            hour += 2 + chance.random()
        steps.append(Step(ScanStatus.IN_TRANSIT, hour))
        hour += _behind(backlogs, facility, hour) * chance.uniform(0.6, 1.4)
        hour += _handling(route, climate, chance)
        if chance.random() < climate.missorted * route.clumsy:
            steps.append(Step(ScanStatus.EXCEPTION, hour))
            hour += climate.missorted_hours * chance.lognormvariate(0, 0.5)
        hour = _next(hour, _TRUCKS, days)
        steps.append(Step(ScanStatus.IN_TRANSIT, hour))
    while True:
        hour = _next(hour, (_ROUND_STARTS,), days, saturday=route.saturday)
        steps.append(Step(ScanStatus.OUT_FOR_DELIVERY, hour))
        hour += chance.triangular(1, 10, 4)
        if chance.random() >= climate.refused * route.clumsy:
            break
        steps.append(Step(ScanStatus.EXCEPTION, hour))
    if lost_after is not None:
        return Trip(tuple(steps[:lost_after]), None)
    if hour - start > _GIVEN_UP:
        return Trip(tuple(step for step in steps if step.hour - start <= _GIVEN_UP), None)
    return Trip((*steps, Step(ScanStatus.DELIVERED, hour)), hour)


def _behind(backlogs: Mapping[str, Sequence[float]], facility: str, hour: float) -> float:
    row = backlogs.get(facility)
    return 0.0 if row is None else row[min(int(hour / DAY), len(row) - 1)]


def _handling(route: Route, climate: Climate, chance: Random) -> float:
    """Return the hours until a parcel is ready for the next truck, bad luck included."""
    hours = route.handling * chance.lognormvariate(0, climate.spread)
    if chance.random() < climate.stuck * route.clumsy:
        hours += climate.stuck_hours * chance.paretovariate(climate.stuck_tail)
    return hours


def _next(hour: float, times: Sequence[float], days: Days, *, saturday: bool = True) -> float:
    """Return the next of these times of day on which something moves."""
    day = int(hour / DAY)
    while True:
        works = day >= len(days.moving) or days.moving[day]
        if works and (saturday or (day + days.weekday) % 7 != 5):
            for time in times:
                if day * DAY + time >= hour:
                    return day * DAY + time
        day += 1
