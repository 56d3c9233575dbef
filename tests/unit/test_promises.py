"""A promise of days becomes a date once the carrier has the parcel."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.peaks import load_calendars
from domain.peaks import Calendar
from domain.promises import promised_at


@pytest.mark.parametrize(
    ("first_scan", "days", "time_zone", "promised"),
    [
        ("2026-03-02T10:00", 3, "UTC", "2026-03-06T00:00"),
        ("2026-03-02T10:00", 0, "UTC", "2026-03-03T00:00"),
        ("2026-03-06T10:00", 2, "UTC", "2026-03-10T00:00"),
        ("2026-03-08T10:00", 1, "UTC", "2026-03-10T00:00"),
        ("2026-03-03T04:00", 1, "America/Los_Angeles", "2026-03-04T08:00"),
        ("2026-03-06T18:00", 1, "America/Los_Angeles", "2026-03-08T08:00"),
        ("2026-03-02T20:00", 1, "Asia/Shanghai", "2026-03-04T16:00"),
    ],
    ids=[
        *("three days", "the same day", "over a Sunday", "scanned on a Sunday"),
        *("by the clock there", "a spring night ahead", "east of Greenwich"),
    ],
)
def test_days_are_counted_on_the_wall_and_without_sundays(
    first_scan: str, days: int, time_zone: str, promised: str
) -> None:
    """A parcel has until the end of its last day."""
    scanned = datetime.fromisoformat(first_scan).replace(tzinfo=UTC)

    assert promised_at(scanned, days, time_zone=time_zone) == datetime.fromisoformat(
        promised
    ).replace(tzinfo=UTC)


@pytest.mark.parametrize(("region", "calendar"), load_calendars().items())
def test_a_promise_rests_on_the_sundays_of_the_peak_calendar(
    region: str, calendar: Calendar
) -> None:
    """What the delay watch counts as a day under way is one of the carrier's promise too."""
    saturday = datetime(2026, 3, 7, 10, tzinfo=UTC)
    moves = calendar.pace(saturday.date() + timedelta(days=1)) > 0

    promised = promised_at(saturday, 1, country=region)

    assert promised == datetime(2026, 3, 9 if moves else 10, tzinfo=UTC)


def test_a_promise_of_less_than_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted 0 days or more, found -1"):
        promised_at(datetime(2026, 3, 2, tzinfo=UTC), -1)


@given(minutes=st.integers(0, 60 * 24 * 400), days=st.integers(0, 40))
def test_a_promise_is_ahead_of_the_scan_and_a_day_more_is_later(minutes: int, days: int) -> None:
    """Whenever it was scanned."""
    scanned = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    sooner, later = (promised_at(scanned, number) for number in (days, days + 1))

    assert scanned < sooner < later
    assert later - sooner <= timedelta(days=2)
