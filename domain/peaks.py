"""The peak calendar: on which days a region's carriers rest, and on which they are slower."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from domain.pack_reading import At

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_LONGEST_PEAK_DAYS = 120
_LONGEST_REST_DAYS = 400


_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one region, as UTC counts them.

    ``paces`` are the days that differ: 0 on a holiday, 0.8 in a peak in which as much is done in
    a day as otherwise in 0.8 of one. On weekdays of ``rest`` nothing moves, whatever the date.
    """

    rest: frozenset[int] = frozenset()
    paces: Mapping[date, float] = field(default_factory=dict)

    def pace(self, day: date) -> float:
        return 0.0 if day.weekday() in self.rest else self.paces.get(day, 1.0)


EVERY_DAY = Calendar()
"""Of a region that no calendar is kept for: every day is like the others."""


def parse_calendars(data: object) -> Mapping[str, Calendar]:
    """Read the file of calendars, by region.

    Raises:
        PolicyError: with the path of what is missing, unknown, twice or against the calendar.
    """
    top = At("", {"calendars": data}).table("calendars")
    top.only("regions", "sources")
    top.texts("sources")
    regions = top.table("regions")
    return {name: _calendar(regions.table(name)) for name in regions.data}


def _calendar(at: At) -> Calendar:
    at.only("rest", "closed", "peaks")
    rest = set()
    for index, name in enumerate(at.texts("rest")):
        if name not in _WEEKDAYS:
            raise at.error(f"rest[{index}]", f"wanted a weekday such as SUNDAY, found {name!r}")
        rest.add(_WEEKDAYS.index(name))
    if len(rest) == len(_WEEKDAYS):
        raise at.error("rest", "wanted a weekday on which something moves")
    paces: dict[date, float] = {}
    for peak in at.tables("peaks"):
        peak.only("from", "to", "slower_percent")
        percent, first, last = peak.number("slower_percent"), peak.day("from"), peak.day("to")
        if not first <= last < first + timedelta(_LONGEST_PEAK_DAYS):
            raise peak.error(
                "to", f"wanted a day within {_LONGEST_PEAK_DAYS} days after from, {first}"
            )
        for day in (first + timedelta(number) for number in range((last - first).days + 1)):
            if day in paces:
                raise peak.error("from", f"another peak has {day} too")
            paces[day] = 100 / (100 + percent)
    closed = At(at.path, {f"closed[{n}]": day for n, day in enumerate(at.texts("closed"))})
    paces |= {closed.day(name): 0.0 for name in closed.data}
    return Calendar(frozenset(rest), paces)


def moving_hours(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Return the usual hours between two aware times: those of a peak count less, others nothing.

    0 if ``end`` is not after ``start``.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    hours = 0.0
    while start < end:
        until = min(_midnight_after(start), end)
        hours += calendar.pace(start.date()) * ((until - start) / _HOUR)
        start = until
    return hours


def when_moved(calendar: Calendar, start: datetime, hours: float) -> datetime:
    """Return when that many usual hours will have passed: the inverse of :func:`moving_hours`.

    Whole seconds, and a little over a year at most.
    """
    at, left = start.astimezone(UTC), hours
    for _ in range(_LONGEST_REST_DAYS):
        pace, midnight = calendar.pace(at.date()), _midnight_after(at)
        here = pace * ((midnight - at) / _HOUR)
        if here > left:
            return (at + timedelta(hours=left / pace)).replace(microsecond=0)
        left -= here
        at = midnight
    return at


def _midnight_after(at: datetime) -> datetime:
    return datetime.combine(at.date() + _DAY, time(), UTC)
