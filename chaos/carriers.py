"""Carriers of a run besides the embedded stack's own: connected to the same sandbox."""

import secrets
from collections.abc import Sequence

from runtime.devstack.stack import Stack
from runtime.devstack.tenant import TENANT
from runtime.settings import variable
from storage.database import Database
from storage.rows import ConnectionRow
from storage.secrets import SecretBox
from storage.tenants import Tenants

_IDS = {"ups": "0b7b1c5e-94a3-5c1f-8a55-6b8f0c0a0005"}


async def connect_carriers(stack: Stack, carriers: Sequence[str]) -> None:
    """Connect the tenant to these carriers too; a repeat keeps their connections' ids."""
    if not carriers:
        return
    database = Database(stack.environment[variable("database_url")])
    try:
        tenants = Tenants(database, SecretBox(stack.secrets["secret_key"]))
        for carrier in carriers:
            await tenants.put_connection(_connection(carrier, stack.urls["sandbox"]))
    finally:
        await database.aclose()


def _connection(carrier: str, sandbox_url: str) -> ConnectionRow:
    return ConnectionRow(
        connection_id=_IDS[carrier],
        tenant_id=TENANT,
        kind="carrier",
        adapter=carrier,
        base_url=f"{sandbox_url}/{carrier}",
        secrets={
            "client_id": f"UPS_{secrets.token_hex(8)}",
            "client_secret": secrets.token_hex(16),
            "webhook_credential": secrets.token_hex(16),
        },
        settings={"account_number": "A1B2C3", "account_country": "DE"},
    )
