"""Dates of rights: where they begin, what moves them, and what they are compared with."""

from datetime import date

import pytest

from domain.law.verdicts import Verdict
from domain.law.windows import add_months, next_working_day
from tests.support.worked_cases import case, codes, decide, inspected


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


def test_a_last_day_rolls_over_holidays_years_after_the_order() -> None:
    """Ordered in 2022, it came in December 2025; the fourteenth day is the 25th."""
    ordered = {
        "order__contract_at": "2022-01-03T10:00:00",
        "delivery__delivered_at": "2025-12-11T10:00:00",
        "request__requested_at": "2025-12-20T10:00:00",
    }

    assert last_day("EU-DE", **ordered) == "2025-12-29"


def test_a_dutch_period_ends_on_no_fifth_of_may() -> None:
    """Most people work on it in four years of five; the law of periods makes no difference."""
    came = {
        "order__contract_at": "2026-04-14T10:00:00",
        "delivery__delivered_at": "2026-04-21T10:00:00",
        "request__requested_at": "2026-04-25T10:00:00",
    }

    assert last_day("EU-NL", **came) == "2026-05-06"


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


@pytest.mark.parametrize("place", ["EU-DE", "UK"])
@pytest.mark.parametrize(
    ("told", "day"),
    [("2026-09-12", "2026-09-26"), ("2026-12-01", "2026-12-15"), ("2027-09-15", "2027-09-21")],
    ids=["soon", "later", "as the year ends"],
)
def test_who_is_told_of_the_right_after_all_has_two_weeks_from_then(
    place: str, told: str, day: str
) -> None:
    """Never longer than who was not told at all."""
    told_later = {
        "disclosures__withdrawal_right_informed": False,
        "disclosures__withdrawal_informed_at": f"{told}T10:00:00",
    }
    found = last_day(place, **told_later)

    assert found == ("2026-09-28" if (place, day) == ("EU-DE", "2026-09-26") else day)


def test_who_is_told_before_the_goods_come_has_what_everybody_has() -> None:
    told = {
        "disclosures__withdrawal_right_informed": False,
        "disclosures__withdrawal_informed_at": "2026-09-02T10:00:00",
    }

    assert last_day("UK", **told) == last_day("UK")


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


def test_nobody_is_refused_by_a_day_that_may_have_rolled() -> None:
    """New York may roll a last day that is a Saturday; the day itself stays what it is."""
    unposted = {
        "order__contract_at": "2026-05-07T10:00:00",
        "delivery__delivered_at": "2026-05-10T10:00:00",
        "disclosures__refund_policy_posted": False,
    }
    monday = decide(case("US-NY", **unposted, request__requested_at="2026-06-08T10:00:00"))
    tuesday = decide(case("US-NY", **unposted, request__requested_at="2026-06-09T10:00:00"))

    assert (monday.verdict, str(monday.window_end)) == (Verdict.MANUAL_REVIEW, "2026-06-06")
    assert monday.terms is not None
    assert "M_LAW_UNCERTAIN" in monday.reason_codes
    assert (tuesday.verdict, tuesday.reason_codes) == (Verdict.REJECT, ("X_WINDOW_EXPIRED",))


def test_goods_that_may_be_late_and_are_not_intact_are_refused() -> None:
    """The doubt is about the day alone."""
    late = case(
        "US-NY",
        order__contract_at="2026-05-07T10:00:00",
        disclosures__refund_policy_posted=False,
        request__requested_at="2026-06-08T10:00:00",
        inspection=inspected("STAINED"),
    )

    assert codes(late) == {"X_NOT_INTACT"}


@pytest.mark.parametrize(
    ("place", "verdict"),
    [("EU-ES", "MANUAL_REVIEW"), ("EU-NL", "MANUAL_REVIEW"), ("EU-DE", "REJECT")],
)
def test_a_period_that_a_state_may_have_made_longer_refuses_nobody(
    place: str, verdict: str
) -> None:
    """Spain and the Netherlands give more than the Union's two years: a person looks there."""
    late = decide(
        case(place, request__ground="NON_CONFORMITY", request__requested_at="2029-03-01T10:00:00")
    )

    assert late.verdict == verdict
    assert "X_WINDOW_EXPIRED" in late.reason_codes
    assert codes(case(place, request__requested_at="2026-12-01T10:00:00")) == {"X_WINDOW_EXPIRED"}


def test_each_state_of_the_union_counts_by_its_own_clock() -> None:
    """Half past eleven in Lisbon is the next day in Berlin."""
    late = "2026-09-21T23:30:00+01:00"

    assert decide(case("EU-PT", request__requested_at=late)).verdict is Verdict.APPROVE
    assert decide(case("EU-DE", request__requested_at=late)).verdict is Verdict.REJECT


def test_a_version_is_chosen_by_the_clock_of_its_pack() -> None:
    """At ten in the evening in California the new year has begun in New York."""
    bought = {"order__contract_at": "2025-12-31T22:00:00-08:00", "channel": "STORE"}
    found = decide(case("US-CA", **bought, disclosures__refund_policy_posted=False))

    assert found.policy_ref == "US-STATE@2026-01-01"
    assert "M_PACK_MISSING" not in found.reason_codes


def test_a_window_that_is_not_told_is_not_told_of_a_refusal_either() -> None:
    """Six years after the delivery the British cure is over, whose end no grant told either."""
    late = case("UK", request__ground="NON_CONFORMITY", request__requested_at="2033-01-10T10:00:00")

    assert codes(late) == {"X_WINDOW_EXPIRED"}
    assert decide(late).window_end is None


def test_a_last_parcel_before_the_goods_shortens_nothing() -> None:
    early = {"delivered_at": "2026-09-07T10:00:00", "last_delivered_at": "2026-09-01T10:00:00"}

    assert last_day("EU-DE", delivery=early) == "2026-09-21"
