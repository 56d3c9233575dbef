"""The tenants' stored connections, as gateways of this process."""

from collections.abc import Sequence
from typing import cast

from integrations.directory import AdapterName, Connection, ConnectionKind
from runtime.adapters import AdapterDirectory, TimeScale, check_time_scale
from storage.rows import ConnectionRow
from storage.tenants import Tenants


def stored_connections(tenants: Tenants, settings: TimeScale) -> AdapterDirectory:
    """Return every tenant's gateways, read from ``tenants`` when asked for. Close it at the end."""

    async def of_tenant(tenant_id: str) -> Sequence[Connection]:
        return [connection_of(row) for row in await tenants.connections(tenant_id)]

    async def by_id(connection_id: str) -> Connection | None:
        row = await tenants.connection_by_id(connection_id)
        return None if row is None else connection_of(row)

    return AdapterDirectory(of_tenant, by_id, settings)


def connection_of(row: ConnectionRow) -> Connection:
    return Connection(
        connection_id=row.connection_id,
        tenant_id=row.tenant_id,
        # Both were checked against the catalogue of adapters before they were stored.
        kind=cast("ConnectionKind", row.kind),
        adapter=cast("AdapterName", row.adapter),
        base_url=row.base_url,
        secrets=row.secrets,
        settings=row.settings,
    )


async def check_stored_connections(tenants: Tenants, settings: TimeScale) -> None:
    """Refuse scaled time unless every connection of every tenant leads to the sandbox.

    Raises:
        TimeScaleRefusedError: one does not. Called at process start.
    """
    addresses = await tenants.all_connections()
    check_time_scale(
        [
            Connection(
                connection_id=address.connection_id,
                tenant_id=address.tenant_id,
                kind=cast("ConnectionKind", address.kind),
                # Only mail is told apart: it has a port of its own in the sandbox.
                adapter="smtp" if address.kind == "mail" else "http",
                base_url=address.base_url,
                secrets={},
            )
            for address in addresses
        ],
        settings,
    )
