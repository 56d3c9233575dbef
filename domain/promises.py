"""What a carrier promises: days under way, which become a date once it has the parcel."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SUNDAY = 6
_DELIVER_ON_SUNDAYS = frozenset({"CN"})
"""As the peak calendars have it (``domain/peaks.json``, with its sources)."""


def promised_at(
    first_scan_at: datetime, days: int, *, time_zone: str = "UTC", country: str = ""
) -> datetime:
    """Return the end of the day, in UTC, by which a parcel is to arrive.

    Days are counted from the one after the first scan, by the clock of ``time_zone`` and without
    Sundays, unless carriers of the sender's ``country`` (ISO 3166-1 alpha-2) deliver on them; 0 is
    the day of the scan itself. What is there later breaks the promise.

    Raises:
        ValueError: ``days`` is below 0.
    """
    if days < 0:
        raise ValueError(f"wanted 0 days or more, found {days}")
    zone = ZoneInfo(time_zone)
    day = first_scan_at.astimezone(zone).date()
    rests = country not in _DELIVER_ON_SUNDAYS
    while days:
        day += timedelta(days=1)
        days -= not (rests and day.weekday() == _SUNDAY)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
