"""A parcel's outlook: from those that stood where it stands, and honest where few did."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arriving import Basis, Outlook, outlook
from domain.lanes import Lane, LaneTimes, Trip, area_of, lane_times, observed
from domain.peaks import Calendar
from domain.tracking import Scan, ScanStatus

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
LANE = Lane("swift", "ground", "US-94", "MAIN")
OTHER = Lane("swift", "ground", "US-10", "MAIN")
CALENDARS: dict[str, Calendar] = {}


def scans(*steps: tuple[ScanStatus, float], start: datetime = MONDAY) -> tuple[Scan, ...]:
    return tuple(Scan(status, start + timedelta(hours=hours)) for status, hours in steps)


def past(lane: Lane, hours: Sequence[float], *, promised: float = 96) -> list[Trip]:
    """Return trips that were accepted, passed a hub after a day and arrived after so many hours."""
    return [
        Trip(
            lane,
            MONDAY + timedelta(hours=promised),
            scans(
                (ScanStatus.ACCEPTED, 0), (ScanStatus.IN_TRANSIT, 24), (ScanStatus.DELIVERED, end)
            ),
        )
        for end in hours
    ]


def learned(*trips: Trip) -> LaneTimes:
    return lane_times(observed(trip, CALENDARS) for trip in trips)


def at_the_hub(*, promised: float | None = 96, lane: Lane = LANE) -> Trip:
    promised_at = None if promised is None else MONDAY + timedelta(hours=promised)
    return Trip(lane, promised_at, scans((ScanStatus.ACCEPTED, 0), (ScanStatus.IN_TRANSIT, 24)))


def look(trip: Trip, times: LaneTimes, hours: float) -> Outlook:
    found = outlook(trip, times, CALENDARS, now=MONDAY + timedelta(hours=hours))
    assert found is not None
    return found


def test_a_parcel_is_expected_when_those_before_it_came() -> None:
    """Half of them took less than the time that is foretold."""
    times = learned(*past(LANE, [60, 70, 70, 70, 71, 72, 72, 80, 90]))

    found = look(at_the_hub(), times, 30)

    assert found.expected_at == MONDAY + timedelta(hours=71)
    assert found.basis is Basis.LANE
    assert found.breach is not None
    assert found.breach < 0.1
    assert not found.warn


def test_silence_is_compared_with_those_who_were_silent_as_long() -> None:
    """Most came in time; of those who had not moved for two days nearly nobody did."""
    times = learned(*past(LANE, [60] * 60 + [120] * 30))

    early, late = look(at_the_hub(), times, 30), look(at_the_hub(), times, 24 + 48)

    assert early.breach == pytest.approx(1 / 3, abs=0.05)
    assert not early.warn
    assert late.breach is not None
    assert late.breach > 0.9
    assert late.warn
    assert late.expected_at == MONDAY + timedelta(hours=120)


def test_a_new_lane_is_foretold_from_the_other_lanes_of_its_service() -> None:
    """Their times are taken as shares of what was promised there."""
    times = learned(*past(OTHER, [72] * 30, promised=96))

    found = look(at_the_hub(promised=192), times, 30)

    assert found.basis is Basis.SERVICE
    # 48 hours of 96 were left at the hub: of 192 it is 96.
    assert found.expected_at == MONDAY + timedelta(hours=24 + 96)


def test_a_lane_with_a_few_trips_is_filled_up_with_its_service() -> None:
    """Two late ones of two are no certainty where the others are in time; thirty are."""
    others = past(OTHER, [60] * 100)

    few = look(at_the_hub(), learned(*others, *past(LANE, [120] * 2)), 30)
    many = look(at_the_hub(), learned(*others, *past(LANE, [120] * 30)), 30)

    assert few.breach is not None
    assert many.breach is not None
    assert few.breach < 0.3
    assert many.breach > 0.75


def test_nothing_is_known_but_the_promise() -> None:
    """The promise is what is expected, until it has been silent for most of the time."""
    nothing = learned()

    fresh, silent = look(at_the_hub(), nothing, 25), look(at_the_hub(), nothing, 92)

    assert fresh.expected_at == MONDAY + timedelta(hours=96)
    assert fresh.basis is Basis.PROMISE
    assert not fresh.warn
    assert silent.warn


def test_without_a_promise_none_can_break() -> None:
    """The arrival is foretold all the same."""
    found = look(at_the_hub(promised=None), learned(*past(LANE, [72] * 20)), 30)

    assert found.breach is None
    assert not found.warn
    assert found.expected_at == MONDAY + timedelta(hours=72)
    assert look(at_the_hub(promised=None), learned(), 30).expected_at is None


def test_a_broken_promise_is_no_warning_any_more() -> None:
    """It is late then, and its arrival is never foretold for a time that is over."""
    found = look(at_the_hub(), learned(*past(LANE, [72] * 20)), 97)

    assert found.breach == 1
    assert not found.warn
    assert found.expected_at == MONDAY + timedelta(hours=97)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        ((ScanStatus.LABEL_CREATED, 0.0),),
        ((ScanStatus.EXCEPTION, 0.0),),
        ((ScanStatus.ACCEPTED, 0.0), (ScanStatus.DELIVERED, 20.0)),
        ((ScanStatus.ACCEPTED, 0.0), (ScanStatus.RETURNED_TO_SENDER, 20.0)),
    ],
    ids=["no scan", "a label", "trouble before", "arrived", "going back"],
)
def test_of_a_parcel_that_is_not_on_its_way_nothing_is_foretold(
    steps: tuple[tuple[ScanStatus, float], ...],
) -> None:
    """It was not handed over yet, has come, or will not come."""
    trip = Trip(LANE, MONDAY + timedelta(hours=96), scans(*steps))

    assert outlook(trip, learned(), CALENDARS, now=MONDAY + timedelta(hours=24)) is None


def test_a_day_off_is_no_silence() -> None:
    """Over a holiday nobody is warned of a parcel that had no reason to move."""
    closed = {"US": Calendar(paces={date(2026, 3, 4): 0.0})}
    times = learned(*past(LANE, [60] * 60 + [120] * 30))
    now = MONDAY + timedelta(hours=24 + 44)

    usual = outlook(at_the_hub(promised=110), times, CALENDARS, now=now)
    holiday = outlook(at_the_hub(promised=110), times, closed, now=now)

    assert usual is not None
    assert holiday is not None
    assert usual.warn
    assert not holiday.warn


def test_order_and_repetition_of_scans_change_nothing() -> None:
    """Carriers tell them as they like."""
    times = learned(*past(LANE, [60] * 20 + [120] * 10))
    trip = at_the_hub()
    told = Trip(trip.lane, trip.promised_at, (*reversed(trip.scans),))

    assert look(told, times, 50) == look(trip, times, 50)


_HOURS = st.lists(st.floats(25, 400), max_size=40)


@given(here=_HOURS, there=_HOURS, now=st.floats(24, 95), promised=st.floats(96, 300))
def test_a_probability_is_one_and_a_later_promise_breaks_less(
    here: list[float], there: list[float], now: float, promised: float
) -> None:
    """Whatever was observed."""
    times = learned(*past(LANE, here), *past(OTHER, there))

    sooner, later = (look(at_the_hub(promised=until), times, now) for until in (96, promised))

    assert sooner.breach is not None
    assert later.breach is not None
    assert 0 <= later.breach <= 1
    if not there:
        assert later.breach <= sooner.breach
    assert sooner.expected_at is not None
    assert sooner.expected_at >= MONDAY + timedelta(hours=now, seconds=-1)


def test_only_the_newest_trips_of_a_stage_count() -> None:
    """What a lane was like years ago is forgotten."""
    times = learned(*past(LANE, [120] * 400), *past(LANE, [60] * 400))

    assert look(at_the_hub(), times, 30).breach == pytest.approx(0, abs=0.02)


def test_a_trip_that_did_not_end_teaches_nothing() -> None:
    """Nobody knows how far it still was."""
    assert learned(at_the_hub()) == learned()


@pytest.mark.parametrize(
    ("country", "postal_code", "area"),
    [("US", "94107", "US-94"), ("GB", " sw1a 1aa", "GB-SW"), ("CN", "310012", "CN-31")],
)
def test_an_area_is_too_large_to_point_at_a_home(country: str, postal_code: str, area: str) -> None:
    """It says the country and the first two characters."""
    assert area_of(country, postal_code) == area
    assert Lane("c", "s", area, "MAIN").region == country
