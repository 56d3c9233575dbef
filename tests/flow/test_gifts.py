"""A gift that is not sent back: told by the preview, asked for with the grant, deducted, undone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.gifts import MissingGift
from domain.inspection import Grade
from domain.requests import RequestedLine
from tests.flow.conftest import Ruled
from tests.flow.test_handover import mailed
from tests.support.builders import policy
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import counted, graded, received, whole_order

LAMP, BULB = "LAMP-DESK-WHITE", "BULB-WARM"
EACH = RequestedLine("line-1", 1)


def with_gift(house: House) -> dict[str, Any]:
    """Three lamps with a bulb each, whose price of 12.00 CNY is printed on its box."""
    order = house.sandbox.order("three-units")
    (lamps,) = order["lines"]
    bulbs = lamps | {
        "line_id": "line-2",
        "sku": BULB,
        "title": "Warm bulb",
        "gross_minor": 0,
        "discount_minor": 0,
        "taxes": [],
        "gift_of": "line-1",
        "gift_value_minor": 3_600,
    }
    changed: dict[str, Any] = order | {"lines": [lamps, bulbs]}
    return dict(house.sandbox.put(f"orders/{order['order_id']}", changed))


async def taken_in(opened: OpenReturn, order: dict[str, Any], sku: str, lot_id: str) -> None:
    await opened.ready_for_handover()
    await opened.do(received(counted(order, **{sku: 1}), receipt_id=f"R-{sku}"))
    await opened.do(graded(lot_id, Grade.A))
    await opened.until_lot(lot_id, "REFUNDED")


async def test_edge_12_a_gift_is_deducted_and_given_back_when_it_comes(ruled: Ruled) -> None:
    """A lamp comes without its bulb; the bulb follows in a return of its own."""
    house = await ruled(replace(policy(), missing_gift=MissingGift.DEDUCT))
    order = with_gift(house)
    asked = whole_order(order, lines=(EACH,))
    told = await house.previews().preview(TENANT, asked, at=datetime.now(UTC))

    lamp = await house.open(asked)
    await mailed(lamp, "1 × Warm bulb (12.00 CNY)")
    await taken_in(lamp, order, LAMP, "line-1/1")
    bulb = await house.open(whole_order(order, lines=(replace(EACH, line_id="line-2"),)))
    await taken_in(bulb, order, BULB, "line-2/1")

    (owed,) = told.gifts
    assert (owed.line_id, owed.quantity, owed.value_minor) == ("line-2", 1, 1_200)
    kept = [(await one.view())["settlements"][0]["breakdown"][0] for one in (lamp, bulb)]
    assert [row["clawback_minor"] for row in kept] == [1_200, -1_200]
    assert told.refund_minor == kept[0]["refund_minor"]
    assert (
        sum(row["refund_minor"] for row in kept)
        == kept[0]["gross_minor"]
        + sum(kept[0][name] for name in ("tax_minor", "shipping_minor"))
        - kept[0]["discount_minor"]
    )
