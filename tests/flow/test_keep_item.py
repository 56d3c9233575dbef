"""Goods that may be kept: paid or replaced at once, with no parcel, and never twice."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.policies import Policy
from domain.requests import HandoverMethod, ReturnRequest
from tests.flow.conftest import Ruled
from tests.flow.test_exchange import WANTED
from tests.flow.test_handover import mailed
from tests.support.builders import policy
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import (
    REVIEWER,
    complaint,
    counted,
    for_exchange,
    info,
    received,
    shipped,
    some_of,
)
from workflows.messages import Approve
from workflows.return_workflow import ReturnWorkflow

KEEP = HandoverMethod.KEEP


def up_to(minor: int, currency: str = "CNY") -> Policy:
    return replace(policy(), keep_item_up_to=((currency, minor),))


def to_keep(request: ReturnRequest) -> ReturnRequest:
    return replace(request, handover=KEEP)


def booked(opened: OpenReturn) -> list[Any]:
    ledger = opened.ledger()
    return [*ledger["labels"], *ledger["pickups"]]


async def test_what_may_be_kept_is_paid_without_a_parcel(ruled: Ruled) -> None:
    """The preview said so; one refund, no label, no stock, and the customer reads by when."""
    house = await ruled(up_to(20_000))
    order = house.sandbox.order("three-units")
    asked = to_keep(some_of(order, 1))
    previews = house.previews()
    forecast = await previews.preview(TENANT, asked, at=datetime.now(UTC))

    opened = await house.open(asked)
    await opened.until_lot("line-1/1", "REFUNDED")

    view = await opened.view()
    (settlement,) = view["settlements"]
    assert forecast.authorization == "APPROVED"
    assert forecast.settlement_hash == settlement["settlement_hash"]
    assert settlement["breakdown"][0]["cover"] == "keep_item"
    assert view["lines"][0]["counters"]["kept"] == 1
    assert view["deliveries"] == []
    await mailed(opened, "Please keep the goods")
    assert (await opened.ends()).headline == "CLOSED"
    assert [row["amount_minor"] for row in opened.ledger()["refunds"]] == [
        settlement["amount_minor"]
    ]
    assert (booked(opened), opened.ledger()["stock_moves"]) == ([], [])


async def test_a_kept_unit_cannot_be_returned_again(ruled: Ruled) -> None:
    """It stays with the ledger as kept; the others of the line are free."""
    house = await ruled(up_to(20_000))
    order = house.sandbox.order("three-units")
    opened = await house.open(to_keep(some_of(order, 1)))
    await opened.until_lot("line-1/1", "REFUNDED")

    _, refused = await house.start(some_of(order, 3))

    held = await house.returns.held_units(TENANT, order["order_id"])
    assert [unit.state for unit in held] == ["kept"]
    assert refused.refusal is not None
    assert refused.refusal.code == "units_not_available"


async def test_above_the_limit_a_reviewer_lets_it_be_kept(house: House) -> None:
    """The standard pack names no limit: the wish waits for a person, and is granted as it is."""
    opened = await house.open(to_keep(some_of(house.sandbox.order("three-units"), 1)))
    wait = await opened.until_waiting("awaiting_review")
    assert wait["detail"] == "M_KEEP_ITEM"

    await opened.do(Approve(info(REVIEWER), ("line-1",)))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert booked(opened) == []


async def test_a_reviewer_lets_damaged_goods_be_kept(house: House) -> None:
    """They were to be brought; nothing of it is booked."""
    opened = await house.open(complaint(house.sandbox.order("three-units")))
    await opened.until_waiting("awaiting_review")

    await opened.do(Approve(info(REVIEWER), ("line-1",), handover=KEEP))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert booked(opened) == []


async def test_a_replacement_goes_out_for_goods_that_are_kept(ruled: Ruled) -> None:
    """One replacement and no money."""
    house = await ruled(up_to(20_000, "JPY"))
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": 5}
    house.sandbox.put(f"products/{WANTED}", product)

    opened = await house.open(to_keep(for_exchange(order, WANTED)))
    await opened.until_lot("line-1/1", "REPLACEMENT_RESERVED")
    (replacement,) = opened.ledger()["replacements"]
    for status in ("shipped", "delivered"):
        news = shipped(replacement["reference"], status)
        await opened.handle.signal(ReturnWorkflow.take_replacement_news, news)

    assert (await opened.ends()).headline == "CLOSED"
    assert (opened.ledger()["refunds"], booked(opened)) == ([], [])


async def test_kept_goods_that_come_all_the_same_are_paid_once(ruled: Ruled) -> None:
    """They are noted as unexpected, for quarantine; the money went out already."""
    house = await ruled(up_to(20_000))
    opened = await house.open(to_keep(some_of(house.sandbox.order("three-units"), 1)))
    await opened.until_lot("line-1/1", "REFUNDED")

    await opened.do(received(counted({"lines": []}, **{"LAMP-DESK-WHITE": 1})))

    view = await opened.until(lambda view: len(view["receipts"]) == 1)
    assert view["receipts"][0]["entries"][0]["unexpected"] == 1
    assert (await opened.ends()).headline == "CLOSED"
    assert len(opened.ledger()["refunds"]) == 1
