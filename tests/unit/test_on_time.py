"""On time or not: the courier within his window, the parcel by what its carrier promised."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.events import Fact
from domain.parcels import Delivery
from domain.promises import promised_at
from domain.returns import Return
from domain.tracking import Milestone, Reached
from domain.transport import reached
from domain.view import document
from tests.support.builders import NOW, after, granted


def promised(ret: Return, days: int | None) -> Return:
    return ret.with_delivery(replace(ret.delivery("d1"), promised_days=days))


def told(ret: Return, milestone: Milestone, at: datetime) -> tuple[Return, dict[str, Fact]]:
    ret, facts = reached(ret, "d1", [Reached(milestone, at)], at=max(at, NOW))
    return ret, {fact.type: fact for fact in facts}


def parcel(ret: Return) -> Delivery:
    return ret.delivery("d1")


def test_days_promised_become_a_date_with_the_first_scan() -> None:
    """By the clock of the customer's address; before it there is nothing to count from."""
    ret = promised(granted(), 3)
    before = parcel(ret).promised_at

    ret, facts = told(ret, Milestone.FIRST_SCAN, after(days=2))

    until = promised_at(after(days=2), 3, time_zone=ret.time_zone)
    assert before is None
    assert parcel(ret).promised_at == until
    assert facts["delivery.first_scan"].data["promised_at"] == until.isoformat()
    shown: Any = document(ret)["deliveries"]
    assert datetime.fromisoformat(shown[0]["promised_at"]) == until


def test_an_earlier_first_scan_told_late_moves_the_promise() -> None:
    """What the carrier promised counts from when it had the parcel."""
    ret, _ = told(promised(granted(), 3), Milestone.FIRST_SCAN, after(days=9))

    ret, facts = told(ret, Milestone.FIRST_SCAN, after(days=2))

    assert set(facts) == {"delivery.time_corrected"}
    assert parcel(ret).promised_at == promised_at(after(days=2), 3, time_zone=ret.time_zone)


@pytest.mark.parametrize(("late", "on_time"), [(0, True), (1, False)], ids=["in time", "late"])
def test_a_delivery_says_whether_the_promise_was_kept(late: int, on_time: bool) -> None:
    """To the second; the fact names the promise that it is held to."""
    ret, _ = told(promised(granted(), 3), Milestone.FIRST_SCAN, after(days=2))
    until = parcel(ret).promised_at
    assert until is not None

    _, facts = told(ret, Milestone.DELIVERED, until + timedelta(seconds=late))

    assert facts["delivery.delivered"].data["on_time"] is on_time
    assert facts["delivery.delivered"].data["promised_at"] == until.isoformat()


def test_without_a_promise_nothing_is_on_time_or_late() -> None:
    """The carrier named no days: it is left out of the share, not counted as kept."""
    ret, first = told(promised(granted(), None), Milestone.FIRST_SCAN, after(days=2))

    ret, facts = told(ret, Milestone.DELIVERED, after(days=40))

    assert parcel(ret).promised_at is None
    assert first["delivery.first_scan"].data["promised_at"] is None
    assert facts["delivery.delivered"].data["on_time"] is None


@pytest.mark.parametrize(
    ("minutes_after_start", "on_time"),
    [(-1, False), (0, True), (60, True), (9_999, False)],
    ids=["before", "at the start", "within", "days later"],
)
def test_a_courier_is_on_time_within_the_window_that_was_ordered(
    minutes_after_start: int, on_time: bool
) -> None:
    """Who comes before it is as little expected as who comes after."""
    ret = granted(pickup=True)
    window = parcel(ret).attempts[-1].window

    _, facts = told(
        ret, Milestone.FIRST_SCAN, window.not_before + timedelta(minutes=minutes_after_start)
    )

    assert facts["pickup.completed"].data["on_time"] is on_time
