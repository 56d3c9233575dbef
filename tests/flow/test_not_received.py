"""Edge 36: the carrier says that it delivered, and the warehouse has nothing."""

from datetime import datetime, timedelta

import pytest

from domain.tracking import Milestone
from tests.flow.conftest import Ruled
from tests.flow.test_handover import mailed
from tests.flow.test_losing import LOT, one_lamp, paid, under_way
from tests.support.house import House, OpenReturn
from tests.support.ruling import ruled_by
from tests.support.told import OPS, info, received
from workflows.messages import ExtendDeadline, MarkLost

A_WEEK = 168


async def delivered(house: House) -> OpenReturn:
    """A lamp that its carrier delivered to nobody we know."""
    opened = await under_way(house, Milestone.DELIVERED)
    await opened.until_waiting("awaiting_receipt")
    return opened


async def test_edge_36_by_the_deadline_the_customer_is_paid(ruled: Ruled) -> None:
    """First ops are told, with a date on which it ends; then system:timeout decides it."""
    opened = await delivered(await ruled(ruled_by(hours={"not_received": A_WEEK})))

    await opened.house.pass_time(hours=150)
    wait = await opened.until_waiting("delivered_not_received")
    await opened.house.pass_time(hours=24)
    await opened.until_lot(LOT, "REFUNDED")

    since, deadline = (datetime.fromisoformat(wait[name]) for name in ("since", "deadline"))
    assert deadline - since == timedelta(hours=A_WEEK)
    assert "counts as lost" in wait["at_deadline"]
    (lost,) = await opened.events("delivery.lost")
    assert lost.actor == "system:timeout"
    assert str(lost.data["evidence"]).startswith("the carrier's scan says delivered at 2")
    await mailed(opened, "The carrier lost your parcel")
    assert (await opened.ends()).headline == "CLOSED"
    assert len(await paid(opened)) == 1


async def test_edge_36_what_turns_up_after_that_goes_to_quarantine(ruled: Ruled) -> None:
    """Nothing is paid twice, and nothing asked back."""
    opened = await delivered(await ruled(ruled_by(hours={"not_received": A_WEEK})))
    await opened.house.pass_time(hours=A_WEEK + 1)
    await opened.until_lot(LOT, "REFUNDED")

    await opened.do(received(one_lamp(), receipt_id="R-found"))
    await opened.until_event("stock.moved")

    assert [row["disposition"] for row in opened.ledger()["stock_moves"]] == ["QUARANTINE"]
    assert len(await paid(opened)) == 1
    assert (await opened.view())["broken_invariants"] == []


async def test_edge_36_a_count_before_the_deadline_ends_it(ruled: Ruled) -> None:
    """The warehouse found it: it is inspected as any other."""
    opened = await delivered(await ruled(ruled_by(hours={"not_received": A_WEEK})))
    await opened.house.pass_time(hours=100)

    await opened.do(received(one_lamp()))
    await opened.house.pass_time(hours=A_WEEK)

    assert await opened.events("delivery.lost") == []
    await opened.until_waiting("inspection_overdue")


async def test_edge_36_who_searches_on_gets_the_time_for_it(ruled: Ruled) -> None:
    """A deadline that ops moved counts for the decision as well."""
    opened = await delivered(await ruled(ruled_by(hours={"not_received": A_WEEK})))
    wait = await opened.until_waiting("awaiting_receipt")
    until = datetime.fromisoformat(wait["since"]) + timedelta(hours=2 * A_WEEK)
    await opened.do(ExtendDeadline(info(OPS), wait["key"], until))

    await opened.house.pass_time(hours=A_WEEK + 24)
    searched = await opened.view()
    await opened.house.pass_time(hours=A_WEEK)

    assert searched["deliveries"][0]["state"] == "DELIVERED"
    await opened.until_lot(LOT, "REFUNDED")


@pytest.mark.parametrize("hours", [{}, {"not_received": 0}], ids=["left out", "zero"])
async def test_edge_36_without_that_deadline_ops_decide(
    ruled: Ruled, hours: dict[str, int]
) -> None:
    """They are told again and again, and nothing is paid before somebody says so."""
    opened = await delivered(await ruled(ruled_by(hours=hours)))

    await opened.house.pass_time(hours=10 * A_WEEK)
    wait = await opened.until_waiting("delivered_not_received")
    before = await paid(opened)
    await opened.do(MarkLost(info(OPS), "d1", "trace 1: no parcel", "claim-1"))
    await opened.until_lot(LOT, "REFUNDED")

    assert (wait["owner"], before) == ("ops", [])
    assert wait["exits"] == ["receive", "mark-lost", "extend-deadline"]
