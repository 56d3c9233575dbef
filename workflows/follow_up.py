"""What outlives a return: the survey, one reminder, and its expiry."""

import asyncio
from datetime import timedelta

from temporalio import workflow

from activities.surveys import RecordFollowUp, StartFollowUp, SurveyActivities
from domain.commands import SYSTEM, Actor
from domain.events import JsonValue
from domain.ids import part_id
from domain.texts import bad_text_in
from storage.records import EventRecord, NoticeRecord
from workflows.messages import FollowUpOutcome, SurveyAnswer
from workflows.steps import write

CUSTOMER = Actor("customer", "survey")


@workflow.defn
class FollowUpWorkflow:
    """Asks once, reminds once, then lets go. The first answer counts."""

    @workflow.init
    def __init__(self, start: StartFollowUp) -> None:
        self._start = start
        self._answer: SurveyAnswer | None = None
        self._sequence = 0

    @workflow.run
    async def run(self, start: StartFollowUp) -> FollowUpOutcome:
        await workflow.sleep(start.survey_after_seconds, summary="before the survey")
        remaining = start.expires_after_seconds - start.reminder_after_seconds
        until = workflow.now() + timedelta(seconds=start.expires_after_seconds)
        await self._send("survey", reminder=False)
        if not await self._answered_within(start.reminder_after_seconds, "reminder"):
            await self._send("survey_reminder", reminder=True)
            await self._answered_within(max(remaining, 0), f"open until {until:%Y-%m-%d}")
        if self._answer is None:
            await self._record("survey.expired", {}, SYSTEM)
            return FollowUpOutcome("expired")
        answer = self._answer
        data: dict[str, JsonValue] = {"csat": answer.csat, "nps": answer.nps}
        await self._record("survey.answered", data, CUSTOMER, cause_id=answer.event_id)
        return FollowUpOutcome("answered")

    @workflow.signal(description="the customer answered; the first answer counts")
    def survey_answered(self, answer: SurveyAnswer) -> None:
        if self._answer is None and bad_text_in(answer) is None:
            self._answer = answer

    async def _answered_within(self, seconds: float, summary: str) -> bool:
        try:
            await workflow.wait_condition(
                lambda: self._answer is not None, timeout=seconds, timeout_summary=summary
            )
        except asyncio.TimeoutError:  # noqa: UP041  # Temporal's own name for it
            return False
        return True

    async def _send(self, kind: str, *, reminder: bool) -> None:
        start = self._start
        notice = NoticeRecord(
            part_id(start.return_id, "notice", kind),
            kind,
            {"rma_no": start.rma_no, "order_id": start.order_id},
        )
        await self._record("survey.sent", {"reminder": reminder}, SYSTEM, notice=notice)

    async def _record(
        self,
        event_type: str,
        data: dict[str, JsonValue],
        actor: Actor,
        *,
        notice: NoticeRecord | None = None,
        cause_id: str | None = None,
    ) -> None:
        self._sequence += 1
        now = workflow.now()
        first = event_type == "survey.sent" and self._sequence == 1
        asked = RecordFollowUp(
            tenant_id=self._start.tenant_id,
            return_id=self._start.return_id,
            events=(EventRecord(self._sequence, event_type, now, str(actor), cause_id, data),),
            notices=(notice,) if notice else (),
            invite_until=now + timedelta(seconds=self._start.expires_after_seconds)
            if first
            else None,
        )
        await write(SurveyActivities.record_follow_up, asked, summary=event_type)
