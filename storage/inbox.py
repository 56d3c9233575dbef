"""Webhooks as they came: kept before they are answered, processed afterwards, once each."""

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.database import Database
from storage.models.arrivals import InboxModel
from storage.rows import InboxEntry, InboxRow

_ENTRY_COLUMNS = tuple(getattr(InboxModel, name) for name in InboxEntry.__slots__)
_ERROR_CHARACTERS = 500
# At once, then after 1, 3, 7, 15 and each further 31 seconds: what waits for somebody's mend costs
# its sender few reads, and is told soon after the mend.
_SECONDS = func.power(2, func.least(InboxModel.attempts, 5)) - 1
_PAUSE = func.make_interval(0, 0, 0, 0, 0, 0, _SECONDS)


class Inbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def receive(
        self, tenant_id: str, connection_id: str, event_id: str, event_type: str, body: bytes
    ) -> InboxRow:
        """Keep a webhook; one that came before is answered from its first row."""
        async with self._database.tenant(tenant_id) as connection:
            inbox_id = await connection.scalar(
                upsert(InboxModel)
                .values(
                    tenant_id=tenant_id,
                    connection_id=connection_id,
                    event_id=event_id,
                    event_type=event_type,
                    body=body,
                )
                .on_conflict_do_nothing(index_elements=["tenant_id", "connection_id", "event_id"])
                .returning(InboxModel.inbox_id)
            )
            if inbox_id is not None:
                return InboxRow(inbox_id, is_new=True, processed_at=None)
            known_id, processed_at = (
                await connection.execute(
                    select(InboxModel.inbox_id, InboxModel.processed_at).where(
                        InboxModel.tenant_id == tenant_id,
                        InboxModel.connection_id == connection_id,
                        InboxModel.event_id == event_id,
                    )
                )
            ).one()
            return InboxRow(known_id, is_new=False, processed_at=processed_at)

    async def processed(self, tenant_id: str, inbox_id: str) -> None:
        """Mark a webhook as done; the time of the first mark stays."""
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                update(InboxModel)
                .where(
                    InboxModel.tenant_id == tenant_id,
                    InboxModel.inbox_id == inbox_id,
                    InboxModel.processed_at.is_(None),
                )
                .values(processed_at=func.now(), attempts=InboxModel.attempts + 1, last_error=None)
            )

    async def failed(self, tenant_id: str, inbox_id: str, error: str) -> None:
        """Note why a webhook could not be processed; it stays, and waits longer each time."""
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                update(InboxModel)
                .where(
                    InboxModel.tenant_id == tenant_id,
                    InboxModel.inbox_id == inbox_id,
                    InboxModel.processed_at.is_(None),
                )
                .values(
                    attempts=InboxModel.attempts + 1,
                    next_attempt_at=func.now() + _PAUSE,
                    last_error=error[:_ERROR_CHARACTERS],
                )
            )

    async def unprocessed(
        self, tenant_id: str, *, limit: int, older_than_seconds: float
    ) -> tuple[InboxEntry, ...]:
        """Read webhooks that wait longer than that and are due, least tried first: one statement.

        They are not claimed: processing is idempotent, and whoever received one may be at it.
        """
        query = (
            select(*_ENTRY_COLUMNS)
            .where(
                InboxModel.tenant_id == tenant_id,
                InboxModel.processed_at.is_(None),
                InboxModel.next_attempt_at <= func.now(),
                InboxModel.received_at
                <= func.now() - func.make_interval(0, 0, 0, 0, 0, 0, older_than_seconds),
            )
            .order_by(InboxModel.attempts, InboxModel.received_at)
            .limit(limit)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(InboxEntry(**row._asdict()) for row in await connection.execute(query))
