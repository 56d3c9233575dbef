"""Dates of rights: where they begin, what moves them, and what they are compared with."""

from datetime import date

import pytest

from domain.law.verdicts import Verdict
from domain.law.windows import add_months, next_working_day
from tests.support.worked_cases import case, codes, decide


def last_day(place: str, **changes: object) -> str:
    return str(decide(case(place, **changes)).window_end)


@pytest.mark.parametrize(
    ("place", "day"),
    [
        ("CN", "2026-09-14"),
        ("EU-DE", "2026-09-21"),
        ("UK", "2026-09-21"),
        ("JP", "2026-09-14"),
    ],
)
def test_each_place_counts_its_own_days(place: str, day: str) -> None:
    """Japan counts the day of receipt itself: its eight days end with China's seven."""
    assert last_day(place) == day


@pytest.mark.parametrize(("place", "last"), [("CN", "14"), ("EU-DE", "21"), ("JP", "14")])
def test_edge_6_the_last_second_of_the_last_day_counts(place: str, last: str) -> None:
    """The next second, by the clock of the place, is too late."""
    in_time = case(place, request__requested_at=f"2026-09-{last}T23:59:59")
    late = case(place, request__requested_at=f"2026-09-{int(last) + 1}T00:00:00")

    assert decide(in_time).verdict is Verdict.APPROVE
    assert codes(late) == {"X_WINDOW_EXPIRED"}


@pytest.mark.parametrize(
    ("place", "rolled"),
    [("EU-NL", "2026-09-21"), ("UK", "2026-09-19"), ("CN", "2026-09-12")],
)
def test_only_the_union_rolls_a_last_day_over_the_weekend(place: str, rolled: str) -> None:
    """Delivered on a Saturday: two weeks later it is Saturday again."""
    assert last_day(place, delivery__delivered_at="2026-09-05T10:00:00") == rolled


@pytest.mark.parametrize(
    ("place", "day"), [("EU-DE", "2026-05-04"), ("EU-NL", "2026-05-01")], ids=["DE", "NL"]
)
def test_a_last_day_rolls_over_the_holidays_of_its_own_country(place: str, day: str) -> None:
    """The first of May is a holiday in Germany, and a working day in the Netherlands."""
    found = last_day(
        place,
        order__contract_at="2026-04-14T10:00:00",
        delivery__delivered_at="2026-04-17T10:00:00",
        request__requested_at="2026-04-20T10:00:00",
    )

    assert found == day


def test_edge_7_an_order_that_came_in_parts_counts_from_the_last_of_them() -> None:
    """Where the law says so; China counts each from its own delivery."""
    parts = {"delivery__last_delivered_at": "2026-09-09T10:00:00"}

    assert last_day("EU-DE", **parts) == "2026-09-23"
    assert last_day("CN", **parts) == "2026-09-14"


def test_who_was_never_told_of_the_right_has_a_year_more() -> None:
    """The year begins where the fourteen days end."""
    untold = {"disclosures__withdrawal_right_informed": False}
    late = case("UK", **untold, request__requested_at="2027-09-21T10:00:00")

    assert last_day("UK", **untold) == "2027-09-21"
    assert "R_WITHDRAWAL_IN_WINDOW" in codes(case("UK", **untold))
    assert "R_WITHDRAWAL_EXTENDED_NOT_INFORMED" in codes(late)


def test_days_in_repair_do_not_count_against_the_buyer() -> None:
    """Thirty days to reject in the UK, and nine in the workshop."""
    repaired = {"request__ground": "NON_CONFORMITY", "history__repair_days": 9}

    assert last_day("UK", **repaired) == "2026-10-16"


def test_where_the_seller_installs_faults_count_from_the_installation() -> None:
    """A washing machine that stood in its box could not fail."""
    changes = {
        "request__ground": "NON_CONFORMITY",
        "delivery__installed_at": "2026-09-09T10:00:00",
    }

    assert last_day("CN", **changes) == "2026-09-16"


def test_months_end_on_the_last_day_of_a_shorter_one() -> None:
    """A year after a leap day, and a month after the 31st."""
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)


def test_a_day_rolls_over_a_holiday_beside_a_weekend() -> None:
    """Good Friday to Easter Monday is four days."""
    easter = (date(2026, 4, 3), date(2026, 4, 6))

    assert next_working_day(date(2026, 4, 3), easter) == date(2026, 4, 7)
