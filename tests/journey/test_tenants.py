"""Tenants, connections and keys over HTTP: made, seen, and never the secrets."""

import httpx
import pytest

from backhaul_client import BackhaulError, NewConnection, NewKey, NewTenant
from tests.support.asking import new_key
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey

STRIPE = "http://127.0.0.1/stripe"


async def test_secrets_are_never_shown(journey: Journey) -> None:
    """What was entered works, and is answered by no path."""
    http = journey.http[TENANT, "admin"]

    listed = await http.get("/v1/connections")

    assert {item["kind"] for item in listed.json()["items"]} == {
        "payments",
        "carrier",
        "commerce",
        "mail",
    }
    for secret in ("sk_test_1", "EZTK1", "ct_1", "whsec_"):
        assert secret not in listed.text


async def test_a_connection_that_lacks_something_is_refused(journey: Journey) -> None:
    """Before it is stored, an adapter is asked what it needs."""
    wanted = NewConnection(
        kind="payments", adapter="stripe", base_url=STRIPE, secrets={"api_key": "sk_test_1"}
    )

    with pytest.raises(BackhaulError) as refused:
        await journey.client("admin", tenant=OTHER_TENANT).admin.put_connection(
            wanted, idempotency_key=new_key()
        )

    assert (refused.value.status, refused.value.field) == (400, "secrets.webhook_secret")


async def test_a_certificate_is_taken_with_its_lines(journey: Journey) -> None:
    """A certificate in PEM goes in as it is; text that is none is refused, naming the secret."""
    tenant_id = f"t-{new_key()[-12:]}"
    tenant = await journey.client("admin").admin.create_tenant(
        NewTenant(tenant_id=tenant_id, name="A shop with PayPal"), idempotency_key=new_key()
    )
    account = journey.sandbox.http.get("/_control/accounts/paypal").json()

    async def put(**secrets: str) -> httpx.Response:
        wanted = {
            "kind": "payments",
            "adapter": "paypal",
            "base_url": f"{journey.settings.sandbox_url}/paypal",
            "secrets": account | secrets,
            "settings": {"webhook_id": "5GP028458E2496506"},
        }
        headers = {"Authorization": f"Bearer {tenant.admin_key}", "Idempotency-Key": new_key()}
        return await journey.anonymous.post("/v1/connections", json=wanted, headers=headers)

    stored, refused = await put(), await put(webhook_certificates="PEM")

    assert (stored.status_code, stored.json()["adapter"]) == (201, "paypal")
    assert (refused.status_code, refused.json()["field"]) == (400, "secrets.webhook_certificates")


async def test_scaled_time_leads_nowhere_but_to_the_sandbox(journey: Journey) -> None:
    """This deployment scales time, so a real provider cannot be connected to it."""
    wanted = NewConnection(
        kind="payments",
        adapter="stripe",
        base_url="https://payments.example.com",
        secrets={"api_key": "sk_live_1", "webhook_secret": "whsec_x"},
    )

    with pytest.raises(BackhaulError) as refused:
        await journey.client("admin", tenant=OTHER_TENANT).admin.put_connection(
            wanted, idempotency_key=new_key()
        )

    assert (refused.value.status, refused.value.field) == (400, "base_url")


async def test_a_new_key_works_and_is_shown_once(journey: Journey) -> None:
    """The same call answers the same key; a list shows its prefix only."""
    admin, key = journey.client("admin").admin, new_key()
    wanted = NewKey(role="auditor", label="yearly audit")

    created = await admin.create_key(wanted, idempotency_key=key)
    again = await admin.create_key(wanted, idempotency_key=key)
    listed = [item for item in await admin.list_keys() if item.key_id == created.key_id]

    assert again == created
    assert [item.role for item in listed] == ["auditor"]
    assert listed[0].prefix in created.key
    answer = await journey.anonymous.get(
        "/v1/returns", headers={"Authorization": f"Bearer {created.key}"}
    )
    assert answer.status_code == 200


async def test_a_tenant_comes_with_its_first_key(journey: Journey) -> None:
    """Its admin key opens the new tenant and nothing else; its name is taken for good."""
    admin, key = journey.client("admin").admin, new_key()
    wanted = NewTenant(tenant_id=f"t-{key[-12:]}", name="A new shop")

    created = await admin.create_tenant(wanted, idempotency_key=key)
    again = await admin.create_tenant(wanted, idempotency_key=key)
    seen = await journey.anonymous.get(
        "/v1/tenants", headers={"Authorization": f"Bearer {created.admin_key}"}
    )
    with pytest.raises(BackhaulError) as refused:
        await admin.create_tenant(wanted, idempotency_key=new_key())

    assert again == created
    assert [item["tenant_id"] for item in seen.json()["items"]] == [wanted.tenant_id]
    assert (refused.value.status, refused.value.code) == (409, "tenant_exists")


async def test_another_tenants_key_cannot_be_ended(journey: Journey) -> None:
    """Keys of others do not exist, whatever is known of them."""
    own = await journey.client("admin").admin.list_keys()

    with pytest.raises(BackhaulError) as refused:
        await journey.client("admin", tenant=OTHER_TENANT).admin.revoke_key(own[0].key_id)

    assert (refused.value.status, refused.value.code) == (404, "key_not_found")


async def test_says_whether_it_can_work(journey: Journey) -> None:
    """Alive and ready are two questions, and neither needs a key."""
    alive = await journey.anonymous.get("/healthz")
    ready = await journey.anonymous.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 200)
    assert ready.json()["checks"] == {"database": "ok", "temporal": "ok"}
