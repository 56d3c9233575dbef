"""Goods: counted, graded, waited for, sent back; or never handed over."""

import pytest

from domain.inspection import Grade
from domain.tracking import Milestone
from tests.support.house import House, OpenReturn
from tests.support.told import (
    WAREHOUSE,
    counted,
    graded,
    info,
    lot_states,
    received,
    some_of,
)
from workflows.messages import CountedEntry, Receive

LAMP = "LAMP-DESK-WHITE"


@pytest.fixture
async def three(house: House) -> OpenReturn:
    """A return of three lamps whose label is bought."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 3))
    await opened.ready_for_handover()
    return opened


async def free_units(opened: OpenReturn) -> int:
    view = await opened.view()
    return 3 - await opened.house.held(view["order_id"])


async def test_waits_for_the_rest_and_takes_it(three: OpenReturn) -> None:
    """What is missing is waited for, and joins what came first."""
    await three.do(received(counted({}, **{LAMP: 2})))
    await three.until_waiting("awaiting_rest")

    await three.do(received(counted({}, **{LAMP: 1}), receipt_id="R-2"))

    view = await three.until(lambda view: len(view["receipts"]) == 2)
    assert lot_states(view) == {"line-1/1": "RECEIVED", "line-1/2": "RECEIVED"}


async def test_gives_up_a_rest_that_never_comes(three: OpenReturn) -> None:
    """Units that do not arrive in time count as not sent, and can be returned again."""
    await three.do(received(counted({}, **{LAMP: 2})))
    await three.do(graded("line-1/1", Grade.A))
    await three.until_lot("line-1/1", "REFUNDED")

    await three.house.pass_time(days=15)

    await three.until_lot("line-1/2", "NOT_SENT")
    assert await free_units(three) == 1
    assert (await three.ends()).headline == "CLOSED"


async def test_notes_what_nobody_announced(three: OpenReturn) -> None:
    """Units beyond what was announced are noted and never paid."""
    await three.do(received((CountedEntry(LAMP, 4), CountedEntry("STRANGER", 1))))

    await three.until_event("receipt.discrepancy")

    facts = (await three.events("receipt.discrepancy"))[0].data
    assert (facts["missing"], facts["unexpected"]) == (0, 2)


async def test_takes_a_receipt_once(three: OpenReturn) -> None:
    """A receipt told twice counts once; under its id other contents are refused."""
    await three.do(received(counted({}, **{LAMP: 2})))
    await three.do(received(counted({}, **{LAMP: 2})))

    conflict = await three.refused(received(counted({}, **{LAMP: 3})))

    assert conflict == "receipt_conflict"
    assert len(await three.events("parcel.received")) == 1


async def test_grades_a_part_of_a_lot(three: OpenReturn) -> None:
    """One of three units is worn: it becomes a lot of its own with its own deduction."""
    await three.do(received(counted({}, **{LAMP: 3})))

    await three.do(graded("line-1/1", Grade.A, quantity=2))
    await three.do(graded("line-1/2", Grade.C, checklist=("scratched",)))

    await three.until(
        lambda view: lot_states(view) == {"line-1/1": "REFUNDED", "line-1/2": "REFUNDED"}
    )
    assert {lot["lot_id"]: lot["deduction_percent"] for lot in (await three.view())["lots"]} == {
        "line-1/1": 0,
        "line-1/2": 20,
    }


async def test_refuses_a_grade_for_a_lot_that_changed(three: OpenReturn) -> None:
    """An inspector who saw an older version of the lot looks again."""
    await three.do(received(counted({}, **{LAMP: 3})))

    assert await three.refused(graded("line-1/1", Grade.A, lot_version=1)) == "stale_version"


async def test_escalates_an_inspection_that_is_late(three: OpenReturn) -> None:
    """A parcel that nobody grades becomes the business of ops, again and again."""
    await three.do(received(counted({}, **{LAMP: 3})))
    await three.until_waiting("awaiting_inspection")

    await three.house.pass_time(hours=49)

    wait = await three.until_waiting("inspection_overdue")
    assert wait["owner"] == "ops"
    await three.house.pass_time(hours=49)
    await three.until_event("sla.breached")
    assert (await three.row()).owner_role == "ops"


async def test_sends_rejected_goods_back_after_the_dispute_window(three: OpenReturn) -> None:
    """Nobody objects to a rejection: the goods travel back, and no money goes."""
    await three.do(received(counted({}, **{LAMP: 3})))
    await three.do(graded("line-1/1", Grade.X, checklist=("broken",)))
    await three.until_waiting("awaiting_dispute")

    await three.house.pass_time(hours=25)
    await three.until_waiting("awaiting_ship_back")
    await three.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED, delivery_id="d2")

    assert (await three.ends()).headline == "CLOSED"
    assert three.ledger()["refunds"] == []
    assert len(three.ledger()["labels"]) == 2
    assert "lot.returned_to_customer" in await three.event_types()


async def test_expires_when_nothing_is_handed_over(three: OpenReturn) -> None:
    """A label nobody uses is given back, and its units are free again."""
    await three.house.pass_time(days=31)

    assert (await three.ends()).headline == "EXPIRED"
    assert [label["status"] for label in three.ledger()["labels"]] != ["bought"]
    assert await free_units(three) == 3


async def test_goes_on_when_two_commands_come_at_once(three: OpenReturn) -> None:
    """A grade given while the receipt is still written is settled without waiting for a timer."""
    await three.do(received(counted({}, **{LAMP: 3})))
    await three.do(graded("line-1/1", Grade.A, quantity=1))
    await three.do(graded("line-1/2", Grade.A, quantity=1))
    await three.do(graded("line-1/3", Grade.A))

    await three.until(lambda view: set(lot_states(view).values()) == {"REFUNDED"})


async def test_moves_by_the_receipt_alone(house: House) -> None:
    """A parcel that no carrier told of is received all the same, even before its label is known."""
    order = house.sandbox.order("three-units")
    plan = {"system": "easypost", "operation": "POST /v2/shipments/{id}/buy", "kind": "delay"}
    with house.sandbox.fault(**plan, delay_ms=400):
        opened = await house.open(some_of(order, 1))
        await opened.do(Receive(info(WAREHOUSE), "R-1", "by hand", counted({}, **{LAMP: 1})))
        await opened.do(graded("line-1/1", Grade.A))

        assert (await opened.ends()).headline == "CLOSED"
