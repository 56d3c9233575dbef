"""Facts that others than a return's run log about it, each writer in a stream of its own."""

from datetime import datetime

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import part_id
from storage.models.returns import EventModel
from storage.records import Json


async def add_event(
    connection: AsyncConnection,
    tenant_id: str,
    return_id: str,
    event_type: str,
    *,
    stream: str,
    sequence: int,
    actor: str,
    data: Json,
    at: datetime | None = None,
    cause_id: str | None = None,
) -> None:
    """Append one event, that happened ``at`` or now: one statement.

    The caller has locked the return's row, so that a timeline grows at its end only.
    """
    await connection.execute(
        insert(EventModel).values(
            tenant_id=tenant_id,
            return_id=return_id,
            stream=stream,
            sequence=sequence,
            event_id=part_id(return_id, "event", stream, sequence),
            type=event_type,
            occurred_at=at or func.now(),
            actor=actor,
            cause_id=cause_id,
            data=dict(data),
            versions={},
        )
    )
