"""Goods for goods: ordered once, answered by money when they are gone."""

from dataclasses import replace

import pytest

from domain.inspection import Grade
from domain.requests import Resolution
from tests.support.house import House, OpenReturn, eventually
from tests.support.told import (
    CUSTOMER_SIDE,
    counted,
    for_exchange,
    graded,
    info,
    lot_states,
    received,
    shipped,
)
from workflows.messages import ChooseResolution
from workflows.return_workflow import ReturnWorkflow

WANTED = "SNEAKER-BLUE-25-5"


async def exchange(house: House, *, in_stock: int) -> OpenReturn:
    """A shoe that came back as new and is to be exchanged for another size."""
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": in_stock}
    house.sandbox.put(f"products/{WANTED}", product)
    opened = await house.open(for_exchange(order, WANTED))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded("line-1/1", Grade.A))
    return opened


@pytest.mark.parametrize("news", [("shipped", "delivered"), ("delivered", "shipped")])
async def test_orders_the_replacement_once(house: House, news: tuple[str, str]) -> None:
    """One replacement, although its answer is lost, and in whatever order its news comes."""
    plan = {"system": "commerce", "operation": "POST /replacement-orders", "kind": "lost_reply"}
    with house.sandbox.fault(**plan):
        opened = await exchange(house, in_stock=5)
        await house.pass_time(seconds=10)
        await opened.until_lot("line-1/1", "REPLACEMENT_RESERVED")

    replacements = opened.ledger()["replacements"]
    spoilt = replace(shipped(replacements[0]["reference"], "delivered"), event_id="a\x00b")
    await opened.handle.signal(ReturnWorkflow.take_replacement_news, spoilt)
    for status in news:
        signal = shipped(replacements[0]["reference"], status)
        await opened.handle.signal(ReturnWorkflow.take_replacement_news, signal)

    assert (await opened.ends()).headline == "CLOSED"
    assert len(replacements) == 1
    assert opened.ledger()["refunds"] == []
    types = await opened.event_types()
    assert types.index("replacement.shipped") < types.index("replacement.delivered")


async def test_takes_news_that_comes_before_the_order_is_answered(house: House) -> None:
    """A platform may tell of a replacement while we still wait for the answer to ordering it."""
    orders = {"system": "commerce", "operation": "POST /replacement-orders"}
    with house.sandbox.fault(**orders, kind="delay", delay_ms=1500):
        opened = await exchange(house, in_stock=5)
        await eventually(lambda: being_ordered(house), bool)
        reference = f"{opened.return_id}/replacement/line-1/1"
        await opened.handle.signal(
            ReturnWorkflow.take_replacement_news, shipped(reference, "delivered")
        )
        before = await opened.view()

        await opened.until_lot("line-1/1", "REPLACED")

    assert lot_states(before) == {"line-1/1": "ACCEPTED"}
    types = await opened.event_types()
    assert types.count("replacement.shipped") == types.count("replacement.delivered") == 1


async def being_ordered(house: House) -> int:
    return sum(fault["struck"] for fault in house.sandbox.faults().values())


async def test_pays_instead_when_the_customer_chooses_it(house: House) -> None:
    """Out of stock asks again; the customer takes the money."""
    opened = await exchange(house, in_stock=0)
    await opened.until_waiting("replacement_out_of_stock")

    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))

    assert (await opened.ends()).headline == "CLOSED"
    assert len(opened.ledger()["refunds"]) == 1


async def test_pays_instead_when_nobody_chooses(house: House) -> None:
    """At the deadline money is the default."""
    opened = await exchange(house, in_stock=0)
    await opened.until_waiting("replacement_out_of_stock")

    await house.pass_time(hours=25)

    await opened.until_lot("line-1/1", "REFUNDED")
    assert "sla.breached" in await opened.event_types()
