"""What a return's follow-up did: its events in their own stream, its messages, its invitation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import content_hash, part_id
from storage.database import Database
from storage.models.arrivals import SurveyInviteModel
from storage.models.returns import EventModel, ReturnModel
from storage.notices import add_due
from storage.records import EventRecord, NoticeRecord

STREAM = "follow-up"


class FollowUps:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self,
        tenant_id: str,
        return_id: str,
        *,
        events: Sequence[EventRecord],
        notices: Sequence[NoticeRecord],
        token_hash: str,
        invite_until: datetime | None,
    ) -> None:
        """Write one step of the follow-up; what is there stays as it is.

        With ``invite_until`` the survey opens under ``token_hash`` until then.
        """
        async with self._database.tenant(tenant_id) as connection:
            # As for the return's own events: a timeline grows at its end only.
            await connection.execute(
                select(ReturnModel.return_id)
                .where(ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == return_id)
                .with_for_update()
            )
            for event in events:
                await _add_event(connection, tenant_id, return_id, event)
            await add_due(connection, tenant_id, return_id, notices)
            if invite_until is not None:
                invite = {
                    "tenant_id": tenant_id,
                    "return_id": return_id,
                    "token_hash": token_hash,
                    "expires_at": invite_until,
                }
                await connection.execute(
                    upsert(SurveyInviteModel).values(invite).on_conflict_do_nothing()
                )


async def _add_event(
    connection: AsyncConnection, tenant_id: str, return_id: str, event: EventRecord
) -> None:
    """Append one event unless the log has it.

    It is told apart by what it says: a workflow task that is done again may meet an answer that
    came in between.
    """
    event_id = part_id(return_id, "event", STREAM, event.type, content_hash(event.data))
    last = await connection.scalar(
        select(func.max(EventModel.sequence)).where(
            EventModel.tenant_id == tenant_id,
            EventModel.return_id == return_id,
            EventModel.stream == STREAM,
        )
    )
    await connection.execute(
        upsert(EventModel)
        .values(
            tenant_id=tenant_id,
            return_id=return_id,
            stream=STREAM,
            sequence=(last or 0) + 1,
            event_id=event_id,
            type=event.type,
            occurred_at=event.occurred_at,
            actor=event.actor,
            cause_id=event.cause_id,
            data=dict(event.data),
            versions=dict(event.versions),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "event_id"])
    )
