"""Messages owed to a customer, and the facts about each: due, then sent or given up."""

from collections.abc import Sequence

from sqlalchemy import func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import part_id
from storage.models.returns import EventModel, NoticeModel, ReturnModel
from storage.records import NoticeRecord

_ACTOR = "system:relay"


async def add_due(
    connection: AsyncConnection, tenant_id: str, return_id: str, notices: Sequence[NoticeRecord]
) -> None:
    """Store messages that became due, each with its fact. Repeats change nothing."""
    for notice in notices:
        added = await connection.execute(
            upsert(NoticeModel)
            .values(
                tenant_id=tenant_id,
                notice_id=notice.notice_id,
                return_id=return_id,
                kind=notice.kind,
                data=dict(notice.data),
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "notice_id"])
        )
        if added.rowcount:
            await add_fact(connection, tenant_id, notice.notice_id, 1, "notice.due")


async def add_fact(
    connection: AsyncConnection, tenant_id: str, notice_id: str, number: int, event_type: str
) -> None:
    """Log what became of a message, with the return's headline at this moment.

    Each message has a stream of its own: 1 is that it was due, 2 how it ended.
    """
    row = (
        await connection.execute(
            select(NoticeModel.return_id, NoticeModel.kind, ReturnModel.headline)
            .join(
                ReturnModel,
                (ReturnModel.tenant_id == NoticeModel.tenant_id)
                & (ReturnModel.return_id == NoticeModel.return_id),
            )
            .where(NoticeModel.tenant_id == tenant_id, NoticeModel.notice_id == notice_id)
        )
    ).one()
    stream = f"notice/{notice_id}"
    await connection.execute(
        insert(EventModel).from_select(
            [
                "tenant_id",
                "return_id",
                "stream",
                "sequence",
                "event_id",
                "type",
                "occurred_at",
                "actor",
                "data",
                "versions",
            ],
            select(
                literal(tenant_id),
                literal(row.return_id, EventModel.return_id.type),
                literal(stream),
                literal(number),
                literal(part_id(row.return_id, "event", stream, number), EventModel.event_id.type),
                literal(event_type),
                func.now(),
                literal(_ACTOR),
                literal({"type": row.kind, "state": row.headline}, EventModel.data.type),
                literal({}, EventModel.versions.type),
            ),
        )
    )
