"""Goods for goods of another price: the difference is given back, or paid at the shop first."""

from typing import Any

import pytest

from domain.inspection import Grade
from domain.requests import Resolution
from tests.flow.test_fees import until_mailed
from tests.support.house import House, OpenReturn
from tests.support.told import (
    CUSTOMER_SIDE,
    counted,
    for_exchange,
    graded,
    info,
    received,
    shipped,
)
from workflows.messages import ChooseResolution
from workflows.return_workflow import ReturnWorkflow

PAID = 9900
WANTED = "SNEAKER-GOLD"


async def exchange(house: House, *, price: int) -> OpenReturn:
    """A shoe for 9900 yen that came back as new, to be exchanged for one at ``price``."""
    order = house.sandbox.order("exchange")
    product = {"price_minor": price, "currency": "JPY", "in_stock": 5}
    house.sandbox.put(f"products/{WANTED}", product)
    opened = await house.open(for_exchange(order, WANTED))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded("line-1/1", Grade.A))
    return opened


async def tell(opened: OpenReturn, status: str) -> None:
    """Let the platform tell that the replacement has got on."""
    (replacement,) = opened.ledger()["replacements"]
    signal = shipped(replacement["reference"], status)
    await opened.handle.signal(ReturnWorkflow.take_replacement_news, signal)


def replacement_of(opened: OpenReturn) -> Any:
    (found,) = opened.ledger()["replacements"]
    return found


async def test_cheaper_goods_give_the_difference_back_once(house: House) -> None:
    """When they are sent, to the card that paid."""
    opened = await exchange(house, price=PAID - 1900)
    await opened.until_lot("line-1/1", "REPLACEMENT_RESERVED")
    assert opened.ledger()["refunds"] == []

    await tell(opened, "shipped")
    await tell(opened, "delivered")

    assert (await opened.ends()).headline == "CLOSED"
    assert [refund["amount_minor"] for refund in opened.ledger()["refunds"]] == [1900]
    (settlement,) = (await opened.view())["settlements"]
    (row,) = settlement["breakdown"]
    assert (row["exchange_minor"], row["refund_minor"]) == (8000, 1900)


async def test_dearer_goods_are_sent_once_the_difference_is_paid(house: House) -> None:
    """The shop takes the payment; until then the customer has its link and a date."""
    opened = await exchange(house, price=PAID + 2100)
    await opened.until_waiting("awaiting_difference")

    (lot,) = (await opened.view())["lots"]
    assert replacement_of(opened)["due_minor"] == lot["replacement_due_minor"] == 2100
    assert lot["replacement_payment_url"] == replacement_of(opened)["payment_url"]
    for status in ("created", "shipped", "delivered"):
        await tell(opened, status)

    assert (await opened.ends()).headline == "CLOSED"
    assert opened.ledger()["refunds"] == []
    types = await opened.event_types()
    assert types.index("replacement.payment_asked") < types.index("replacement.paid")
    mail = await until_mailed(opened, "costs more")
    assert "2100 JPY" in mail["text"]
    assert lot["replacement_payment_url"] in mail["text"]


@pytest.mark.parametrize("waits", [True, False])
async def test_unpaid_goods_are_called_off_and_the_money_goes_back(
    house: House, waits: bool
) -> None:
    """Because nobody paid in time, or because the customer chose it."""
    opened = await exchange(house, price=PAID + 2100)
    await opened.until_waiting("awaiting_difference")

    if waits:
        await house.pass_time(days=15)
    else:
        await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))

    await opened.until_lot("line-1/1", "REFUNDED")
    assert replacement_of(opened)["status"] == "cancelled"
    assert len(opened.ledger()["refunds"]) == 1


async def test_what_is_paid_in_the_last_moment_is_sent(house: House) -> None:
    """The platform says that it was paid when it is asked to call it off: no money goes back."""
    opened = await exchange(house, price=PAID + 2100)
    await opened.until_waiting("awaiting_difference")
    order_id = replacement_of(opened)["replacement_order_id"]
    house.sandbox.post(f"replacement-orders/{order_id}/advance", {"status": "created"})

    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))

    await opened.until_lot("line-1/1", "REPLACEMENT_RESERVED")
    await tell(opened, "delivered")
    assert (await opened.ends()).headline == "CLOSED"
    assert opened.ledger()["refunds"] == []


async def test_a_platform_that_does_not_answer_calls_off_later(house: House) -> None:
    """The money waits until it is sure that nothing is sent."""
    opened = await exchange(house, price=PAID + 2100)
    await opened.until_waiting("awaiting_difference")
    operation = "POST /replacement-orders/{id}/cancel"
    away = {"system": "commerce", "operation": operation, "kind": "http_503", "times": 50}

    with house.sandbox.fault(**away):
        await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))
        await house.pass_time(minutes=30)
        await opened.until_waiting("provider_unavailable")
        assert opened.ledger()["refunds"] == []

    await house.pass_time(hours=25)
    await opened.until_lot("line-1/1", "REFUNDED")


async def test_a_platform_that_calls_off_in_its_own_time_is_asked_again(house: House) -> None:
    """It took the wish and still waits to be paid: that parks, and is no loop."""
    opened = await exchange(house, price=PAID + 2100)
    await opened.until_waiting("awaiting_difference")
    slow = {
        "system": "commerce",
        "operation": "POST /replacement-orders/{id}/cancel",
        "kind": "nonsense",
        "set": {"path": "status", "value": "awaiting_payment"},
        "times": 50,
    }

    with house.sandbox.fault(**slow):
        await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))
        await opened.until_waiting("provider_unavailable")

    await house.pass_time(hours=25)
    await opened.until_lot("line-1/1", "REFUNDED")
    assert len(opened.ledger()["refunds"]) == 1
