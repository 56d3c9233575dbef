"""What a payment provider tells of a refund reaches the return, whichever provider it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backhaul_client import Accepted, CountedItem, InspectionCommand, ReceiveCommand
from storage.secrets import SecretBox
from storage.tenants import Tenants
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.house import TENANT
from tests.support.journey import Journey
from tests.support.providers import PROVIDERS, Provider


@asynccontextmanager
async def connected(journey: Journey, provider: Provider) -> AsyncIterator[None]:
    """Let the tenant's payments, and their webhooks, go through this provider for a while."""
    box = SecretBox(journey.settings.secret_key.get_secret_value())
    tenants = Tenants(journey.services.database, box)
    before = next(c for c in await tenants.connections(TENANT) if c.kind == "payments")
    row = provider.connection(journey.sandbox)
    stored = await tenants.put_connection(row)
    url = f"{journey.settings.public_url}/v1/webhooks/{stored.connection_id}"
    secret = row.settings.get("webhook_id") or row.secrets["api_v3_key"]
    journey.sandbox.put(f"webhooks/{provider.name}", {"url": url, "secret": secret})
    try:
        yield
    finally:
        await tenants.put_connection(before)


@PROVIDERS
async def test_a_refund_that_fails_later_is_noticed(journey: Journey, provider: Provider) -> None:
    """The provider takes a success back: its webhook is believed, read again, and paid anew."""
    async with connected(journey, provider):
        order = provider.order(journey.sandbox)
        client, warehouse = journey.client(), journey.client("warehouse")
        started = await client.start_return(units_of(order), idempotency_key=new_key())
        assert not isinstance(started, Accepted)
        await client.wait_until(
            started.return_id,
            lambda view: bool(view.deliveries and view.deliveries[0].tracking_code),
            timeout=PATIENCE,
        )
        counted = CountedItem(sku="LAMP-DESK-WHITE", quantity=1)
        count = ReceiveCommand(receipt_id="R-1", parcel="P-1", entries=(counted,))
        graded = InspectionCommand(lot_id="line-1/1", grade="A")
        await warehouse.receive(started.return_id, count, idempotency_key=new_key())
        await warehouse.record_inspection(started.return_id, graded, idempotency_key=new_key())
        paid = await warehouse.wait_until(
            started.return_id, lambda view: view.headline == "COMPLETED", timeout=PATIENCE
        )
        first = paid.settlements[0].refunds[0].refund_ref

        journey.sandbox.post(f"refunds/{first}/fail")

        await warehouse.wait_until(
            started.return_id,
            lambda view: (
                view.settlements[0].refunds[0].refund_ref not in (first, None)
                and view.headline == "COMPLETED"
            ),
            timeout=PATIENCE,
        )
    refunds = journey.sandbox.ledger(order_id=order["order_id"])["refunds"]
    assert [one["status"] == provider.failed for one in refunds] == [True, False]
    types = [event.type for event in await client.timeline(started.return_id)]
    assert types.count("refund.failed") == 1
