"""Tenants, and their connections to payment, carrier, commerce and mail systems."""

import uuid
from typing import Any

from sqlalchemy import Row, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.database import Database
from storage.models.tenants import ConnectionModel, TenantModel
from storage.rows import ConnectionAddress, ConnectionRow, TenantRow
from storage.secrets import SecretBox

_COLUMNS = (
    ConnectionModel.connection_id,
    ConnectionModel.tenant_id,
    ConnectionModel.kind,
    ConnectionModel.adapter,
    ConnectionModel.base_url,
    ConnectionModel.secrets_encrypted,
    ConnectionModel.settings,
)
_OF_SEVERAL = "carrier"
"""The kind of which a tenant may have several connections, of different adapters."""
_TENANTS = text("SELECT tenant_id, name FROM lookup_tenants()")
_TENANT_OF = text("SELECT lookup_connection(CAST(:connection_id AS uuid))")
_ADDRESSES = text(
    "SELECT tenant_id, connection_id::text, kind, base_url FROM lookup_connection_addresses()"
)


class Tenants:
    """Tenants and their connections; the latter need a ``cipher``, here or at the call."""

    def __init__(self, database: Database, cipher: SecretBox | None = None) -> None:
        self._database = database
        self._cipher = cipher

    async def create(self, tenant_id: str, name: str) -> bool:
        """Create a tenant; ``False`` when it exists, whose name then stays as it is.

        Raises:
            IntegrityError: ``tenant_id`` is not a slug of a-z, 0-9 and hyphens, at most 63 long.
        """
        async with self._database.tenant(tenant_id) as connection:
            created = await connection.scalar(
                upsert(TenantModel)
                .values(tenant_id=tenant_id, name=name)
                .on_conflict_do_nothing(index_elements=["tenant_id"])
                .returning(TenantModel.tenant_id)
            )
        return created is not None

    async def get(self, tenant_id: str) -> TenantRow | None:
        async with self._database.tenant(tenant_id) as connection:
            name = await connection.scalar(
                select(TenantModel.name).where(TenantModel.tenant_id == tenant_id)
            )
        return None if name is None else TenantRow(tenant_id, name)

    async def list_all(self) -> tuple[TenantRow, ...]:
        """List every tenant, by id: for loops over tenants and checks at start."""
        async with self._database.lookup() as connection:
            rows = await connection.execute(_TENANTS)
            return tuple(TenantRow(tenant_id, name) for tenant_id, name in rows)

    async def put_connection(
        self, wanted: ConnectionRow, *, cipher: SecretBox | None = None
    ) -> ConnectionRow:
        """Store a tenant's connection of one kind, or replace all of it but its id.

        Of carriers there is one for each adapter. The id stays because webhook addresses hold it;
        the stored row is returned.
        """
        box = self._box(cipher)
        row = upsert(ConnectionModel).values(
            connection_id=wanted.connection_id,
            tenant_id=wanted.tenant_id,
            kind=wanted.kind,
            adapter=wanted.adapter,
            base_url=wanted.base_url,
            secrets_encrypted=box.seal(wanted.secrets),
            settings=dict(wanted.settings),
        )
        several = wanted.kind == _OF_SEVERAL
        replaced = row.on_conflict_do_update(
            index_elements=["tenant_id", "kind", *(["adapter"] if several else [])],
            index_where=None
            if several
            else ConnectionModel.kind != literal_column(f"'{_OF_SEVERAL}'"),
            set_={
                "adapter": row.excluded.adapter,
                "base_url": row.excluded.base_url,
                "secrets_encrypted": row.excluded.secrets_encrypted,
                "settings": row.excluded.settings,
                "updated_at": func.now(),
            },
        ).returning(*_COLUMNS)
        async with self._database.tenant(wanted.tenant_id) as connection:
            return _connection_row((await connection.execute(replaced)).one(), box)

    async def connections(
        self, tenant_id: str, *, cipher: SecretBox | None = None
    ) -> tuple[ConnectionRow, ...]:
        """Read a tenant's connections with their secrets, by kind: one statement."""
        box = self._box(cipher)
        query = (
            select(*_COLUMNS)
            .where(ConnectionModel.tenant_id == tenant_id)
            .order_by(ConnectionModel.kind, ConnectionModel.adapter)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(_connection_row(row, box) for row in await connection.execute(query))

    async def connection_by_id(
        self, connection_id: str, *, cipher: SecretBox | None = None
    ) -> ConnectionRow | None:
        """Find a connection of whichever tenant, as a webhook names it: two transactions."""
        box = self._box(cipher)
        try:
            known = str(uuid.UUID(connection_id))
        except ValueError:
            return None
        async with self._database.lookup() as connection:
            tenant_id = await connection.scalar(_TENANT_OF, {"connection_id": known})
        if tenant_id is None:
            return None
        async with self._database.tenant(tenant_id) as connection:
            row = (
                await connection.execute(
                    select(*_COLUMNS).where(
                        ConnectionModel.tenant_id == tenant_id,
                        ConnectionModel.connection_id == known,
                    )
                )
            ).one_or_none()
        return None if row is None else _connection_row(row, box)

    async def all_connections(self) -> tuple[ConnectionAddress, ...]:
        """List where every tenant's connections point: for checks at start. No secrets."""
        async with self._database.lookup() as connection:
            rows = await connection.execute(_ADDRESSES)
            return tuple(ConnectionAddress(**row._asdict()) for row in rows)

    def _box(self, cipher: SecretBox | None) -> SecretBox:
        box = cipher or self._cipher
        if box is None:
            raise ValueError("wanted a SecretBox to read or write connections")
        return box


def _connection_row(row: Row[Any], box: SecretBox) -> ConnectionRow:
    values = row._asdict()
    sealed = values.pop("secrets_encrypted")
    return ConnectionRow(**values, secrets=box.open(sealed))
