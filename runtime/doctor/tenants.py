"""Every tenant: its connections, what waits to go out or in, and the returns that are stuck."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from domain.blockers import WAITS, Kind
from integrations.directory import ADAPTERS, Connection
from integrations.errors import ConfigurationError
from runtime.adapters import AdapterDirectory, TimeScaleRefusedError
from runtime.connections import connection_of
from runtime.doctor.findings import Finding, broken, doubtful, well
from runtime.settings import Settings, variable
from storage.health import Backlog, Health, StoredConnection
from storage.secrets import SecretBox

_CONNECT_SECONDS = 3.0
_NUMBERING_TAKES = timedelta(minutes=1)
_HANDLING_TAKES = timedelta(minutes=5)
_LOST = WAITS["workflow_missing"].code
_PARKED = frozenset(code for code, wait in WAITS.items() if wait.kind is Kind.PARKED) - {_LOST}
_KINDS = frozenset(needs.kind for needs in ADAPTERS.values())


async def connections(health: Health, tenant_id: str, settings: Settings) -> list[Finding]:
    """Look at each connection as a worker would before it used it, and knock at its host."""
    box = SecretBox(settings.secret_key.get_secret_value())
    stored = await health.connections(tenant_id, box)
    findings = list(await asyncio.gather(*(_connection(one, settings) for one in stored)))
    missing = sorted(_KINDS - {one.row.kind for one in stored})
    if missing:
        mend = f"`backhaul tenants connect {tenant_id} ADAPTER URL`"
        findings.append(
            doubtful(f"connections: {tenant_id}", f"none for {', '.join(missing)}", mend)
        )
    return findings


async def _connection(stored: StoredConnection, settings: Settings) -> Finding:
    row = stored.row
    check = f"connection: {row.tenant_id} {row.kind}"
    # Without the address: a malformed one may hold a password.
    again = f"`backhaul tenants connect {row.tenant_id} {row.adapter} URL`"
    if not stored.is_readable:
        found = f"{variable('secret_key')} does not decrypt its secrets"
        return broken(check, found, f"bring the old key back, or enter the secrets again: {again}")
    try:
        await _open(stored, settings)
    except TimeScaleRefusedError:
        found = f"leads out of the sandbox while time is scaled by {settings.time_scale:g}"
        return broken(check, found, f"{variable('time_scale')}=1, or connect it to the sandbox")
    except ConfigurationError as error:
        return broken(check, f"{row.adapter}: {error}", f"enter it again: {again}")
    parts = urlsplit(row.base_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if not await _opens(host, port):
        mend = f"let this machine reach {host}:{port}, or correct the address: {again}"
        return broken(check, f"{host}:{port} cannot be reached", mend)
    return well(check, f"{row.adapter} at {host}:{port}")


async def _open(stored: StoredConnection, settings: Settings) -> None:
    """Make the gateway and close it; nothing is sent."""
    connection = connection_of(stored.row)

    async def of_tenant(_tenant_id: str) -> Sequence[Connection]:
        return [connection]

    async def by_id(_connection_id: str) -> Connection:
        return connection

    directory = AdapterDirectory(of_tenant, by_id, settings)
    try:
        await directory.by_id(connection.connection_id)
    finally:
        await directory.aclose()


async def _opens(host: str, port: int) -> bool:
    """Say whether a TCP connection is accepted; nothing is sent."""
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def backlog(health: Health, tenant_ids: Sequence[str]) -> list[Finding]:
    """Count what waits for longer than it should, over all tenants."""
    found = [
        await health.backlog(
            tenant_id, numbering_takes=_NUMBERING_TAKES, handling_takes=_HANDLING_TAKES
        )
        for tenant_id in tenant_ids
    ]
    return judged(
        Backlog(
            events=sum(one.events for one in found),
            unclaimed_notices=sum(one.unclaimed_notices for one in found),
            unsent_notices=sum(one.unsent_notices for one in found),
            webhooks=sum(one.webhooks for one in found),
        )
    )


def judged(late: Backlog) -> list[Finding]:
    no_relay = "start a worker, which runs the relay; then look for relay.failed in its log"
    findings = []
    if late.events:
        found = f"{late.events} have no position after a minute: readers do not see them"
        findings.append(broken("outbox: events", found, no_relay))
    else:
        findings.append(well("outbox: events", "all have their position"))
    if late.unclaimed_notices:
        found = f"{late.unclaimed_notices} due for more than 5 minutes, and nobody took them"
        findings.append(broken("outbox: messages", found, no_relay))
    elif late.unsent_notices:
        found = f"{late.unsent_notices} not sent after 5 minutes; they are tried again"
        mend = "look for notice.failed in the worker's log, then at the mail connection"
        findings.append(doubtful("outbox: messages", found, mend))
    else:
        findings.append(well("outbox: messages", "none is late"))
    if late.webhooks:
        found = f"{late.webhooks} not processed after 5 minutes; they are tried again"
        mend = "look for webhook.failed in the log of API and worker, then at its connection"
        findings.append(doubtful("inbox", found, mend))
    else:
        findings.append(well("inbox", "every webhook is processed"))
    return findings


async def parked(health: Health, tenant_ids: Sequence[str]) -> Finding:
    """Count the returns with a piece of work that could not be done."""
    count = sum([await health.returns_blocked_by(one, _PARKED) for one in tenant_ids])
    if not count:
        return well("parked returns", "none")
    mend = "`backhaul ops explain RETURN` says why and who must act, `backhaul ops retry` goes on"
    return doubtful("parked returns", f"{count} with work that could not be done", mend)


async def lost_runs(health: Health, tenant_ids: Sequence[str]) -> Finding:
    """Count the returns that the sweep found without a run."""
    count = sum([await health.returns_blocked_by(one, {_LOST}) for one in tenant_ids])
    if not count:
        return well("lost runs", "none")
    mend = (
        f"`backhaul returns list --blocker {_LOST}` names them, `backhaul ops restart RETURN"
        " --reason WHY` goes on; then find out who ended them"
    )
    return broken("lost runs", f"returns whose run is gone: {count}; nothing moves them", mend)
