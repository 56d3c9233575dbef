"""What outlives a return: one survey, one reminder, one answer."""

import uuid

import pytest

from domain.ids import follow_up_id_for
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import some_of
from workflows.follow_up import FollowUpWorkflow
from workflows.messages import FollowUpOutcome, SurveyAnswer


@pytest.fixture
async def completed(fast_house: House) -> OpenReturn:
    """A return whose money went back; the survey follows."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 1))
    await opened.arrive_and_grade_one()
    await opened.until_headline("COMPLETED")
    return opened


async def surveys(opened: OpenReturn) -> list[str]:
    """The follow-up's events, in order; a reminder says so."""
    found = await opened.house.events(opened.return_id)
    return [
        "reminded" if event.data.get("reminder") else event.type
        for event in found
        if event.type.startswith("survey.")
    ]


async def answer(opened: OpenReturn, csat: int) -> None:
    handle = opened.house.client.get_workflow_handle(follow_up_id_for(opened.return_id))
    told = SurveyAnswer(csat, 9, "", uuid.uuid4().hex)
    await handle.signal(FollowUpWorkflow.survey_answered, told)


async def outcome(opened: OpenReturn) -> str:
    handle = opened.house.client.get_workflow_handle(
        follow_up_id_for(opened.return_id), result_type=FollowUpOutcome
    )
    result: FollowUpOutcome = await handle.result()
    return result.outcome


async def test_the_first_answer_counts(completed: OpenReturn) -> None:
    """A second answer changes nothing."""
    await eventually(lambda: surveys(completed), lambda found: "survey.sent" in found)

    await answer(completed, 5)
    try:
        await answer(completed, 1)
    finally:
        assert await outcome(completed) == "answered"

    answered = await completed.events("survey.answered")
    assert [event.data["csat"] for event in answered] == [5]


async def test_reminds_once_and_expires_after_the_return_has_ended(completed: OpenReturn) -> None:
    """Nobody answers: one reminder, then it is over, whether or not the return is closed."""
    await completed.handle.terminate()

    assert await outcome(completed) == "expired"

    assert await surveys(completed) == ["survey.sent", "reminded", "survey.expired"]
    row = await completed.house.returns.get(TENANT, completed.return_id)
    assert row is not None
    assert row.headline == "COMPLETED"
