"""How the histories of a follow-up come about: each asks about a return, at a pace of its own."""

import uuid
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

from activities.surveys import StartFollowUp
from domain.ids import follow_up_id_for
from tests.replay.keeping import Keep
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import some_of
from workflows.follow_up import FollowUpWorkflow
from workflows.messages import SurveyAnswer

_SOON, _NEVER = 0.2, 86_400.0


@dataclass(frozen=True, slots=True)
class FollowUp:
    opened: OpenReturn
    handle: "WorkflowHandle[FollowUpWorkflow, Any]"

    async def until_sent(self, times: int) -> None:
        """Wait for the survey, or for it and its reminder."""
        await eventually(lambda: self.opened.events("survey.sent"), lambda e: len(e) == times)

    async def answer(self) -> None:
        told = SurveyAnswer(5, 9, "", uuid.uuid4().hex)
        await self.handle.signal(FollowUpWorkflow.survey_answered, told)
        await self.handle.result()


async def started(house: House, *, after: float, remind: float, expire: float) -> FollowUp:
    """Start a follow-up; all times in seconds."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    row = await opened.row()
    handle = await house.client.start_workflow(
        FollowUpWorkflow.run,
        StartFollowUp(TENANT, opened.return_id, row.order_id, row.rma_no, after, remind, expire),
        id=follow_up_id_for(opened.return_id),
        task_queue=house.needs.task_queue,
    )
    return FollowUp(opened, handle)


async def answered(house: House, keep: Keep) -> None:
    asked = await started(house, after=_SOON, remind=_NEVER, expire=2 * _NEVER)
    await asked.until_sent(1)
    await keep("awaiting-answer", asked)
    await asked.answer()
    await keep("answered", asked)


async def reminded_and_answered(house: House, keep: Keep) -> None:
    asked = await started(house, after=_SOON, remind=_SOON, expire=_NEVER)
    await asked.until_sent(2)
    await asked.answer()
    await keep("reminded-and-answered", asked)


async def expired(house: House, keep: Keep) -> None:
    asked = await started(house, after=_SOON, remind=_SOON, expire=2 * _SOON)
    await asked.handle.result()
    await keep("expired", asked)


async def not_asked_yet(house: House, keep: Keep) -> None:
    asked = await started(house, after=_NEVER, remind=_NEVER, expire=2 * _NEVER)
    await keep("awaiting-survey", asked)
