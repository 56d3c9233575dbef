"""Start the follow-up, invite to its survey, note how it ended; the answer comes by the API."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.engine import of_tenant
from activities.errors import translated
from domain.ids import follow_up_id_for
from storage.followups import FollowUps
from storage.records import EventRecord, NoticeRecord


@dataclass(frozen=True, slots=True)
class RecordFollowUp:
    """Events of the follow-up, numbered within it; ``invite_until`` opens the survey."""

    tenant_id: str
    return_id: str
    events: tuple[EventRecord, ...]
    notices: tuple[NoticeRecord, ...] = ()
    invite_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StartFollowUp:
    """What outlives the return: survey, reminder, expiry. Times are already scaled."""

    tenant_id: str
    return_id: str
    order_id: str
    rma_no: str
    survey_after_seconds: float
    reminder_after_seconds: float
    expires_after_seconds: float


FOLLOW_UP_WORKFLOW = "FollowUpWorkflow"


class SurveyActivities:
    """``token_hash_of`` names a return's survey without storing what opens it."""

    def __init__(self, follow_ups: FollowUps, token_hash_of: Callable[[str], str]) -> None:
        self._follow_ups = follow_ups
        self._token_hash_of = token_hash_of

    @activity.defn
    async def start_follow_up(self, asked: StartFollowUp) -> None:
        """Start the follow-up of a return, on the queue of whoever runs the return.

        A return may complete again, after a refund that failed late: it is asked about once.
        """
        with suppress(WorkflowAlreadyStartedError):
            await activity.client().start_workflow(
                FOLLOW_UP_WORKFLOW,
                asked,
                id=follow_up_id_for(asked.return_id),
                task_queue=activity.info().task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=of_tenant(asked.tenant_id),
                static_summary=f"survey after {asked.rma_no}",
            )

    @activity.defn
    async def record_follow_up(self, asked: RecordFollowUp) -> None:
        """Write the follow-up's events, its messages and its invitation; repeats change nothing."""
        with translated():
            await self._follow_ups.record(
                asked.tenant_id,
                asked.return_id,
                events=asked.events,
                notices=asked.notices,
                token_hash=self._token_hash_of(asked.return_id),
                invite_until=asked.invite_until,
            )
