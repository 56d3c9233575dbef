"""Lots that end while value is on its way out for them, or for others of the same parcel."""

from typing import Any

import pytest

from activities.errors import refused
from activities.payments import PaymentActivities, Settle
from domain.inspection import Grade
from domain.policy_reading import parse_policy
from domain.requests import RequestedLine, Resolution
from domain.tracking import Milestone
from tests.flow.conftest import Ruled
from tests.flow.test_advance_exchange import (
    LOT,
    WANTED,
    advance,
    asked,
    comes,
    holds,
    news,
    order_with_hold,
    secured,
)
from tests.support.house import House, OpenReturn
from tests.support.releasing import releasing, releasing_pack
from tests.support.told import (
    CUSTOMER_SIDE,
    FINANCE,
    counted,
    info,
    lot_states,
    received,
    some_of,
    waiting_codes,
    whole_order,
)
from workflows.messages import CountedEntry, ResolveRecovery, Withdraw

ORDERING = {"system": "commerce", "operation": "POST /replacement-orders"}
OTHER = (CountedEntry("OTHER", 1),)
EARLY = releasing(refund="approval", recovery="ask", hours=120)


async def labelled(opened: OpenReturn) -> None:
    await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)


@pytest.mark.parametrize("end", ["NOT_SENT", "EXPIRED"])
async def test_what_ended_meanwhile_is_not_paid_when_the_trouble_is_over(
    ruled: Ruled, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Its units can be returned again: an early refund that stood parked is given up with it."""

    async def not_now(_self: Any, _asked: Settle) -> Any:
        raise refused("NothingLeft", "not now")

    house = await ruled(EARLY)
    with monkeypatch.context() as trouble:
        trouble.setattr(PaymentActivities, "_seal", not_now)
        order = house.sandbox.order("three-units")
        opened = await house.open(some_of(order, 1))
        await opened.until_waiting("nothing_left_to_refund")
        await labelled(opened)
        if end == "NOT_SENT":
            await opened.do(received(OTHER))
            await house.pass_time(days=15)
            await opened.until_lot(LOT, "NOT_SENT")
        else:
            await house.pass_time(days=31)
            await opened.until(lambda view: view["authorization_state"] == "EXPIRED")

    assert (await opened.ends()).headline in ("CLOSED", "EXPIRED")
    assert opened.ledger()["refunds"] == []
    assert (await opened.view())["broken_invariants"] == []


async def test_goods_beside_those_that_were_replaced_early_may_come_late(ruled: Ruled) -> None:
    """The label is good for all of the parcel, so none of it ends by the clock alone."""
    house = await ruled(releasing(replacement="approval", recovery="ask", hours=2000))
    order = order_with_hold(house)
    (first,) = order["lines"]
    order["lines"].append(first | {"line_id": "line-2", "sku": "SHOE-2"})
    paid = {"payment_ref": None, "captured_minor": 20_350}
    order["tenders"] = [order["tenders"][0] | paid | {"holdable_minor": None, "hold_method": None}]
    order = house.sandbox.put(f"orders/{order['order_id']}", order)
    lines = (
        RequestedLine("line-1", 1, Resolution.EXCHANGE, exchange_sku=WANTED),
        RequestedLine("line-2", 1),
    )
    opened = await house.open(whole_order(order, lines=lines))
    await opened.until(lambda view: view["lots"][0]["replacement_order_id"] is not None)
    await news(opened, "delivered")

    await house.pass_time(days=31)
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.do(received(counted(order)))

    assert lot_states(await opened.view())["line-2/1"] == "RECEIVED"


async def waits_for_finance(ruled: Ruled) -> tuple[House, OpenReturn]:
    limit = {"approval_above": {"CNY": 100}}
    early = releasing_pack(refund="approval", recovery="ask", hours=120)
    house = await ruled(parse_policy(early | limit))
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await opened.until_waiting("awaiting_settlement_approval")
    await opened.ready_for_handover()
    return house, opened


async def test_what_finance_has_not_approved_has_not_gone(ruled: Ruled) -> None:
    """The request can be taken back."""
    _, opened = await waits_for_finance(ruled)

    await opened.do(Withdraw(info(CUSTOMER_SIDE)))

    assert (await opened.ends()).headline == "WITHDRAWN"


async def test_a_return_that_waits_for_finance_expires_as_any_other(ruled: Ruled) -> None:
    """Its label is given back, and the customer is told."""
    house, opened = await waits_for_finance(ruled)

    await house.pass_time(days=31)

    assert (await opened.ends()).headline == "EXPIRED"
    assert [row["status"] for row in opened.ledger()["labels"]] != ["bought"]
    notices = [event.data["type"] for event in await opened.events("notice.due")]
    assert "expired" in notices


async def test_a_charge_for_a_replacement_that_never_left_is_given_back(ruled: Ruled) -> None:
    """The goods are rejected, the hold is taken, and then the shop cancels what it owed."""
    house = await ruled(secured())
    order, opened = await asked(house)
    await opened.until(lambda view: view["lots"][0]["replacement_order_id"] is not None)
    await comes(opened, order, Grade.X)
    await house.pass_time(days=30)
    await opened.until(lambda view: (advance(view)["recovery"] or {}).get("state") == "collected")

    await news(opened, "cancelled")
    await opened.until(lambda view: advance(view)["recovery"]["state"] == "given_back")

    taken = sum(captured for _, captured in holds(opened, order))
    assert taken == sum(refund["amount_minor"] for refund in opened.ledger()["refunds"]) > 0


async def test_a_charge_by_hand_for_what_never_left_is_to_be_given_back(ruled: Ruled) -> None:
    """Finance is asked, who charged it."""
    house = await ruled(releasing(replacement="approval", recovery="ask", hours=120))
    order, opened = await asked(house)
    await opened.until(lambda view: view["lots"][0]["replacement_order_id"] is not None)
    await comes(opened, order, Grade.X)
    await house.pass_time(days=30)
    await opened.until_waiting("recovery_due")
    await opened.do(ResolveRecovery(info(FINANCE), LOT, "charged", "agreed", "invoice 7"))

    await news(opened, "cancelled")

    await opened.until_waiting("charge_to_give_back")


@pytest.mark.parametrize("held", [False, True])
async def test_a_replacement_that_left_for_goods_given_up_is_asked_back(
    ruled: Ruled, held: bool
) -> None:
    """It was ordered while the shop was away, and the goods counted as not sent meanwhile."""
    plain = releasing(replacement="approval", recovery="ask", hours=120)
    house = await ruled(secured() if held else plain)
    with house.sandbox.fault(**ORDERING, kind="http_503", times=500):
        _, opened = await asked(house)
        await labelled(opened)
        await house.pass_time(minutes=20)
        await opened.until_waiting("provider_unavailable")
        await opened.do(received(OTHER))
        await opened.until_lot(LOT, "MISSING")
        await house.pass_time(days=20)
        await opened.until_lot(LOT, "NOT_RETURNED")

    await house.pass_time(days=3)
    await opened.until_event("replacement.created")
    await news(opened, "delivered")
    await opened.until(lambda view: advance(view)["recovery"]["state"] != "open")

    assert held or "recovery_due" in waiting_codes(await opened.view())
