"""Goods that came from an exchange come back as any others, for the value that was carried over."""

import pytest

from domain.inspection import Grade
from tests.flow.test_exchange_differences import PAID, exchange, replacement_of, tell
from tests.support.house import House
from tests.support.told import counted, graded, received, whole_order

DUE = 2_100


@pytest.mark.parametrize(
    ("price", "refunds"),
    [(PAID, [PAID]), (PAID - 1_900, [PAID - 1_900]), (PAID + DUE, [DUE, PAID])],
    ids=["even", "cheaper", "dearer"],
)
async def test_edge_15_goods_from_an_exchange_come_back_for_the_value_carried_over(
    house: House, price: int, refunds: list[int]
) -> None:
    """What was paid first, more or less by the difference, goes back to what paid it."""
    first = await exchange(house, price=price)
    await first.until(lambda view: view["lots"][0]["replacement_order_id"] is not None)
    order_id = replacement_of(first)["replacement_order_id"]
    house.sandbox.post(f"replacement-orders/{order_id}/advance", {"status": "delivered"})
    for status in ("created", "shipped", "delivered"):
        await tell(first, status)
    await first.until_lot("line-1/1", "REPLACED")

    order = house.sandbox.http.get(
        f"/commerce/v1/orders/{order_id}", headers={"Authorization": "Bearer ct_1"}
    ).json()
    second = await house.open(whole_order(order))
    await second.ready_for_handover()
    await second.do(received(counted(order)))
    await second.do(graded("line-1/1", Grade.A))
    await second.until_lot("line-1/1", "REFUNDED")

    view = await second.view()
    assert view["lines"][0]["decision"]["verdict"] == "APPROVE"
    (row,) = view["settlements"][0]["breakdown"]
    assert row["refund_minor"] == price
    paid = [refund["amount_minor"] for refund in second.ledger()["refunds"]]
    assert sorted(paid) == sorted(refunds)
