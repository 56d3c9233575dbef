"""Invite to the survey and note how it ended; the answer itself comes in through the API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.errors import translated
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


class SurveyActivities:
    """``token_hash_of`` names a return's survey without storing what opens it."""

    def __init__(self, follow_ups: FollowUps, token_hash_of: Callable[[str], str]) -> None:
        self._follow_ups = follow_ups
        self._token_hash_of = token_hash_of

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
