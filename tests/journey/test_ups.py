"""UPS as a tenant's carrier, from its connection to the alert of a scan."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from backhaul_client import NewTenant
from storage.rows import ConnectionRow
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.support.asking import PATIENCE, labelled, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey

SECRETS = {
    "client_id": "UPS_client",
    "client_secret": "secret",
    "webhook_credential": "credential of the test",
}
SETTINGS = {"account_number": "A1B2C3", "account_country": "DE"}


@asynccontextmanager
async def sent_by_ups(journey: Journey) -> AsyncIterator[str]:
    """Let the tenant's parcels, and the alerts about them, go by UPS; yield the webhook's path."""
    box = SecretBox(journey.settings.secret_key.get_secret_value())
    tenants = Tenants(journey.services.database, box)
    before = next(c for c in await tenants.connections(TENANT) if c.adapter == "easypost")
    ups = ConnectionRow(
        connection_id=str(uuid.uuid4()),
        tenant_id=TENANT,
        kind="carrier",
        adapter="ups",
        base_url=f"{journey.settings.sandbox_url}/ups",
        secrets=SECRETS,
        settings=SETTINGS,
    )
    stored = await tenants.put_connection(ups)
    await tenants.put_connection(replace(before, settings={"closed": "yes"}))
    path = f"/v1/webhooks/{stored.connection_id}"
    target = {
        "url": f"{journey.settings.public_url}{path}",
        "secret": SECRETS["webhook_credential"],
    }
    journey.sandbox.put("webhooks/ups", target)
    try:
        yield path
    finally:
        await tenants.put_connection(before)
        await tenants.put_connection(replace(stored, settings={**SETTINGS, "closed": "yes"}))


async def test_alerts_of_scans_reach_the_return(journey: Journey) -> None:
    """An alert moves the return from label to delivered; a forged one is refused."""
    async with sent_by_ups(journey) as path:
        view = await labelled(journey)
        code = view.deliveries[0].tracking_code
        assert code is not None
        assert code.startswith("1Z")

        forged = {"trackingNumber": code, "activityStatus": {"type": "D"}}
        answer = await journey.anonymous.post(path, json=forged, headers={"credential": "guessed"})
        for status in ("in_transit", "delivered"):
            scan = {"scan_id": f"{code}-{status}", "status": status}
            journey.sandbox.post(f"parcels/{code}/scans", scan)

        moved = await journey.client().wait_until(
            view.return_id,
            lambda seen: seen.deliveries[0].delivered_at is not None,
            timeout=PATIENCE,
        )
        assert moved.deliveries[0].first_scan_at is not None
        assert answer.status_code == 401


async def test_a_connection_to_ups_says_what_it_lacks(journey: Journey) -> None:
    """With its secrets and settings it is stored; without one of them it is refused by name."""
    tenant = await journey.client("admin").admin.create_tenant(
        NewTenant(tenant_id=f"t-{new_key()[-12:]}", name="A shop with UPS"),
        idempotency_key=new_key(),
    )

    async def put(**changes: Any) -> httpx.Response:
        wanted = {
            "kind": "carrier",
            "adapter": "ups",
            "base_url": f"{journey.settings.sandbox_url}/ups",
            "secrets": SECRETS,
            "settings": SETTINGS,
            **changes,
        }
        headers = {"Authorization": f"Bearer {tenant.admin_key}", "Idempotency-Key": new_key()}
        return await journey.anonymous.post("/v1/connections", json=wanted, headers=headers)

    stored, nameless = await put(), await put(settings={"account_country": "DE"})
    secretless = await put(secrets=SECRETS | {"client_secret": ""})

    assert (stored.status_code, stored.json()["adapter"]) == (201, "ups")
    assert SECRETS["webhook_credential"] not in stored.text
    assert (nameless.status_code, nameless.json()["field"]) == (400, "settings.account_number")
    assert (secretless.status_code, secretless.json()["field"]) == (400, "secrets.client_secret")
