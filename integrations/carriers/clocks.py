"""Times as carriers are told them and tell them: by the clock at an address."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from integrations.errors import RejectedError

_CHINA = timezone(timedelta(hours=8))
"""All of China has one time, without summer time."""


def local(system: str, moment: datetime, time_zone: str) -> datetime:
    """Return a moment as the clock at the address shows it.

    Raises:
        RejectedError: there is no such time zone.
    """
    try:
        return moment.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise RejectedError(
            system, "there is no such time zone", code="bad_time_zone", field="time_zone"
        ) from None


def read_in_china(told: str) -> datetime | None:
    """Read a time that a Chinese carrier tells; ``None`` is no time."""
    try:
        return datetime.strptime(told.strip(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
    except ValueError:
        return None
