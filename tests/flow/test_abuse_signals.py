"""Returns that a person looks at by whose they are: many of late, or of a blocked customer."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.abuse import AbuseSignals
from tests.flow.conftest import Ruled
from tests.support.builders import policy
from tests.support.house import House
from tests.support.told import REVIEWER, info, some_of
from workflows.messages import Approve

THREE_RETURNS = replace(policy(), abuse_signals=AbuseSignals(returns=3, returns_days=90))


def bought(house: House, order_id: str, **changes: Any) -> dict[str, Any]:
    """Another order of the same customer."""
    order = house.sandbox.order("three-units")
    again = order | {"order_id": order_id} | changes
    again["tenders"] = [{**tender, "payment_ref": None} for tender in order["tenders"]]
    return dict(house.sandbox.put(f"orders/{order_id}", again))


async def test_edge_18_many_small_requests_are_counted_together(ruled: Ruled) -> None:
    """The third return of a customer in 90 days waits for a person, whichever order it is of."""
    house = await ruled(THREE_RETURNS)
    orders = [bought(house, "small-1"), bought(house, "small-2", channel="STORE")]
    for order in orders:
        opened = await house.open(some_of(order, 1))
        assert (await opened.view())["headline"] == "APPROVED"
    last = bought(house, "small-3")
    told = await house.previews().preview("acme", some_of(last, 1), at=datetime.now(UTC))

    third = await house.open(some_of(last, 1))
    wait = await third.until_waiting("awaiting_review")
    view = await third.view()
    await third.do(Approve(info(REVIEWER), ("line-1",)))
    await third.ready_for_handover()

    assert (told.authorization, told.doubts) == ("IN_REVIEW", ("M_ABUSE_SIGNAL",))
    assert told.refund_minor > 0
    assert wait["detail"] == "M_ABUSE_SIGNAL"
    assert view["signals"] == [{"measure": "returns", "counted": 3, "limit": 3, "days": 90}]
    assert view["lines"][0]["decision"]["verdict"] == "APPROVE"
    (started,) = await third.events("return.review_started")
    assert started.data["signals"] == view["signals"]


async def test_edge_18_guests_are_not_taken_for_one_customer(ruled: Ruled) -> None:
    """Three returns of customers whom the platform does not name are three customers'."""
    house = await ruled(THREE_RETURNS)
    for number in range(3):
        order = house.sandbox.order("three-units")
        guest = {key: told for key, told in order["customer"].items() if key != "customer_ref"}
        order = bought(house, f"guest-{number}", customer=guest)

        opened = await house.open(some_of(order, 1))

        assert (await opened.view())["headline"] == "APPROVED"


async def test_edge_17_a_block_after_the_approval_leaves_it_valid(house: House) -> None:
    """What was granted is paid; what the blocked customer asks for then is for a person."""
    order = house.sandbox.order("three-units")
    granted = await house.open(some_of(order, 1))
    await granted.ready_for_handover()

    order["customer"]["blocked"] = True
    house.sandbox.put(f"orders/{order['order_id']}", order)
    later = await house.open(some_of(order, 1))
    await later.until_waiting("awaiting_review")
    await granted.arrive_and_grade_one()
    await granted.until_lot("line-1/1", "REFUNDED")

    view = await later.view()
    assert view["signals"] == [{"measure": "blocked", "counted": None, "limit": None, "days": None}]
    assert view["lines"][0]["decision"]["verdict"] == "APPROVE"
    assert (await granted.view())["authorization_state"] == "APPROVED"
