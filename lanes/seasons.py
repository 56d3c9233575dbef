"""The simulated year: on which days nothing moves, and when a region has its peaks."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from lanes.climate import Climate


@dataclass(frozen=True, slots=True)
class Peak:
    """A nominal peak: it rises to its height at ``top`` and is over ``falls`` days after it."""

    top: date
    rises: int
    falls: int
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class Region:
    """``rest`` are weekdays on which no carrier of the region moves anything, Monday is 0."""

    name: str
    rest: frozenset[int]
    closed: frozenset[date]
    peaks: tuple[Peak, ...]


def _each(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days) for days in range((last - first).days + 1))


# US federal holidays that private carriers keep as well: opm.gov/policy-data-oversight/pay-leave/
# federal-holidays. CN: the Spring Festival weeks of gov.cn's yearly notice, in which most couriers
# run short; here they rest for its first four days. The tops are the days before Christmas, the
# shopping days 18 June and 11 November, and for returns the weeks after Christmas (assumed).
REGIONS = (
    Region(
        "US",
        rest=frozenset({6}),
        closed=frozenset(
            {
                *(date(2024, 9, 2), date(2024, 11, 28), date(2024, 12, 25), date(2025, 1, 1)),
                *(date(2025, 5, 26), date(2025, 7, 4), date(2025, 9, 1), date(2025, 11, 27)),
                *(date(2025, 12, 25), date(2026, 1, 1), date(2026, 5, 25), date(2026, 7, 4)),
            }
        ),
        peaks=(
            Peak(date(2024, 12, 16), rises=18, falls=10),
            Peak(date(2025, 1, 4), rises=8, falls=12, height=0.7),
            Peak(date(2025, 12, 15), rises=18, falls=11),
            Peak(date(2026, 1, 5), rises=9, falls=12, height=0.7),
        ),
    ),
    Region(
        "CN",
        rest=frozenset(),
        closed=_each(date(2025, 1, 28), date(2025, 1, 31))
        | _each(date(2026, 2, 16), date(2026, 2, 19)),
        peaks=(
            Peak(date(2024, 11, 13), rises=10, falls=8),
            Peak(date(2025, 1, 24), rises=12, falls=3, height=0.6),
            Peak(date(2025, 6, 20), rises=12, falls=8, height=0.8),
            Peak(date(2025, 11, 13), rises=10, falls=8),
            Peak(date(2026, 2, 12), rises=12, falls=3, height=0.6),
            Peak(date(2026, 6, 20), rises=12, falls=8, height=0.8),
        ),
    ),
)


def is_working(region: Region, day: date) -> bool:
    return day.weekday() not in region.rest and day not in region.closed


def intensities(
    region: Region, first: date, days: int, climate: Climate, chance: Random
) -> list[float]:
    """Return for each day how high the peaks really stand: early or late, and higher or lower."""
    real = [
        (
            (peak.top - first).days + chance.gauss(0, climate.peak_moves_days),
            peak.rises * climate.peak_days,
            peak.falls * climate.peak_days,
            peak.height * chance.lognormvariate(0, 0.25),
        )
        for peak in region.peaks
    ]
    return [max(_at(day, *peak) for peak in real) for day in range(days)]


def _at(day: int, top: float, rises: float, falls: float, height: float) -> float:
    away = (top - day) / rises if day < top else (day - top) / falls
    return height * max(0.0, 1 - away * away)
