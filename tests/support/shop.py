"""A shop of its own, connected like the first tenant, with people who have names."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from backhaul_client import BackhaulClient, NewPublication, PolicyVersionView
from storage.secrets import SecretBox
from storage.states import Role
from storage.tenants import Tenants
from tests.support.asking import new_key
from tests.support.builders import pack
from tests.support.house import sandbox_connections
from tests.support.journey import Journey
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient


@dataclass(frozen=True, slots=True)
class Shop:
    """What one tenant publishes is nobody else's, so a test may publish what it likes."""

    journey: Journey
    tenant_id: str
    opened: AsyncExitStack
    keys: dict[tuple[str, str], httpx.AsyncClient] = field(default_factory=dict)

    async def http(self, role: str, label: str) -> httpx.AsyncClient:
        """Return the HTTP client of a key; whose label is the same is the same person."""
        if (role, label) not in self.keys:
            _, key = await self.journey.services.keys.create(self.tenant_id, Role(role), label)
            client = httpx.AsyncClient(
                base_url=self.journey.settings.public_url,
                headers={"Authorization": f"Bearer {key}"},
                timeout=90,
                trust_env=False,
            )
            self.keys[role, label] = await self.opened.enter_async_context(client)
        return self.keys[role, label]

    async def person(self, role: str, label: str) -> BackhaulClient:
        return BackhaulClient(await self.http(role, label))

    async def publish(self, document: dict[str, Any]) -> PolicyVersionView:
        """Let Dora draft a pack and Paul publish it."""
        ref = f"{document['id']}@{document['version']}"
        drafted = await (await self.person("ops", "Dora")).policies.put(ref, document)
        paul = await self.person("admin", "Paul")
        publication = NewPublication(content_hash=drafted.content_hash)
        return await paul.policies.publish(ref, publication, idempotency_key=new_key())


@asynccontextmanager
async def open_shop(journey: Journey, sandbox: Sandbox) -> AsyncIterator[Shop]:
    tenant_id = f"shop-{uuid.uuid4().hex[:12]}"
    secret = journey.settings.secret_key.get_secret_value()
    tenants = Tenants(journey.services.database, SecretBox(secret))
    await tenants.create(tenant_id, "A shop with a policy of its own")
    for connection in sandbox_connections(sandbox):
        own = replace(connection, tenant_id=tenant_id, connection_id=str(uuid.uuid4()))
        await tenants.put_connection(own)
    async with AsyncExitStack() as opened:
        yield Shop(journey, tenant_id, opened)


def order_to_washington(sandbox: SandboxClient, example: str = "three-units") -> Any:
    """Store an example that was sent to a state without a law of its own on returns at will."""
    order = sandbox.order(example)
    there = {"region": "WA", "postal_code": "98101", "country": "US"}
    return sandbox.order(example, ship_to={**order["ship_to"], **there})


def own_pack(version: str, *, start: str = "2020-01-01", days: int = 30, **terms: Any) -> Any:
    """Return the standard pack as a tenant's own, with another window for withdrawals."""
    data: Any = pack()
    data["rules"][0]["window"]["days"] = days
    governs = {"by": "CONTRACT_DATE", "from": start, "to": None}
    return data | {"id": "OWN", "version": version, "governs": governs} | terms


def order_for_a_promise(outside: SandboxClient) -> Any:
    """An order of three lamps whose right at law is over, so that the merchant's policy decides."""
    order = outside.order("three-units")
    now = datetime.now(UTC)
    sent, arrived = ((now - timedelta(days=days)).isoformat() for days in (22, 20))
    for line in order["lines"]:
        for parcel in line["parcels"]:
            parcel |= {"fulfilled_at": sent, "delivered_at": arrived}
    bought = (now - timedelta(days=25)).isoformat()
    return outside.put(f"orders/{order['order_id']}", order | {"contract_at": bought})
