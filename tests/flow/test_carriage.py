"""Goods that no carrier may have: a person sends them to a store, and nothing is ever booked."""

from typing import Any

from domain.inspection import Grade
from domain.requests import HandoverMethod
from tests.flow.test_handover import change, counted_one, labels, mailed, until_delivery
from tests.flow.test_pickups import visits_at_carrier
from tests.support.house import House
from tests.support.told import REVIEWER, graded, info, received, some_of
from workflows.messages import Approve

M = HandoverMethod


def hazardous(house: House) -> dict[str, Any]:
    order = house.sandbox.order("three-units")
    order["lines"][0]["traits"] = ["HAZARDOUS"]
    return dict(house.sandbox.put(f"orders/{order['order_id']}", order))


async def test_edge_24_hazardous_goods_are_brought_to_a_store(house: House) -> None:
    """A wish for a label waits for a person; the store's count is the receipt, and it is paid."""
    opened = await house.open(some_of(hazardous(house), 1))
    wait = await opened.until_waiting("awaiting_review")
    assert wait["detail"] == "M_NOT_TRANSPORTABLE"

    refused = await opened.refused(Approve(info(REVIEWER), ("line-1",)))
    await opened.do(Approve(info(REVIEWER), ("line-1",), handover=M.IN_STORE))
    await until_delivery(opened, 1, state="AWAITING_HANDOVER", method="IN_STORE")
    changed = await opened.refused(change(M.DROP_OFF))
    await mailed(opened, "Bring it to one of our stores")
    await opened.do(received(counted_one(), receipt_id="R-store"))
    await opened.do(graded("line-1/1", Grade.A))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert (refused, changed) == ("not_transportable", "not_transportable")
    assert (labels(opened), visits_at_carrier(opened)) == ([], [])
