"""Messages owed to a customer, and the facts about each: due, then sent or given up."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models.returns import NoticeModel, ReturnModel
from storage.records import NoticeRecord
from storage.side_streams import add_event

_ACTOR = "system:relay"


async def add_due(
    connection: AsyncConnection, tenant_id: str, return_id: str, notices: Sequence[NoticeRecord]
) -> None:
    """Store messages that became due, each with its fact. Repeats change nothing."""
    for notice in notices:
        added = await connection.scalar(
            upsert(NoticeModel)
            .values(
                tenant_id=tenant_id,
                notice_id=notice.notice_id,
                return_id=return_id,
                kind=notice.kind,
                data=dict(notice.data),
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "notice_id"])
            .returning(NoticeModel.notice_id)
        )
        if added is not None:
            await add_fact(connection, tenant_id, notice.notice_id, 1, "notice.due")


async def add_fact(
    connection: AsyncConnection, tenant_id: str, notice_id: str, number: int, event_type: str
) -> None:
    """Log what became of a message, with the return's headline at this moment.

    Each message has a stream of its own: 1 is that it was due, 2 how it ended.
    """
    return_id, kind, headline = (
        await connection.execute(
            select(NoticeModel.return_id, NoticeModel.kind, ReturnModel.headline)
            .join(
                ReturnModel,
                (ReturnModel.tenant_id == NoticeModel.tenant_id)
                & (ReturnModel.return_id == NoticeModel.return_id),
            )
            .where(NoticeModel.tenant_id == tenant_id, NoticeModel.notice_id == notice_id)
            # As for the return's own events: a timeline grows at its end only.
            .with_for_update(of=ReturnModel)
        )
    ).one()
    await add_event(
        connection,
        tenant_id,
        return_id,
        event_type,
        stream=f"notice/{notice_id}",
        sequence=number,
        actor=_ACTOR,
        data={"type": kind, "state": headline},
    )
