"""Grades left while no worker answers, or before the goods were counted (edge case 52)."""

from dataclasses import replace

import pytest

from domain.commands import Actor
from domain.inspection import Grade
from tests.support.house import House, OpenReturn
from tests.support.told import counted, graded, received, some_of, waiting_codes

LAMP = "LAMP-DESK-WHITE"


@pytest.fixture
async def two(house: House) -> OpenReturn:
    """A return of two lamps that are on their way."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 2))
    await opened.ready_for_handover()
    return opened


async def refusals(opened: OpenReturn) -> list[object]:
    return [event.data["code"] for event in await opened.events("inspection.refused")]


async def test_counts_once_when_a_worker_is_back(fast_house: House) -> None:
    """Left twice with nobody there, then given as a command: one grade, and the same answer."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 2))
    await opened.do(received(counted({}, **{LAMP: 2})))
    grade = graded("line-1/1", Grade.A)
    await fast_house.stop_work()
    await opened.leave(grade)
    await opened.leave(grade)

    await fast_house.open_for_work()
    await opened.until_lot("line-1/1", "REFUNDED")
    answer = await opened.do(grade)

    assert answer.command_id == grade.info.command_id
    types = await opened.event_types()
    assert (types.count("inspection.completed"), types.count("inspection.held")) == (1, 0)
    assert len(opened.ledger()["refunds"]) == 1


async def test_waits_for_its_receipt(two: OpenReturn) -> None:
    """A grade before the count is kept, the count is asked for, and then the grade counts."""
    grade = graded("line-1/1", Grade.A)
    await two.leave(grade)
    wait = await two.until_waiting("inspection_held")

    await two.do(received(counted({}, **{LAMP: 2})))

    await two.until_lot("line-1/1", "REFUNDED")
    types = await two.event_types()
    assert wait["owner"] == "warehouse"
    assert types.index("inspection.held") < types.index("parcel.received")
    assert types.index("parcel.received") < types.index("inspection.completed")
    assert types.count("inspection.completed") == 1
    assert (await two.do(grade)).command_id == grade.info.command_id


async def test_waits_for_the_lot_that_a_receipt_will_cut(two: OpenReturn) -> None:
    """One lamp of two is counted: the grade of the missing one waits for the second parcel."""
    await two.leave(graded("line-1/2", Grade.B))
    await two.do(received(counted({}, **{LAMP: 1})))
    await two.until_waiting("awaiting_rest")
    assert "inspection_held" in waiting_codes(await two.view())

    await two.do(received(counted({}, **{LAMP: 1}), receipt_id="R-2"))

    view = await two.until(lambda view: "inspection_held" not in waiting_codes(view))
    assert [lot["grade"] for lot in view["lots"]] == [None, "B"]


async def test_goes_to_ops_when_the_receipt_never_comes(two: OpenReturn) -> None:
    """Graded goods that nobody counts are named, with an owner and what ends it."""
    await two.leave(graded("line-1/1", Grade.A))
    await two.until_waiting("inspection_held")

    await two.house.pass_time(hours=49)

    wait = await two.until_waiting("inspection_without_receipt")
    assert (wait["owner"], wait["exits"]) == ("ops", ["receive", "extend-deadline"])
    await two.do(received(counted({}, **{LAMP: 2})))
    await two.until_lot("line-1/1", "REFUNDED")


async def test_logs_what_cannot_be_taken(two: OpenReturn) -> None:
    """Nobody hears a refusal, so the log has it: no such lot, no evidence, no right, a used id."""
    first = graded("line-1/1", Grade.A)
    await two.leave(graded("line-9/1", Grade.A))
    await two.leave(replace(first, info=replace(first.info, actor=Actor("platform", "shop"))))
    await two.do(received(counted({}, **{LAMP: 2})))
    await two.leave(graded("line-1/1", Grade.D))
    await two.leave(first)
    await two.leave(replace(first, grade=Grade.B))

    await two.until_lot("line-1/1", "REFUNDED")
    assert await refusals(two) == ["lot_not_found", "forbidden", "evidence_missing", "key_reused"]
    assert len(await two.events("inspection.completed")) == 1


async def test_a_grade_of_a_lot_that_changed_is_logged_as_refused(two: OpenReturn) -> None:
    """The inspector saw an older version: the grade is dropped, as a command's would be."""
    await two.do(received(counted({}, **{LAMP: 2})))
    seen = {lot["lot_id"]: lot["version"] for lot in (await two.view())["lots"]}["line-1/1"]
    await two.leave(graded("line-1/1", Grade.D, checklist=("dented",), lot_version=seen - 1))

    await two.leave(graded("line-1/1", Grade.A, lot_version=seen))

    await two.until_lot("line-1/1", "REFUNDED")
    assert await refusals(two) == ["stale_version"]
    assert [lot["grade"] for lot in (await two.view())["lots"]] == ["A"]


async def test_a_kept_grade_is_refused_when_nothing_comes_any_more(two: OpenReturn) -> None:
    """The rest counts as not sent: the grade that waited for it is named and dropped."""
    await two.do(received(counted({}, **{LAMP: 1})))
    await two.do(graded("line-1/1", Grade.A))
    await two.leave(graded("line-1/2", Grade.A))
    await two.until_waiting("inspection_held")

    await two.house.pass_time(days=15)

    await two.until_event("inspection.refused")
    assert await refusals(two) == ["command_not_allowed"]
    assert (await two.ends()).headline == "CLOSED"
