"""The tenant of the embedded stack: connected to the sandbox, with an API key for each role."""

import httpx

from runtime.devstack.composition import key_name
from runtime.devstack.stack import Stack
from runtime.settings import variable
from storage.database import Database
from storage.keys import ApiKeys
from storage.rows import ConnectionRow
from storage.secrets import SecretBox
from storage.states import Role
from storage.tenants import Tenants

TENANT = "demo"
SENDER = "returns@shop.example.com"
# Names the connection within the tenant; the store keeps the first id for good.
_CONNECTION_IDS = {
    "payments": "0b7b1c5e-94a3-5c1f-8a55-6b8f0c0a0001",
    "carrier": "0b7b1c5e-94a3-5c1f-8a55-6b8f0c0a0002",
    "commerce": "0b7b1c5e-94a3-5c1f-8a55-6b8f0c0a0003",
    "mail": "0b7b1c5e-94a3-5c1f-8a55-6b8f0c0a0004",
}
_WEBHOOK_SYSTEMS = {"payments": "stripe", "carrier": "easypost", "commerce": "commerce"}


async def prepare_tenant(stack: Stack) -> None:
    """Make the tenant, its connections and keys, and tell the sandbox where webhooks go.

    Repeats change nothing but addresses that moved.
    """
    environment, secrets, urls = stack.environment, stack.secrets, stack.urls
    if "sandbox" not in urls or "api" not in urls:
        return
    database = Database(environment[variable("database_url")])
    try:
        tenants = Tenants(database, SecretBox(secrets["secret_key"]))
        await tenants.create(TENANT, "Demo shop")
        for row in _connections(stack):
            stored = await tenants.put_connection(row)
            await _point_webhooks(urls["sandbox"], urls["api"], stored)
        keys = ApiKeys(database)
        for role in Role:
            plain = secrets[key_name(role)]
            if await keys.find(plain) is None:
                await keys.create(TENANT, role, f"embedded stack, {role}", key=plain)
    finally:
        await database.aclose()


async def _point_webhooks(sandbox_url: str, api_url: str, stored: ConnectionRow) -> None:
    system = _WEBHOOK_SYSTEMS.get(stored.kind)
    if system is None:
        return
    body = {
        "url": f"{api_url}/v1/webhooks/{stored.connection_id}",
        "secret": stored.secrets["webhook_secret"],
    }
    async with httpx.AsyncClient(base_url=sandbox_url, trust_env=False) as http:
        (await http.put(f"/_control/webhooks/{system}", json=body)).raise_for_status()


def _connections(stack: Stack) -> list[ConnectionRow]:
    sandbox, secrets = stack.urls["sandbox"], stack.secrets
    return [
        _row(
            "payments",
            "stripe",
            f"{sandbox}/stripe",
            {"api_key": secrets["stripe_key"], "webhook_secret": secrets["stripe_webhook_secret"]},
        ),
        _row(
            "carrier",
            "easypost",
            f"{sandbox}/easypost/v2",
            {
                "api_key": secrets["easypost_key"],
                "webhook_secret": secrets["easypost_webhook_secret"],
            },
        ),
        _row(
            "commerce",
            "http",
            f"{sandbox}/commerce/v1",
            {
                "token": secrets["commerce_token"],
                "webhook_secret": secrets["commerce_webhook_secret"],
            },
        ),
        _row("mail", "smtp", f"smtp://{stack.urls['smtp']}", {}, {"sender": SENDER}),
    ]


def _row(
    kind: str,
    adapter: str,
    base_url: str,
    secrets: dict[str, str],
    settings: dict[str, str] | None = None,
) -> ConnectionRow:
    return ConnectionRow(
        connection_id=_CONNECTION_IDS[kind],
        tenant_id=TENANT,
        kind=kind,
        adapter=adapter,
        base_url=base_url,
        secrets=secrets,
        settings=settings or {},
    )
