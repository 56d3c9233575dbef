"""Text that no database can hold never enters a return: it would stop all recording of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.commands import Actor
from domain.ids import follow_up_id_for, part_id
from domain.inspection import Grade
from domain.requests import RequestedLine, ReturnRequest
from domain.tracking import Milestone
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import (
    CUSTOMER_SIDE,
    counted,
    graded,
    info,
    received,
    refund_news,
    refusal_code,
    scanned,
    some_of,
    waiting_codes,
)
from workflows.follow_up import FollowUpWorkflow
from workflows.messages import CountedEntry, SurveyAnswer, Withdraw
from workflows.return_workflow import ReturnWorkflow

LAMP = "LAMP-DESK-WHITE"
LAMPS = counted({}, **{LAMP: 2})


@pytest.fixture
async def two(house: House) -> OpenReturn:
    """A return of two lamps that waits for its handover."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 2))
    await opened.ready_for_handover()
    return opened


def of_order(request: ReturnRequest) -> ReturnRequest:
    return replace(request, order_id="a\x00b")


def of_line(request: ReturnRequest) -> ReturnRequest:
    return replace(request, lines=(RequestedLine("line-1\x00", 1),))


@pytest.mark.parametrize(
    ("spoilt", "field"),
    [(of_order, "request.order_id"), (of_line, "request.lines[0].line_id")],
)
async def test_a_start_is_refused(house: House, spoilt: Any, field: str) -> None:
    """It could never be written down: it is told the field, and leaves nothing."""
    order = house.sandbox.order("three-units")

    handle, answer = await house.start(spoilt(some_of(order, 1)))

    assert answer.refusal is not None
    assert (answer.refusal.code, answer.refusal.field) == ("invalid_request", field)
    async with house.time_flies():
        assert (await handle.result()).headline == "REFUSED"
    assert await house.returns.get(TENANT, answer.return_id) is None


@pytest.mark.parametrize(
    ("name", "command", "field"),
    [
        ("withdraw", Withdraw(info(CUSTOMER_SIDE), "a\x00b"), "reason"),
        ("withdraw", Withdraw(info(Actor("platform", "\x00"))), "info.actor.actor_id"),
        ("withdraw", Withdraw(info(CUSTOMER_SIDE, "\x00")), "info.command_id"),
        ("receive", received((CountedEntry("LAMP\x00", 1),)), "entries[0].sku"),
        ("receive", received(LAMPS, receipt_id="R\x00"), "receipt_id"),
        ("record_inspection", graded("line-1/1", Grade.A, note="a\x00b"), "note"),
        ("record_inspection", graded("line-1/1", Grade.A, checklist=("\x00",)), "checklist[0]"),
    ],
)
async def test_a_command_is_refused(two: OpenReturn, name: str, command: Any, field: str) -> None:
    """It names the place, enters no history, and the return goes on."""
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await two.handle.execute_update(name, command)

    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert (refusal_code(refused.value), cause.details[0]["field"]) == ("invalid_request", field)
    await two.do(received(LAMPS))
    await two.until_event("parcel.received")


async def test_a_scan_is_dropped(two: OpenReturn) -> None:
    """Nobody waits for an answer; what is told without it counts."""
    now = datetime.now(UTC)
    bad = replace(scanned("d1", Milestone.DELIVERED, at=now), event_id="a\x00b")
    await two.handle.signal(ReturnWorkflow.carrier_milestones, bad)

    await two.scan(Milestone.FIRST_SCAN)

    await two.until_event("delivery.first_scan")
    assert await two.events("delivery.delivered") == []


async def test_a_grade_is_logged_as_refused(two: OpenReturn) -> None:
    """A left grade is named in the log, or dropped where the lot's own name could not be."""
    await two.do(received(LAMPS))
    await two.leave(graded("line-1/1\x00", Grade.A))
    await two.leave(graded("line-1/1", Grade.A, note="a\x00b"))

    await two.leave(graded("line-1/1", Grade.B, note="a\tscratch\n"))

    await two.until_lot("line-1/1", "REFUNDED")
    refused = await two.events("inspection.refused")
    assert [(event.data["lot_id"], event.data["code"]) for event in refused] == [
        ("line-1/1", "invalid_request")
    ]
    assert [lot["grade"] for lot in (await two.view())["lots"]] == ["B"]


async def test_news_of_a_refund_is_dropped(house: House) -> None:
    """The provider's word counts once it can be written down."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    with house.sandbox.fault(system="stripe", operation="POST /v1/refunds", kind="pending_refund"):
        await opened.arrive_and_grade_one()
        await opened.until(lambda view: "awaiting_refund" in waiting_codes(view))
    tender = order["tenders"][0]["tender_id"]
    intent_id = part_id(opened.return_id, "settlement", 1, tender)
    bad = refund_news(intent_id, "rejected", "a\x00b")
    await opened.handle.signal(ReturnWorkflow.refund_news, bad)

    await opened.handle.signal(ReturnWorkflow.refund_news, refund_news(intent_id, "succeeded"))

    await opened.until_lot("line-1/1", "REFUNDED")
    assert await opened.events("refund.failed") == []


async def test_an_answer_to_the_survey_is_dropped(fast_house: House) -> None:
    """The next answer is then the first."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 1))
    await opened.arrive_and_grade_one()
    await opened.until_headline("COMPLETED")
    await eventually(
        lambda: fast_house.events(opened.return_id),
        lambda found: any(event.type == "survey.sent" for event in found),
    )
    survey = fast_house.client.get_workflow_handle(follow_up_id_for(opened.return_id))
    answered = FollowUpWorkflow.survey_answered
    await survey.signal(answered, SurveyAnswer(1, None, "", "a\x00b"))

    await survey.signal(answered, SurveyAnswer(5, None, "", "answer-2"))

    await survey.result()
    found = [e for e in await fast_house.events(opened.return_id) if e.type == "survey.answered"]
    assert [event.data["csat"] for event in found] == [5]
