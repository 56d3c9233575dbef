"""The peak calendar: what is in it is checked, and hours of other days count otherwise."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.peaks import load_calendars
from domain.pack_reading import PolicyError
from domain.peaks import EVERY_DAY, Calendar, moving_hours, parse_calendars, when_moved

# A Saturday; Sundays rest, Tuesday is a holiday, Thursday and Friday are half as fast.
SATURDAY = datetime(2026, 11, 21, tzinfo=UTC)
WEEK = Calendar(
    frozenset({6}),
    {date(2026, 11, 24): 0.0, date(2026, 11, 26): 0.5, date(2026, 11, 27): 0.5},
)


def at(day: int, hour: int = 0) -> datetime:
    return SATURDAY + timedelta(days=day, hours=hour)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(0, 6), at(0, 18), 12),
        (at(0, 18), at(2, 6), 12),
        (at(2, 12), at(4, 12), 24),
        (at(5), at(6), 12),
        (at(1, 3), at(1, 20), 0),
        (at(4, 12), at(4, 12), 0),
        (at(4, 12), at(4, 6), 0),
    ],
    ids=["a day", "over a Sunday", "over a holiday", "a peak", "on a Sunday", "none", "backwards"],
)
def test_only_hours_in_which_parcels_move_count(
    start: datetime, end: datetime, hours: float
) -> None:
    """Those of a day on which carriers rest are none, those of a peak are shorter."""
    assert moving_hours(WEEK, start, end) == pytest.approx(hours)


def test_days_are_those_of_utc_wherever_a_time_is_told() -> None:
    """Saturday evening in New York is Sunday."""
    new_york = timezone(timedelta(hours=-5))
    late = datetime(2026, 11, 21, 20, tzinfo=new_york)

    assert moving_hours(WEEK, late, late + timedelta(hours=3)) == 0


@given(
    seconds=st.integers(0, 30 * 24 * 3600),
    hours=st.floats(0, 500),
)
def test_the_time_that_is_foretold_has_these_hours_until_then(seconds: int, hours: float) -> None:
    """One function undoes the other, to the second."""
    start = SATURDAY + timedelta(seconds=seconds)

    end = when_moved(WEEK, start, hours)

    assert moving_hours(WEEK, start, end) == pytest.approx(hours, abs=1 / 3600)


def test_a_region_in_which_nothing_ever_moves_again_has_an_end() -> None:
    """A file that closes all days is nonsense; the forecast stops after a little over a year."""
    never = Calendar(frozenset(range(7)))

    assert timedelta(days=366) < when_moved(never, SATURDAY, 1) - SATURDAY < timedelta(days=401)


def test_the_shipped_calendars_know_the_days_around_christmas() -> None:
    """Of a region that they do not know every day is like the others."""
    us = load_calendars()["US"]

    assert us.pace(date(2026, 12, 25)) == 0
    assert us.pace(date(2026, 12, 27)) == 0
    assert us.pace(date(2026, 12, 22)) == pytest.approx(0.8)
    assert us.pace(date(2026, 10, 13)) == 1
    assert EVERY_DAY.pace(date(2026, 12, 25)) == 1


def calendars(**changes: Any) -> dict[str, Any]:
    region = {
        "rest": ["SUNDAY"],
        "closed": ["2026-12-25"],
        "peaks": [{"from": "2026-12-01", "to": "2026-12-24", "slower_percent": 25}],
    }
    return {"sources": ["assumed"], "regions": {"US": {**region, **changes}}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "calendars: wanted an object"),
        ({"regions": {}}, "calendars.sources: is missing"),
        ({**calendars(), "extra": 1}, "calendars.extra: wanted one of regions, sources"),
        (calendars(rest=["SOMEDAY"]), r"US.rest\[0\]: wanted a weekday such as SUNDAY"),
        (
            calendars(
                rest=[
                    *("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"),
                    "SUNDAY",
                ]
            ),
            "US.rest: wanted a weekday on which something moves",
        ),
        (calendars(closed=["25 December"]), r"US.closed\[0\]: wanted a date such as"),
        (calendars(closing=[]), "US.closing: wanted one of rest, closed, peaks"),
        (
            calendars(peaks=[{"from": "2026-12-24", "to": "2026-12-01", "slower_percent": 25}]),
            r"US.peaks\[0\].to: wanted a day within 120 days after from, 2026-12-24",
        ),
        (
            calendars(peaks=[{"from": "2026-12-01", "to": "2026-12-02", "slower_percent": -5}]),
            r"US.peaks\[0\].slower_percent: wanted a whole number of 0 or more",
        ),
        (
            calendars(
                peaks=[
                    {"from": "2026-12-01", "to": "2026-12-10", "slower_percent": 25},
                    {"from": "2026-12-10", "to": "2026-12-20", "slower_percent": 10},
                ]
            ),
            r"US.peaks\[1\].from: another peak has 2026-12-10 too",
        ),
    ],
    ids=[
        *("no object", "no sources", "unknown key", "no weekday", "no day left", "no date"),
        *("mistyped", "ends before", "faster", "two peaks"),
    ],
)
def test_a_calendar_that_says_something_else_is_refused_by_its_path(
    data: object, message: str
) -> None:
    """Whoever wrote the file finds the place."""
    with pytest.raises(PolicyError, match=message):
        parse_calendars(data)


def test_a_holiday_within_a_peak_is_a_holiday() -> None:
    """Nothing moves on it, however much was to be moved."""
    us = parse_calendars(calendars(closed=["2026-12-10"]))["US"]

    assert us.pace(date(2026, 12, 10)) == 0


def test_an_own_file_of_calendars_is_read(tmp_path: Any) -> None:
    """And one that cannot be read is refused as such."""
    own, broken = tmp_path / "own.json", tmp_path / "broken.json"
    own.write_text('{"sources": [], "regions": {"DE": {"rest": [], "closed": [], "peaks": []}}}')
    broken.write_text("{")

    assert list(load_calendars(own)) == ["DE"]
    with pytest.raises(PolicyError, match=r"^broken\.json: wanted a JSON file, found"):
        load_calendars(broken)
