"""How the database is, and what lies about in it undone: read by operators, never by returns."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text

from storage.database import Database
from storage.models.arrivals import InboxModel
from storage.models.catalogue import METADATA
from storage.models.returns import BlockerModel, EventModel, NoticeModel
from storage.models.tenants import ConnectionModel
from storage.rows import ConnectionRow
from storage.secrets import SecretBox, SecretsUnreadableError
from storage.states import NoticeState

_SERVER = text(
    "SELECT current_setting('server_version') AS version, clock_timestamp() AS now,"
    " current_user AS role, rolsuper OR rolbypassrls AS unbound"
    " FROM pg_roles WHERE rolname = current_user"
)
_COLUMNS = text(
    "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
    " WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped"
)


@dataclass(frozen=True, slots=True)
class ServerState:
    """``unbound`` says that row-level policies do not bind the role we connect as."""

    version: str
    now: datetime
    role: str
    unbound: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows of a tenant that wait for too long: see :meth:`Health.backlog`."""

    events: int
    unclaimed_notices: int
    unsent_notices: int
    webhooks: int


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection as it is stored; ``is_readable`` says whether our key opens its secrets."""

    row: ConnectionRow
    is_readable: bool


class Health:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def server(self) -> ServerState:
        async with self._database.lookup() as connection:
            row = (await connection.execute(_SERVER)).one()
            return ServerState(**row._asdict())

    async def missing(self) -> tuple[str, ...]:
        """Name the tables and columns that this program knows and the database has not.

        Any role may ask; the revision itself only the tables' owner may read.
        """
        async with self._database.lookup() as connection:
            there = {tuple(row) for row in await connection.execute(_COLUMNS)}
        return tuple(
            sorted(
                f"{table.name}.{column.name}"
                for table in METADATA.tables.values()
                for column in table.columns
                if (table.name, column.name) not in there
            )
        )

    async def backlog(
        self, tenant_id: str, *, numbering_takes: timedelta, handling_takes: timedelta
    ) -> Backlog:
        """Count what waits for longer than it may take.

        Events for their position; messages for somebody to take them, and to go out; webhooks to
        be processed.
        """
        due = (NoticeModel.tenant_id == tenant_id, NoticeModel.state == NoticeState.DUE)
        late = func.now() - handling_takes
        async with self._database.tenant(tenant_id) as connection:

            async def count(*conditions: ColumnElement[bool]) -> int:
                return await connection.scalar(select(func.count()).where(*conditions)) or 0

            return Backlog(
                events=await count(
                    EventModel.tenant_id == tenant_id,
                    EventModel.position.is_(None),
                    EventModel.recorded_at <= func.now() - numbering_takes,
                ),
                unclaimed_notices=await count(*due, NoticeModel.next_attempt_at <= late),
                unsent_notices=await count(*due, NoticeModel.created_at <= late),
                webhooks=await count(
                    InboxModel.tenant_id == tenant_id,
                    InboxModel.processed_at.is_(None),
                    InboxModel.received_at <= late,
                ),
            )

    async def returns_blocked_by(self, tenant_id: str, codes: Collection[str]) -> int:
        """Count a tenant's returns with at least one of these blockers."""
        query = select(func.count(BlockerModel.return_id.distinct())).where(
            BlockerModel.tenant_id == tenant_id, BlockerModel.code.in_(codes)
        )
        async with self._database.tenant(tenant_id) as connection:
            return await connection.scalar(query) or 0

    async def connections(self, tenant_id: str, box: SecretBox) -> tuple[StoredConnection, ...]:
        """Read a tenant's connections, by kind, also those whose secrets nobody can read."""
        query = (
            select(ConnectionModel.__table__)
            .where(ConnectionModel.tenant_id == tenant_id)
            .order_by(ConnectionModel.kind)
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = (await connection.execute(query)).mappings().all()
        found = []
        for row in rows:
            try:
                secrets, is_readable = box.open(row["secrets_encrypted"]), True
            except SecretsUnreadableError:
                secrets, is_readable = {}, False
            kept = ConnectionRow(
                connection_id=row["connection_id"],
                tenant_id=row["tenant_id"],
                kind=row["kind"],
                adapter=row["adapter"],
                base_url=row["base_url"],
                secrets=secrets,
                settings=row["settings"],
            )
            found.append(StoredConnection(kept, is_readable))
        return tuple(found)
