"""What a carrier promises: days under way, which become a date once it has the parcel."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SUNDAY = 6


def promised_at(first_scan_at: datetime, days: int, *, time_zone: str = "UTC") -> datetime:
    """Return the end of the day, in UTC, by which a parcel is to arrive.

    Days are counted from the one after the first scan, by the clock of ``time_zone`` and without
    Sundays, on which the carriers of most places rest; 0 is the day of the scan itself. What is
    there later breaks the promise.

    Raises:
        ValueError: ``days`` is below 0.
    """
    if days < 0:
        raise ValueError(f"wanted 0 days or more, found {days}")
    zone = ZoneInfo(time_zone)
    day = first_scan_at.astimezone(zone).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() != _SUNDAY
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
