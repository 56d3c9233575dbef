"""Taking a request back: what was booked is given back, whatever happens meanwhile."""

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from domain.tracking import Milestone
from tests.support.house import House, OpenReturn
from tests.support.told import CUSTOMER_SIDE, OPS, info, some_of, with_pickup
from workflows.messages import Retry, Withdraw

BUY_LABEL = {"system": "easypost", "operation": "POST /v2/shipments/{id}/buy"}
CANCEL_PICKUP = {"system": "easypost", "operation": "POST /v2/pickups/{id}/cancel"}


async def nothing_booked(house: House, order: dict[str, Any], opened: OpenReturn) -> bool:
    """Say whether every label is given back, every courier cancelled and every unit free."""
    ledger = opened.ledger()
    labels = [label["status"] for label in ledger["labels"]]
    visits = [visit["status"] for visit in ledger["pickups"]]
    held = await house.held(order["order_id"])
    return "bought" not in labels and "scheduled" not in visits and not held


async def test_gives_label_and_courier_back(house: House) -> None:
    """Withdrawn after the courier was booked: courier, label and units are given back."""
    order = house.sandbox.order("withdrawn")
    opened = await house.open(with_pickup(some_of(order, 2)))
    await opened.until_waiting("awaiting_pickup")

    await opened.withdraw()

    assert (await opened.ends()).headline == "WITHDRAWN"
    assert await nothing_booked(house, order, opened)
    types = await opened.event_types()
    assert types.index("pickup.cancelled") < types.index("delivery.label_voided")


async def test_lets_a_booking_under_way_end_first(house: House) -> None:
    """Withdrawn while the label is being bought: the label is found and given back."""
    order = house.sandbox.order("withdrawn")
    with house.sandbox.fault(**BUY_LABEL, kind="delay", delay_ms=600):
        opened = await house.open(some_of(order, 1))
        await opened.withdraw()
        outcome = await opened.ends()

    assert outcome.headline == "WITHDRAWN"
    assert len(opened.ledger()["labels"]) == 1
    assert await nothing_booked(house, order, opened)


async def test_ends_a_booking_that_stands_parked(house: House) -> None:
    """Withdrawn while the carrier is down: nothing is booked any more, the park is over."""
    order = house.sandbox.order("withdrawn")
    with house.sandbox.fault(**BUY_LABEL, kind="http_503", times=1000):
        opened = await house.open(some_of(order, 1))
        await opened.until_given_up("courier_unavailable")
        await opened.withdraw()
        outcome = await opened.ends()

    assert outcome.headline == "WITHDRAWN"
    assert opened.ledger()["labels"] == []
    assert await nothing_booked(house, order, opened)


async def test_parks_the_compensation_and_resumes_it(house: House) -> None:
    """While the carrier cannot cancel, the units stay held and ops see why."""
    order = house.sandbox.order("withdrawn")
    opened = await house.open(with_pickup(some_of(order, 1)))
    await opened.until_waiting("awaiting_pickup")

    with house.sandbox.fault(**CANCEL_PICKUP, kind="http_503", times=1000):
        await opened.withdraw()
        await opened.until_given_up("courier_unavailable")
        assert not await nothing_booked(house, order, opened)
    await opened.do(Retry(info(OPS)))

    assert (await opened.ends()).headline == "WITHDRAWN"
    assert await nothing_booked(house, order, opened)


async def test_another_worker_finishes_the_compensation(fast_house: House) -> None:
    """A worker that stops in the middle leaves nothing half done."""
    order = fast_house.sandbox.order("withdrawn")
    opened = await fast_house.open(with_pickup(some_of(order, 1)))
    await opened.until_waiting("awaiting_pickup")

    with fast_house.sandbox.fault(**CANCEL_PICKUP, kind="http_503", times=1000):
        await opened.withdraw()
        await opened.until_waiting("cancelling_delivery")
        await fast_house.stop_work()
    await fast_house.open_for_work()

    assert (await opened.handle.result()).headline == "WITHDRAWN"
    assert await nothing_booked(fast_house, order, opened)


async def test_is_refused_once_the_parcel_moves(house: House) -> None:
    """After the first scan only the way forward is left."""
    opened = await house.open(some_of(house.sandbox.order("withdrawn"), 1))
    await opened.ready_for_handover()
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")

    code = await opened.refused(Withdraw(info(CUSTOMER_SIDE)))

    assert code == "command_not_allowed"


async def test_a_scan_overtakes_a_withdrawal(house: House) -> None:
    """A parcel handed over while the courier is being cancelled goes on."""
    order = house.sandbox.order("withdrawn")
    opened = await house.open(with_pickup(some_of(order, 1)))
    await opened.until_waiting("awaiting_pickup")

    with house.sandbox.fault(**CANCEL_PICKUP, kind="delay", delay_ms=500):
        await opened.withdraw()
        await opened.scan(Milestone.FIRST_SCAN)
        await opened.until_headline("IN_TRANSIT")

    assert "return.revived" in await opened.event_types()
    assert [label["status"] for label in opened.ledger()["labels"]] == ["bought"]


async def test_compensates_when_an_operator_cancels_the_run(house: House) -> None:
    """A cancellation at Temporal itself gives everything back before the run ends as cancelled."""
    order = house.sandbox.order("withdrawn")
    opened = await house.open(with_pickup(some_of(order, 1)))
    await opened.until_waiting("awaiting_pickup")

    await opened.handle.cancel()

    with pytest.raises(WorkflowFailureError) as ended:
        await opened.ends()
    assert isinstance(ended.value.cause, CancelledError)
    assert (await opened.row()).headline == "WITHDRAWN"
    assert await nothing_booked(house, order, opened)


async def test_does_not_let_down_goods_when_an_operator_cancels(house: House) -> None:
    """With the parcel on its way a cancellation is noted, and the return goes on."""
    order = house.sandbox.order("withdrawn")
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")

    await opened.handle.cancel()
    await opened.until_event("ops.intervention")
    await opened.arrive_and_grade_one("HEADPHONES-BLACK")

    assert (await opened.ends()).headline == "CLOSED"
