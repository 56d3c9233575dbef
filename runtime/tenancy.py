"""Connect a tenant to an outside system: the one way in, for API and command line."""

import uuid
from collections.abc import Mapping

from integrations.directory import AdapterName, Connection, ConnectionKind, check_connection
from runtime.adapters import TimeScale, check_time_scale
from storage.rows import ConnectionRow
from storage.tenants import Tenants


async def connect_tenant(
    tenants: Tenants,
    settings: TimeScale,
    *,
    tenant_id: str,
    kind: ConnectionKind,
    adapter: AdapterName,
    base_url: str,
    secrets: Mapping[str, str],
    options: Mapping[str, str],
) -> ConnectionRow:
    """Store the tenant's connection of one kind, or replace all of it but its id.

    Args:
        options: The adapter's settings, such as the sender of mails.

    Raises:
        ConfigurationError: the adapter lacks something, or may not be used with scaled time;
            ``field`` names it.
    """
    connection = Connection(
        connection_id=str(uuid.uuid4()),
        tenant_id=tenant_id,
        kind=kind,
        adapter=adapter,
        base_url=base_url,
        secrets=secrets,
        settings=options,
    )
    check_connection(connection)
    check_time_scale([connection], settings)
    return await tenants.put_connection(
        ConnectionRow(
            connection_id=connection.connection_id,
            tenant_id=tenant_id,
            kind=kind,
            adapter=adapter,
            base_url=base_url,
            secrets=secrets,
            settings=options,
        )
    )
