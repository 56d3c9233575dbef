"""Goods before goods: the replacement leaves first, and a hold on the card answers for the old."""

from typing import Any

from domain.inspection import Grade
from domain.requests import Resolution
from tests.flow.conftest import Ruled, under
from tests.support.house import House, OpenReturn
from tests.support.releasing import LONGEST, releasing
from tests.support.stepping import each_trigger, steps
from tests.support.told import (
    CUSTOMER_SIDE,
    FINANCE,
    counted,
    for_exchange,
    graded,
    info,
    lot_states,
    received,
    shipped,
    waiting_codes,
)
from workflows.messages import ChooseResolution, ResolveRecovery, Withdraw
from workflows.return_workflow import ReturnWorkflow

WANTED, LOT = "SNEAKER-BLUE-25-5", "line-1/1"
PLACE = {"system": "stripe", "operation": "POST /v1/payment_intents"}
CAPTURE = {"system": "stripe", "operation": "POST /v1/payment_intents/{intent}/capture"}
DECLINED: dict[str, Any] = PLACE | {
    "kind": "nonsense",
    "set": {"path": "status", "value": "requires_action"},
}
"""The issuer wants to hear of the customer, who is not there."""


def secured(replacement: str = "approval", hours: int = 120) -> Any:
    return releasing(replacement=replacement, hold="required", recovery="capture_hold", hours=hours)


def order_with_hold(house: House, *, in_stock: int = 5, agreed: int | None = 9_999_999) -> Any:
    """A pair of shoes whose customer agreed to have money held."""
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": in_stock}
    house.sandbox.put(f"products/{WANTED}", product)
    agreement = {"holdable_minor": agreed, "hold_method": None}
    tenders = [tender | agreement for tender in order["tenders"]]
    return house.sandbox.put(f"orders/{order['order_id']}", order | {"tenders": tenders})


async def asked(house: House, **of: Any) -> tuple[Any, OpenReturn]:
    order = order_with_hold(house, **of)
    return order, await house.open(for_exchange(order, WANTED))


async def sent_ahead(house: House) -> tuple[Any, OpenReturn]:
    """The replacement has left before the old pair came."""
    order, opened = await asked(house)
    await opened.until(lambda view: view["lots"][0]["replacement_order_id"] is not None)
    await news(opened, "shipped")
    await opened.until_waiting("awaiting_goods")
    return order, opened


async def news(opened: OpenReturn, status: str) -> None:
    reference = f"{opened.return_id}/replacement/{LOT}"
    signal = shipped(reference, status)
    await opened.handle.signal(ReturnWorkflow.take_replacement_news, signal)


async def comes(opened: OpenReturn, order: Any, grade: Grade = Grade.A) -> None:
    await opened.do(received(counted(order)))
    await opened.do(graded(LOT, grade, checklist=("worn",)))


def advance(view: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = view["lots"][0]["advance"]
    return found


def holds(opened: OpenReturn, order: Any) -> list[tuple[str, int]]:
    """Return status and taken amount of each hold at the provider."""
    found = opened.house.sandbox.ledger(order_id=order["order_id"])["holds"]
    return [(hold["status"], hold["captured_minor"]) for hold in found]


async def test_holds_the_value_then_sends_then_lets_go(ruled: Ruled) -> None:
    """Hold, replacement, old goods, release: in this order, and no money moves."""
    house = await ruled(secured())
    order, opened = await sent_ahead(house)
    ahead, row = await opened.view(), await opened.row()
    standing = holds(opened, order)

    await news(opened, "delivered")
    await comes(opened, order)

    assert (await opened.ends()).headline == "CLOSED"
    assert (lot_states(ahead), ahead["headline"]) == ({LOT: "AUTHORIZED"}, "APPROVED")
    assert ahead["next_step"]["owner"] == row.owner_role == "customer"
    value = advance(ahead)["recovery"]["value_minor"]
    assert advance(ahead)["hold"]["amount_minor"] == value > 0
    assert standing == [("held", 0)]
    assert holds(opened, order) == [("voided", 0)]
    types = await opened.event_types()
    order_of = [types.index(name) for name in ("hold.placed", "replacement.created")]
    assert order_of == sorted(order_of)
    assert opened.ledger()["refunds"] == []
    assert len(opened.ledger()["replacements"]) == 1
    view = await opened.view()
    assert (lot_states(view), advance(view)["recovery"]["state"]) == (
        {LOT: "REPLACED"},
        "discharged",
    )


async def test_edge_73_goods_after_the_charge_give_it_back(ruled: Ruled) -> None:
    """Charged at the deadline, then the goods come: the charge is given back, once."""
    house = await ruled(secured())
    order, opened = await sent_ahead(house)
    await news(opened, "delivered")

    await house.pass_time(hours=121)
    await opened.until(lambda view: advance(view)["recovery"]["state"] == "collected")
    charged = holds(opened, order)
    value = advance(await opened.view())["recovery"]["value_minor"]
    await comes(opened, order)

    assert (await opened.ends()).headline == "CLOSED"
    assert charged == [("captured", value)]
    assert [row["amount_minor"] for row in opened.ledger()["refunds"]] == [value]
    assert advance(await opened.view())["recovery"]["state"] == "given_back"
    notices = [event.data["type"] for event in await opened.events("notice.due")]
    assert "recovery_charged" in notices
    assert "charge_given_back" in notices


async def test_edge_72_goods_that_never_come_are_taken_from_the_hold(ruled: Ruled) -> None:
    """At the deadline the hold is taken, though the answer is lost: once."""
    house = await ruled(secured())
    order, opened = await sent_ahead(house)
    await news(opened, "delivered")

    with house.sandbox.fault(**CAPTURE, kind="lost_reply"):
        await house.pass_time(hours=121)
        await opened.until(lambda view: advance(view)["recovery"]["state"] == "collected")

    assert (await opened.ends()).headline == "CLOSED"
    view = await opened.view()
    value = advance(view)["recovery"]["value_minor"]
    assert holds(opened, order) == [("captured", value)]
    assert (lot_states(view), advance(view)["recovery"]["way"]) == ({LOT: "NOT_RETURNED"}, "hold")


async def test_edge_72_a_short_hold_is_renewed_before_it_ends(ruled: Ruled) -> None:
    """The goods may stay away for ten days, the hold stands for seven: it is placed anew."""
    house = await ruled(secured(hours=240))
    order, opened = await sent_ahead(house)
    await opened.until_waiting("holding")

    await house.pass_time(hours=150)
    await opened.until(lambda view: advance(view)["hold"]["number"] == 2)

    assert holds(opened, order) == [("voided", 0), ("held", 0)]
    assert "hold.renewed" in await opened.event_types()


async def test_edge_72_a_hold_that_is_not_renewed_asks_finance(ruled: Ruled) -> None:
    """The card is declined the second time: finance is told at once, and may charge by consent."""
    house = await ruled(secured(hours=240))
    _, opened = await sent_ahead(house)
    await news(opened, "delivered")
    await opened.until_waiting("holding")

    with house.sandbox.fault(**DECLINED):
        await house.pass_time(hours=150)
        wait = await opened.until_waiting("hold_not_renewed")
    command = ResolveRecovery(info(FINANCE), LOT, "charged", "agreed by mail", "invoice 7")
    await opened.do(command)

    assert wait["owner"] == "finance"
    assert (await opened.ends()).headline == "CLOSED"
    recovery = advance(await opened.view())["recovery"]
    assert (recovery["state"], recovery["way"]) == ("collected", "consent")


async def test_a_worn_pair_costs_its_deduction(ruled: Ruled) -> None:
    """20 % of the price is taken from the hold, the rest is released; the replacement stays."""
    house = await ruled(secured())
    order, opened = await sent_ahead(house)
    await news(opened, "delivered")

    await comes(opened, order, Grade.C)

    assert (await opened.ends()).headline == "CLOSED"
    recovery = advance(await opened.view())["recovery"]
    assert 0 < recovery["due_minor"] < recovery["value_minor"]
    assert holds(opened, order) == [("captured", recovery["due_minor"])]


async def test_a_refused_hold_waits_for_the_goods(ruled: Ruled) -> None:
    """The customer is told, and the exchange goes on as one that waits."""
    house = await ruled(secured())
    with house.sandbox.fault(**DECLINED):
        order, opened = await asked(house)
        await opened.until_event("replacement.advance_declined")
    assert opened.ledger()["replacements"] == []

    await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
    await comes(opened, order)
    await opened.until_lot(LOT, "REPLACEMENT_RESERVED")
    await news(opened, "delivered")

    assert (await opened.ends()).headline == "CLOSED"
    notices = [event.data["type"] for event in await opened.events("notice.due")]
    assert "advance_declined" in notices
    assert advance(await opened.view())["declined"] == "hold_refused"


async def test_nothing_that_can_be_held_waits_for_the_goods(ruled: Ruled) -> None:
    """The platform names no card: the exchange waits, and nobody is asked for money."""
    house = await ruled(secured())
    order, opened = await asked(house, agreed=None)

    view = await opened.until(lambda view: view["lots"][0]["advance"] is not None)

    assert advance(view)["declined"] == "no_hold_method"
    assert holds(opened, order) == []


async def test_out_of_stock_lets_the_hold_go(ruled: Ruled) -> None:
    """Nothing to send ahead: the money is released, and the exchange waits for the goods."""
    house = await ruled(secured())
    order, opened = await asked(house, in_stock=0)

    await opened.until_event("hold.released")

    assert holds(opened, order) == [("voided", 0)]
    assert advance(await opened.view())["declined"] == "out_of_stock"


async def test_a_replacement_that_the_shop_cancels_waits_for_the_goods(ruled: Ruled) -> None:
    """It never left: nothing is owed, the money is let go, and the goods bring a new choice."""
    house = await ruled(secured())
    order, opened = await asked(house)
    await opened.until(lambda view: view["lots"][0]["replacement_order_id"] is not None)
    replacement = opened.ledger()["replacements"][0]["replacement_order_id"]
    house.sandbox.post(f"replacement-orders/{replacement}/advance", {"status": "cancelled"})

    await news(opened, "cancelled")
    await opened.until_event("hold.released")
    ahead = advance(await opened.view())
    await comes(opened, order)

    await opened.until_lot(LOT, "OUT_OF_STOCK")
    assert (ahead["declined"], ahead["recovery"]) == ("out_of_stock", None)
    assert holds(opened, order) == [("voided", 0)]
    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), LOT, Resolution.REFUND))
    await opened.until_lot(LOT, "REFUNDED")
    assert len(opened.ledger()["refunds"]) == 1


async def test_a_withdrawal_is_refused_once_the_replacement_is_out(ruled: Ruled) -> None:
    """From there the only way is forward."""
    house = await ruled(secured())
    _, opened = await sent_ahead(house)

    assert await opened.refused(Withdraw(info(CUSTOMER_SIDE))) == "command_not_allowed"


@each_trigger
async def test_each_trigger_orders_the_replacement_when_it_comes(
    ruled: Ruled, trigger: str, step: int
) -> None:
    """Whatever the refund's trigger is: the two know nothing of each other."""
    other = "accepted" if step < 4 else "first_scan"
    house = await ruled(releasing(refund=other, replacement=trigger))
    order, opened = await asked(house)
    ordered = []

    async for done in steps(opened, counted(order)):
        if done == step:
            await opened.until_event("replacement.created")
        ordered.append(len(opened.ledger()["replacements"]))

    assert ordered == [int(done >= step) for done in range(5)]
    assert opened.ledger()["refunds"] == []


async def test_a_lost_answer_holds_no_more_than_once(ruled: Ruled) -> None:
    """Our side never heard that money is held: it is looked up, and held once."""
    house = await ruled(secured())
    with house.sandbox.fault(**PLACE, kind="lost_reply"):
        order, opened = await asked(house)
        await house.pass_time(seconds=30)
        await opened.until_event("replacement.created")

    assert holds(opened, order) == [("held", 0)]


async def test_a_forgotten_run_still_knows_its_hold(uncached_house: House) -> None:
    """Every task of it is done by a worker that remembers nothing: one hold, one replacement."""
    house = await under(uncached_house, secured(hours=LONGEST))
    order, opened = await sent_ahead(house)

    await news(opened, "delivered")
    await comes(opened, order)

    assert (await opened.handle.result()).headline == "CLOSED"
    assert waiting_codes(await opened.view()) == []
    assert holds(opened, order) == [("voided", 0)]
    assert len(opened.ledger()["replacements"]) == 1
