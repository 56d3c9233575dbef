"""Returns whose run the engine has lost: found open, marked, told about again, cleared."""

from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.blockers import WAITS
from storage.database import Database
from storage.models.returns import IS_OPEN, BlockerModel, EventModel, ReturnModel
from storage.records import Json
from storage.rows import OpenReturn
from storage.side_streams import add_event

STREAM = "sweeper"
_ACTOR = "system:sweeper"
_CODE = WAITS["workflow_missing"].code
_OWNER = WAITS["workflow_missing"].owner
_COLUMNS = tuple(getattr(ReturnModel, name) for name in OpenReturn.__slots__)


class MissingRuns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_returns(
        self, tenant_id: str, *, after: str | None, limit: int
    ) -> tuple[OpenReturn, ...]:
        """Read returns that need a run, in the order of their ids: one statement, by index."""
        query = select(*_COLUMNS).where(ReturnModel.tenant_id == tenant_id, text(f"({IS_OPEN})"))
        if after is not None:
            query = query.where(ReturnModel.return_id > after)
        query = query.order_by(ReturnModel.return_id).limit(limit)
        async with self._database.tenant(tenant_id) as connection:
            return tuple(OpenReturn(**row._asdict()) for row in await connection.execute(query))

    async def note(
        self, tenant_id: str, seen: OpenReturn, *, at: datetime, deadline: datetime
    ) -> bool:
        """Mark a return that has no run, or tell ops again once its deadline has passed.

        Five statements at most. Says whether anything changed: a return that moved or was marked
        since it was ``seen`` is left alone.
        """
        if seen.missing_since is not None and (seen.next_deadline or at) > at:
            return False
        async with self._database.tenant(tenant_id) as connection:
            found = (
                await connection.execute(
                    select(*_COLUMNS, ReturnModel.blocker_codes, ReturnModel.created_at)
                    .where(
                        ReturnModel.tenant_id == tenant_id,
                        ReturnModel.return_id == seen.return_id,
                        text(f"({IS_OPEN})"),
                    )
                    .with_for_update()
                )
            ).one_or_none()
            if found is None or OpenReturn(*found[: len(_COLUMNS)]) != seen:
                return False
            codes, created_at = found[len(_COLUMNS) :]
            changes: dict[str, object] = {"next_deadline": deadline}
            if seen.missing_since is None:
                changes |= {
                    "missing_since": at,
                    "owner_role": _OWNER,
                    "blocker_codes": sorted({*codes, _CODE}),
                }
                await _raise(connection, tenant_id, seen.return_id, created_at)
                data: Json = {"code": _CODE, "owner": _OWNER, "deadline": deadline.isoformat()}
                await _add_event(
                    connection, tenant_id, seen.return_id, "blocker.raised", at=at, data=data
                )
            else:
                data = {"clock": _CODE, "wait": "run"}
                await _add_event(
                    connection, tenant_id, seen.return_id, "sla.breached", at=at, data=data
                )
            await connection.execute(
                update(ReturnModel)
                .where(ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == seen.return_id)
                .values(**changes, updated_at=func.now())
            )
            return True


async def clear(
    connection: AsyncConnection,
    tenant_id: str,
    return_id: str,
    *,
    at: datetime,
    owner: str | None,
    deadline: datetime | None,
) -> None:
    """Take the mark off a return whose run writes again, and log it: four statements.

    ``owner`` and ``deadline`` are what the run says of them; the mark had its own.
    """
    await connection.execute(
        delete(BlockerModel).where(
            BlockerModel.tenant_id == tenant_id,
            BlockerModel.return_id == return_id,
            BlockerModel.code == _CODE,
        )
    )
    await connection.execute(
        update(ReturnModel)
        .where(ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == return_id)
        .values(
            missing_since=None,
            owner_role=owner,
            next_deadline=deadline,
            blocker_codes=func.array_remove(ReturnModel.blocker_codes, _CODE),
            updated_at=func.now(),
        )
    )
    await _add_event(
        connection, tenant_id, return_id, "blocker.cleared", at=at, data={"code": _CODE}
    )


async def _raise(
    connection: AsyncConnection, tenant_id: str, return_id: str, created_at: datetime
) -> None:
    await connection.execute(
        upsert(BlockerModel)
        .values(tenant_id=tenant_id, return_id=return_id, code=_CODE, created_at=created_at)
        .on_conflict_do_nothing()
    )


async def _add_event(
    connection: AsyncConnection,
    tenant_id: str,
    return_id: str,
    event_type: str,
    *,
    at: datetime,
    data: Json,
) -> None:
    """Append to the sweeper's stream; the return's row is locked, so numbers have no gap."""
    last = await connection.scalar(
        select(func.max(EventModel.sequence)).where(
            EventModel.tenant_id == tenant_id,
            EventModel.return_id == return_id,
            EventModel.stream == STREAM,
        )
    )
    await add_event(
        connection,
        tenant_id,
        return_id,
        event_type,
        stream=STREAM,
        sequence=(last or 0) + 1,
        actor=_ACTOR,
        data=data,
        at=at,
    )
