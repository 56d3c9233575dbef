"""Parcels that do not arrive: lost, found again, brought back to the sender, labels run out."""

from dataclasses import replace
from typing import Any

import pytest

from domain.inspection import Grade
from domain.requests import HandoverMethod
from domain.tracking import Milestone
from tests.flow.conftest import Ruled
from tests.flow.test_handover import arrives, asked, labels, mailed, until_delivery
from tests.support.builders import policy
from tests.support.house import House, OpenReturn
from tests.support.told import (
    CUSTOMER_SIDE,
    OPS,
    counted,
    for_exchange,
    graded,
    info,
    received,
)
from workflows.messages import MarkLost, ReplaceLabel, Withdraw

LAMP = "LAMP-DESK-WHITE"
LOT = "line-1/1"


def lost(delivery_id: str = "d1", evidence: str = "trace 4711: not found") -> MarkLost:
    return MarkLost(info(OPS), delivery_id, evidence, claim_ref="claim-9")


def another(delivery_id: str = "d1") -> ReplaceLabel:
    return ReplaceLabel(info(CUSTOMER_SIDE), delivery_id, "it ran out")


def one_lamp() -> Any:
    return counted({"lines": []}, **{LAMP: 1})


async def under_way(house: House, *more: Milestone) -> OpenReturn:
    """A return of one lamp that its carrier has."""
    opened = await asked(house, HandoverMethod.DROP_OFF)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    await opened.scan(Milestone.FIRST_SCAN, *more)
    await opened.until_headline("IN_TRANSIT")
    return opened


async def paid(opened: OpenReturn) -> list[int]:
    return [row["amount_minor"] for row in opened.ledger()["refunds"]]


@pytest.mark.parametrize("seen", [(), (Milestone.EXCEPTION,), (Milestone.DELIVERED,)])
async def test_edge_37_what_the_carrier_lost_is_paid(
    house: House, seen: tuple[Milestone, ...]
) -> None:
    """On its way, after trouble, and where it says that it delivered (edge 36)."""
    opened = await under_way(house, *seen)

    await opened.do(lost())
    await opened.until_lot(LOT, "REFUNDED")

    view = await opened.view()
    (delivery,) = view["deliveries"]
    assert (delivery["state"], delivery["claim_ref"]) == ("LOST", "claim-9")
    assert view["logistics_state"] == "LOST"
    assert view["settlements"][0]["breakdown"][0]["cover"] == "waiver"
    assert view["settlements"][0]["due_on"] is not None
    assert view["broken_invariants"] == []
    await mailed(opened, "The carrier lost your parcel")
    assert (await opened.ends()).headline == "CLOSED"
    assert len(await paid(opened)) == 1
    assert opened.ledger()["stock_moves"] == []


async def test_edge_37_found_later_nothing_is_paid_twice_or_asked_back(house: House) -> None:
    """The goods go to quarantine; the customer keeps his money."""
    opened = await under_way(house)
    await opened.do(lost())
    await opened.until_lot(LOT, "REFUNDED")

    await opened.do(received(one_lamp(), receipt_id="R-found"))
    await opened.until_event("stock.moved")

    (found,) = await opened.events("lot.found")
    assert found.data["lot_ids"] == [LOT]
    assert [row["disposition"] for row in opened.ledger()["stock_moves"]] == ["QUARANTINE"]
    assert len(await paid(opened)) == 1
    assert await opened.events("receipt.discrepancy") == []
    assert (await opened.view())["broken_invariants"] == []
    assert (await opened.ends()).headline == "CLOSED"


async def test_edge_37_a_lost_exchange_is_replaced(house: House) -> None:
    """Goods for goods, also when the old ones never came."""
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": 5}
    house.sandbox.put("products/SNEAKER-BLUE-25-5", product)
    opened = await house.open(for_exchange(order, "SNEAKER-BLUE-25-5"))
    await opened.ready_for_handover()
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")

    await opened.do(lost())

    await opened.until_lot(LOT, "REPLACEMENT_RESERVED")
    assert len(opened.ledger()["replacements"]) == 1
    assert await paid(opened) == []


async def test_a_parcel_is_not_lost_without_a_word_of_its_carrier(house: House) -> None:
    """Nor before it left, nor twice, nor after it was counted."""
    opened = await asked(house, HandoverMethod.DROP_OFF)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    early = await opened.refused(lost())
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")

    codes = [
        early,
        await opened.refused(lost(evidence="")),
        await opened.refused(lost("d9")),
    ]
    await opened.do(received(one_lamp()))
    codes.append(await opened.refused(lost()))

    assert codes == [
        "command_not_allowed",
        "invalid_request",
        "delivery_not_found",
        "command_not_allowed",
    ]


async def test_edge_38_a_parcel_that_came_back_gets_another_label(house: House) -> None:
    """The time to hand over begins anew, and the return goes its way."""
    opened = await under_way(house, Milestone.RETURNED_TO_SENDER)
    await until_delivery(opened, 1, state="RETURNED_TO_SENDER")

    await opened.do(another())
    second = await until_delivery(opened, 2, state="AWAITING_HANDOVER")

    view = await opened.view()
    assert second["replaces"] == "d1"
    assert view["headline"] == "APPROVED"
    assert [wait["code"] for wait in view["waiting_on"]] == ["awaiting_handover"]
    assert len(labels(opened)) == 2
    await opened.do(received(one_lamp()))
    await opened.do(graded(LOT, Grade.A))
    await opened.until_lot(LOT, "REFUNDED")
    assert (await opened.ends()).headline == "CLOSED"


async def test_edge_38_it_can_be_withdrawn_again(house: House) -> None:
    """The customer has the goods, after all."""
    opened = await under_way(house, Milestone.RETURNED_TO_SENDER)
    await until_delivery(opened, 1, state="RETURNED_TO_SENDER")
    before = await opened.refused(Withdraw(info(CUSTOMER_SIDE)))
    await opened.do(another())
    await until_delivery(opened, 2, state="AWAITING_HANDOVER")

    await opened.do(Withdraw(info(CUSTOMER_SIDE)))

    assert before == "command_not_allowed"
    assert (await opened.ends()).headline == "WITHDRAWN"


async def test_edge_31_a_label_that_ran_out_is_bought_anew(house: House) -> None:
    """The old one is given back to the carrier; one label is bought in the end."""
    opened = await asked(house, HandoverMethod.DROP_OFF)
    first = await until_delivery(opened, 1, state="AWAITING_HANDOVER")

    await opened.do(another())
    await until_delivery(opened, 1, state="CANCELLED")
    second = await until_delivery(opened, 2, state="AWAITING_HANDOVER")

    assert second["tracking_code"] != first["tracking_code"]
    assert sorted(labels(opened)).count("bought") == 1
    await arrives(opened)


async def test_no_label_is_replaced_that_is_on_its_way_or_not_there(house: House) -> None:
    opened = await under_way(house)

    codes = [await opened.refused(another()), await opened.refused(another("d7"))]

    assert codes == ["command_not_allowed", "delivery_not_found"]


async def test_edge_31_a_label_that_runs_out_is_reminded_of_and_bought_anew(ruled: Ruled) -> None:
    """The customer reads the date, is told when it has come, and asks for another label."""
    house = await ruled(replace(policy(), label_valid_days=10))
    opened = await asked(house, HandoverMethod.DROP_OFF)
    await opened.until_waiting("label_valid")
    assert "label valid until" in (await opened.until_waiting("awaiting_handover"))["detail"]

    await house.pass_time(days=8)
    await opened.until_waiting("label_running_out")
    await mailed(opened, "Please hand it over by")
    await house.pass_time(days=3)
    wait = await opened.until_waiting("label_expired")
    await mailed(opened, "ask us for another one")

    assert wait["exits"][0] == "replace-label"
    await opened.do(another())
    anew = await until_delivery(opened, 2, state="AWAITING_HANDOVER", replaces="d1")
    assert anew["label_valid_until"] > (await opened.view())["deliveries"][0]["label_valid_until"]
    await until_delivery(opened, 1, state="CANCELLED")
    assert sorted(labels(opened)) != ["bought", "bought"]
