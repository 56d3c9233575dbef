"""Edge 35: one return comes in several parcels, days apart."""

from datetime import datetime, timedelta

import pytest

from domain.inspection import Grade
from domain.policies import Policy
from tests.flow.conftest import Ruled
from tests.flow.test_losing import LAMP, LOT, paid
from tests.support.house import House, OpenReturn
from tests.support.ruling import ruled_by
from tests.support.told import counted, graded, received, some_of

REST = "line-1/2"
TOGETHER = {"settle": "when_complete", "hours": {"wait_for_rest": 240}}


async def first_of_two(house: House) -> OpenReturn:
    """Two lamps were announced; one came, and was graded as new."""
    # No law says in a shop until when the first is to be paid.
    order = house.sandbox.order("three-units", channel="STORE")
    opened = await house.open(some_of(order, 2))
    await opened.ready_for_handover()
    await opened.do(received(counted({}, **{LAMP: 1}), receipt_id="R-1"))
    await opened.do(graded(LOT, Grade.A))
    return opened


async def second(opened: OpenReturn) -> None:
    await opened.do(received(counted({}, **{LAMP: 1}), receipt_id="R-2"))
    await opened.do(graded(REST, Grade.A))


def together(**changes: object) -> Policy:
    return ruled_by(**(TOGETHER | changes))  # type: ignore[arg-type]  # as the pack has them


async def test_edge_35_each_parcel_is_paid_as_it_comes(house: House) -> None:
    """The first is paid while the second is awaited, by a date."""
    opened = await first_of_two(house)
    await opened.until_lot(LOT, "REFUNDED")

    view = await opened.view()
    wait = await opened.until_waiting("awaiting_rest")
    await house.pass_time(hours=96)
    await second(opened)
    await opened.until_lot(REST, "REFUNDED")

    assert (view["headline"], view["logistics_state"]) == ("PARTIALLY_RECEIVED",) * 2
    assert view["settlement_state"] == "PARTIALLY_SETTLED"
    since, deadline = (datetime.fromisoformat(wait[name]) for name in ("since", "deadline"))
    assert (wait["owner"], deadline - since) == ("customer", timedelta(hours=336))
    assert len(await paid(opened)) == 2
    assert (await opened.ends()).headline == "CLOSED"


async def test_edge_35_a_pack_may_wait_for_all(ruled: Ruled) -> None:
    """Then both are one payment, once the second is graded."""
    opened = await first_of_two(await ruled(together()))
    await opened.until_waiting("awaiting_rest")
    await opened.house.pass_time(hours=96)
    before = await paid(opened)

    await second(opened)
    await opened.until_lot(REST, "REFUNDED")

    view = await opened.view()
    assert (before, len(await paid(opened))) == ([], 1)
    assert [len(s["breakdown"]) for s in view["settlements"]] == [2]
    assert (await opened.ends()).headline == "CLOSED"


async def test_edge_35_a_rest_that_stays_away_holds_nothing_back(ruled: Ruled) -> None:
    """Its wait ends, before the first refund is due; what came is paid, the rest is free again."""
    opened = await first_of_two(await ruled(together()))
    await opened.until_waiting("awaiting_rest")

    await opened.house.pass_time(hours=241)
    await opened.until_lot(LOT, "REFUNDED")

    view = await opened.view()
    (settlement,) = view["settlements"]
    assert {lot["lot_id"]: lot["state"] for lot in view["lots"]}[REST] == "NOT_SENT"
    assert settlement["sealed_at"][:10] < settlement["due_on"]
    assert len(await paid(opened)) == 1


async def test_edge_35_a_late_inspection_of_the_rest_holds_nothing_back(ruled: Ruled) -> None:
    """What was graded is paid once the other is overdue; that one is paid by itself."""
    opened = await first_of_two(await ruled(together()))
    await opened.do(received(counted({}, **{LAMP: 1}), receipt_id="R-2"))

    await opened.house.pass_time(hours=49)
    await opened.until_lot(LOT, "REFUNDED")
    await opened.do(graded(REST, Grade.A))
    await opened.until_lot(REST, "REFUNDED")

    assert len(await paid(opened)) == 2


@pytest.mark.parametrize("hours", [336, 400])
def test_edge_35_a_wait_that_outlasts_the_refund_is_refused(hours: int) -> None:
    """What came is due fourteen days after it came, whatever else is awaited."""
    with pytest.raises(ValueError, match=r"handling_hours\.wait_for_rest: wanted less"):
        together(hours={"wait_for_rest": hours})
