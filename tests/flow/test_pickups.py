"""Courier visits: missed, told of, tried again; and never two couriers for one parcel."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.pickups import PickupOutcome
from domain.tracking import Milestone
from tests.flow.conftest import Ruled
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.settling import charging
from tests.support.told import (
    CUSTOMER_SIDE,
    OPS,
    REVIEWER,
    info,
    some_of,
    waiting_codes,
    with_pickup,
)
from workflows.messages import ReportPickupOutcome, Retry

ABSENT, NO_SHOW = PickupOutcome
CANCEL_PICKUP = {"system": "easypost", "operation": "POST /v2/pickups/{id}/cancel"}
BUY_PICKUP = {"system": "easypost", "operation": "POST /v2/pickups/{id}/buy"}


@pytest.fixture
async def booked(house: House) -> OpenReturn:
    """A return of one lamp whose courier is ordered."""
    opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
    await opened.until_waiting("awaiting_pickup")
    return opened


def report(
    attempt: int, outcome: PickupOutcome = NO_SHOW, *, delivery_id: str = "d1"
) -> ReportPickupOutcome:
    return ReportPickupOutcome(info(CUSTOMER_SIDE), delivery_id, attempt, outcome)


async def until_visit(opened: OpenReturn, number: int) -> dict[str, Any]:
    """Wait until the visit of this number is ordered, and return it."""

    def is_ordered(view: dict[str, Any]) -> bool:
        visits = view["deliveries"][0]["pickups"]
        return len(visits) == number and visits[-1]["outcome"] is None

    view = await opened.until(is_ordered)
    visit: dict[str, Any] = view["deliveries"][0]["pickups"][-1]
    return visit


def collects(opened: OpenReturn, visit: dict[str, Any]) -> None:
    opened.house.sandbox.post(f"pickups/{visit['pickup_ref']}/outcome", {"outcome": "collected"})


def visits_at_carrier(opened: OpenReturn) -> list[str]:
    """Return the status of every visit that was ever ordered."""
    return [visit["status"] for visit in opened.ledger()["pickups"]]


async def test_edge_27_a_courier_who_stays_away_comes_again_and_then_the_parcel_is_brought(
    booked: OpenReturn,
) -> None:
    """No show, a second visit that nobody tells of, drop-off, arrival: paid in the end."""
    await booked.do(report(1))
    await until_visit(booked, 2)
    assert sorted(visits_at_carrier(booked)) == ["canceled", "scheduled"]

    await booked.house.pass_time(days=5)
    await booked.ready_for_handover()
    await booked.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    await booked.arrive_and_grade_one()

    assert (await booked.ends()).headline == "CLOSED"
    pickups = (await booked.view())["deliveries"][0]["pickups"]
    assert [(p["outcome"], p["fault"]) for p in pickups] == [
        ("courier_no_show", "CARRIER"),
        ("missed", "NONE"),
    ]
    assert [refund["status"] for refund in booked.ledger()["refunds"]] == ["succeeded"]
    assert len(visits_at_carrier(booked)) == 2
    assert len(booked.ledger()["labels"]) == 1


async def test_a_customer_who_was_out_is_visited_at_the_same_hours(booked: OpenReturn) -> None:
    """The second courier comes the next day at the same time of day, and collects."""
    first = await until_visit(booked, 1)

    await booked.do(report(1, ABSENT))
    second = await until_visit(booked, 2)
    collects(booked, second)
    await booked.scan(Milestone.FIRST_SCAN)

    view = await booked.until_headline("IN_TRANSIT")
    pickups = view["deliveries"][0]["pickups"]
    assert [(p["outcome"], p["fault"]) for p in pickups] == [
        ("customer_absent", "CUSTOMER"),
        ("collected", "NONE"),
    ]
    for name in ("not_before", "not_after"):
        assert wall(second, name) - wall(first, name) == timedelta(days=1)


def wall(visit: dict[str, Any], name: str) -> datetime:
    zone = ZoneInfo(visit["time_zone"])
    return datetime.fromisoformat(visit[name]).astimezone(zone).replace(tzinfo=None)


async def test_tells_the_customer_what_to_do(booked: OpenReturn) -> None:
    """Each visit is announced with its window; after the last the mail says to bring the parcel."""
    await booked.do(report(1))
    await until_visit(booked, 2)
    await booked.do(report(2, ABSENT))
    await booked.ready_for_handover()

    async def mails() -> list[str]:
        await booked.house.relay.once()
        return [mail["text"] for mail in booked.ledger()["mails"]]

    texts = await eventually(mails, lambda texts: "bring it to the carrier" in " ".join(texts))
    assert sum("A courier comes between" in text for text in texts) == 2


async def test_a_report_counts_once(booked: OpenReturn) -> None:
    """A repeat by its id answers the same; another report of the same visit is refused."""
    command = report(1)

    first, again = await booked.do(command), await booked.do(command)

    assert again == first
    assert await booked.refused(report(1, ABSENT)) == "pickup_over"
    await until_visit(booked, 2)
    assert len(await booked.events("pickup.attempted")) == 1


async def test_refuses_a_report_of_no_visit(booked: OpenReturn) -> None:
    """Unknown parcels, visits to come and roles that are not there are refused by name."""
    codes = [
        await booked.refused(report(1, delivery_id="d7")),
        await booked.refused(report(2)),
        await booked.refused(ReportPickupOutcome(info(REVIEWER), "d1", 1, NO_SHOW)),
    ]

    assert codes == ["delivery_not_found", "pickup_not_found", "forbidden"]
    assert visits_at_carrier(booked) == ["scheduled"]


async def test_a_scan_wins_over_a_report(booked: OpenReturn) -> None:
    """The courier has the parcel: who reports otherwise is refused."""
    await booked.scan(Milestone.FIRST_SCAN)
    await booked.until_headline("IN_TRANSIT")

    assert await booked.refused(report(1)) == "pickup_over"
    assert visits_at_carrier(booked) == ["scheduled"]


async def test_no_second_courier_for_a_parcel_that_is_gone(booked: OpenReturn) -> None:
    """A wrong report of a parcel that was collected: the carrier is asked before another visit."""
    collects(booked, await until_visit(booked, 1))

    await booked.do(report(1, ABSENT))

    await booked.until_headline("IN_TRANSIT")
    assert visits_at_carrier(booked) == ["scheduled"]
    assert len(await booked.events("pickup.booked")) == 1


async def test_orders_no_second_courier_before_the_first_is_off(booked: OpenReturn) -> None:
    """While the carrier cannot cancel, nobody else is sent; ops see why."""
    with booked.house.sandbox.fault(**CANCEL_PICKUP, kind="http_503", times=1000):
        await booked.do(report(1))
        await booked.until_given_up("courier_unavailable")
        assert visits_at_carrier(booked) == ["scheduled"]
    await booked.do(Retry(info(OPS)))

    await until_visit(booked, 2)
    assert sorted(visits_at_carrier(booked)) == ["canceled", "scheduled"]


async def test_a_withdrawal_calls_off_the_second_courier(booked: OpenReturn) -> None:
    """However many came before: the visit that stands is cancelled, the label is given back."""
    await booked.do(report(1))
    await until_visit(booked, 2)

    await booked.withdraw()

    assert (await booked.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(booked) == ["canceled", "canceled"]
    assert "bought" not in [label["status"] for label in booked.ledger()["labels"]]


async def test_a_withdrawal_overtakes_the_second_order(booked: OpenReturn) -> None:
    """Withdrawn while another visit is ordered: what was bought is found and cancelled."""
    with booked.house.sandbox.fault(**BUY_PICKUP, kind="delay", delay_ms=600):
        await booked.do(report(1))
        await booked.withdraw()
        outcome = await booked.ends()

    assert outcome.headline == "WITHDRAWN"
    assert "scheduled" not in visits_at_carrier(booked)


async def test_a_parcel_brought_before_the_second_visit_moves_on(booked: OpenReturn) -> None:
    """Nobody comes twice for a parcel that the customer brought to the carrier meanwhile."""
    with booked.house.sandbox.fault(**CANCEL_PICKUP, kind="http_503", times=1000):
        await booked.do(report(1))
        await booked.until_given_up("courier_unavailable")
        await booked.scan(Milestone.FIRST_SCAN)
        await booked.until_headline("IN_TRANSIT")

    view = await booked.until(lambda view: "courier_unavailable" not in waiting_codes(view))
    assert view["deliveries"][0]["pickups"][-1]["attempt"] == 1


async def test_a_lost_answer_orders_no_second_courier(booked: OpenReturn) -> None:
    """The carrier took the order and the answer was lost: it is looked up, not given again."""
    with booked.house.sandbox.fault(**BUY_PICKUP, kind="lost_reply", times=1):
        await booked.do(report(1))
        await booked.house.pass_time(minutes=1)
        await until_visit(booked, 2)

    assert sorted(visits_at_carrier(booked)) == ["canceled", "scheduled"]


async def test_edge_27_a_visit_in_vain_is_charged_by_its_fault(ruled: Ruled) -> None:
    """One courier stayed away, at the other the customer was out: the second alone costs him."""
    rules = charging(missed_visit={"per_visit_minor": {"CNY": 1_000}})
    house = await ruled(replace(rules, pickup_attempts=2))
    asked = with_pickup(some_of(house.sandbox.order("three-units", channel="STORE"), 1))
    previews = house.previews()
    forecast = await previews.preview(TENANT, asked, at=datetime.now(UTC))
    opened = await house.open(asked)
    for number, outcome in ((1, NO_SHOW), (2, ABSENT)):
        await until_visit(opened, number)
        await opened.do(report(number, outcome))
    await opened.ready_for_handover()

    await opened.arrive_and_grade_one()
    await opened.until_lot("line-1/1", "REFUNDED")

    (settlement,) = (await opened.view())["settlements"]
    assert forecast.missed_visit_fee_minor == 1_000
    assert settlement["breakdown"][0]["missed_visit_fee_minor"] == 1_000
    assert settlement["amount_minor"] == forecast.refund_minor - 1_000
    assert [row["amount_minor"] for row in opened.ledger()["refunds"]] == [
        settlement["amount_minor"]
    ]
