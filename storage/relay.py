"""The outbox: events get positions that readers can follow, notices are claimed and sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Interval, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.database import Database
from storage.models.returns import EventModel, NoticeModel, PositionCounterModel
from storage.notices import add_fact
from storage.rows import EventRow, NoticeRow
from storage.states import NoticeState

_EVENT_COLUMNS = tuple(getattr(EventModel, name) for name in EventRow.__slots__)
_NOTICE_COLUMNS = tuple(getattr(NoticeModel, name) for name in NoticeRow.__slots__)
_ERROR_CHARACTERS = 500
_FACTS = {NoticeState.SENT: "notice.sent", NoticeState.FAILED: "notice.failed"}
_TRY_LOCK = text(
    "SELECT pg_try_advisory_xact_lock(hashtext('backhaul.positions'), hashtext(:tenant_id))"
)
# The smallest ingest_no first: within a return they grow with the sequence, so an event never
# comes before an earlier one of its return, wherever the limit cuts.
_NUMBER = text(
    """
    UPDATE return_events AS event
       SET position = :last + fresh.rank
      FROM (
            SELECT return_id, stream, sequence, row_number() OVER (ORDER BY ingest_no) AS rank
              FROM return_events
             WHERE tenant_id = :tenant_id AND position IS NULL
             ORDER BY ingest_no
             LIMIT :limit
           ) AS fresh
     WHERE event.tenant_id = :tenant_id
       AND event.return_id = fresh.return_id
       AND event.stream = fresh.stream
       AND event.sequence = fresh.sequence
    """
)


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def assign_positions(self, tenant_id: str, limit: int) -> int:
        """Give up to ``limit`` new events the next positions 1, 2, 3, … and return how many.

        Positions have no gaps, grow with the sequence within a return, and become visible in
        order, so a reader that remembers the last one misses nothing. One process at a time does
        it per tenant; to any other the answer is 0.
        """
        async with self._database.tenant(tenant_id) as connection:
            if not await connection.scalar(_TRY_LOCK, {"tenant_id": tenant_id}):
                return 0
            last = await connection.scalar(
                select(PositionCounterModel.last_position).where(
                    PositionCounterModel.tenant_id == tenant_id
                )
            )
            numbered = await connection.execute(
                _NUMBER, {"tenant_id": tenant_id, "last": last or 0, "limit": limit}
            )
            if numbered.rowcount:
                reached = (last or 0) + numbered.rowcount
                await connection.execute(
                    upsert(PositionCounterModel)
                    .values(tenant_id=tenant_id, last_position=reached)
                    .on_conflict_do_update(
                        index_elements=["tenant_id"], set_={"last_position": reached}
                    )
                )
            return numbered.rowcount

    async def events_after(self, tenant_id: str, position: int, limit: int) -> tuple[EventRow, ...]:
        """Read the events after a position, in order: one statement."""
        query = (
            select(*_EVENT_COLUMNS)
            .where(EventModel.tenant_id == tenant_id, EventModel.position > position)
            .order_by(EventModel.position)
            .limit(limit)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(EventRow(**row._asdict()) for row in await connection.execute(query))

    async def claim_notices(
        self, tenant_id: str, limit: int, *, lease_seconds: float = 60
    ) -> tuple[NoticeRow, ...]:
        """Take due notices that nobody else has taken; oldest due first.

        They are ours for ``lease_seconds``; after that, whoever claims next gets those that were
        neither sent nor failed. One statement.
        """
        due = (
            select(NoticeModel.notice_id)
            .where(
                NoticeModel.tenant_id == tenant_id,
                NoticeModel.state == NoticeState.DUE,
                NoticeModel.next_attempt_at <= func.now(),
            )
            .order_by(NoticeModel.next_attempt_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(NoticeModel)
            .where(NoticeModel.tenant_id == tenant_id, NoticeModel.notice_id.in_(due))
            .values(
                attempts=NoticeModel.attempts + 1,
                next_attempt_at=func.now() + _seconds(lease_seconds),
            )
            .returning(*_NOTICE_COLUMNS)
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = [NoticeRow(**row._asdict()) for row in await connection.execute(claim)]
        return tuple(sorted(rows, key=lambda notice: (notice.created_at, notice.notice_id)))

    async def notice_sent(self, tenant_id: str, notice_id: str) -> None:
        """Note that it went out, also after its lease ended. A repeat changes nothing."""
        await self._end(
            tenant_id,
            notice_id,
            {"state": NoticeState.SENT, "sent_at": func.now(), "last_error": None},
        )

    async def notice_suppressed(self, tenant_id: str, notice_id: str, reason: str) -> None:
        """Note that it must not go out."""
        await self._end(
            tenant_id,
            notice_id,
            {"state": NoticeState.SUPPRESSED, "last_error": reason[:_ERROR_CHARACTERS]},
        )

    async def notice_failed(
        self, tenant_id: str, notice_id: str, error: str, *, retry_at: datetime | None
    ) -> None:
        """Note a failed attempt: due again at ``retry_at``, or given up when that is ``None``."""
        values: dict[str, Any] = {"last_error": error[:_ERROR_CHARACTERS]}
        if retry_at is None:
            values["state"] = NoticeState.FAILED
        else:
            values["next_attempt_at"] = retry_at
        await self._end(tenant_id, notice_id, values)

    async def _end(self, tenant_id: str, notice_id: str, values: Mapping[str, Any]) -> None:
        async with self._database.tenant(tenant_id) as connection:
            ended = await connection.execute(
                update(NoticeModel)
                .where(
                    NoticeModel.tenant_id == tenant_id,
                    NoticeModel.notice_id == notice_id,
                    NoticeModel.state == NoticeState.DUE,
                )
                .values(values)
            )
            fact = _FACTS.get(values.get("state", NoticeState.DUE))
            if ended.rowcount and fact is not None:
                await add_fact(connection, tenant_id, notice_id, 2, fact)


def _seconds(seconds: float) -> ColumnElement[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
