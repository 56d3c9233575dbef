"""The carrier contract on UPS's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.carriers.ups.adapter import UpsCarrier, open_ups_client
from integrations.errors import AmbiguousOutcomeError, WebhookSignatureError
from tests.contract.carrier_contract import (
    CarrierGatewayContract,
    CarrierWorld,
    pickup_request,
    shipment_request,
)
from tests.contract.outside import Outside
from tests.contract.sandbox_carrier import SandboxCarrier
from tests.support.sandbox import Sandbox

CREDENTIAL = "credential of the test"
OPERATIONS = {
    "buy label": "POST /api/shipments/v2409/ship",
    "buy pickup": "POST /api/pickupcreation/v2409/pickup",
}


class UpsWorld(SandboxCarrier):
    """The sandbox as UPS, whose visits we name with more than UPS's number."""

    def courier_came(self, pickup_ref: str) -> None:
        super().courier_came(pickup_ref.partition("-")[0])


class TestUps(CarrierGatewayContract):
    @pytest.fixture
    async def gateway(self, shared_sandbox: Sandbox) -> AsyncIterator[UpsCarrier]:
        async with open_ups_client(shared_sandbox.ups_url, "UPS_client", "secret") as client:
            yield UpsCarrier(
                client,
                account_number="A1B2C3",
                account_country="DE",
                webhook_credential=CREDENTIAL,
            )

    @pytest.fixture
    def world(self, outside: Outside) -> UpsWorld:
        return UpsWorld(outside, "ups", OPERATIONS)

    async def test_verifies_the_webhook_of_a_scan(
        self, gateway: UpsCarrier, world: UpsWorld
    ) -> None:
        """The event of a scan, as it arrives, names the parcel to read again."""
        label = await self.label(gateway)

        event, received = world.pushed_scan(gateway, label.tracking_code, secret=CREDENTIAL)

        assert event.event_type == "track.alert"
        assert event.tracker_ref == label.tracker_ref
        with pytest.raises(WebhookSignatureError):
            gateway.parse_webhook({"credential": "another"}, received.body, datetime.now(UTC))

    async def test_ships_between_two_americans(
        self, gateway: UpsCarrier, world: CarrierWorld
    ) -> None:
        """There UPS takes our key with the parcel: it is found again nevertheless."""
        request = shipment_request()
        inside = replace(
            request,
            sender=replace(request.sender, country="US", postal_code="10115-1234", region="NY"),
            recipient=replace(request.recipient, country="US", postal_code="30110", region="GA"),
        )
        draft = await gateway.create_shipment(inside)
        with world.losing_the_answer("buy label"), pytest.raises(AmbiguousOutcomeError):
            await gateway.purchase_label(draft.shipment_ref, inside)

        found = await gateway.get_shipment(draft.shipment_ref)

        assert draft.offer is not None
        assert draft.offer.days == 2
        assert found.label is not None
        assert (found.label.service, found.label.cost) == ("03", draft.offer.cost)

    async def test_tells_a_label_that_was_given_back(self, gateway: UpsCarrier) -> None:
        """Of a voided label nothing can be printed any more."""
        label = await self.label(gateway)
        await gateway.void_label(label.shipment_ref)

        found = await gateway.get_shipment(label.shipment_ref)

        assert found.label == replace(label, label_url="")
        assert found.refund_status == "refunded"

    async def test_finds_a_visit_by_our_key_while_it_is_listed(
        self, gateway: UpsCarrier, world: CarrierWorld
    ) -> None:
        """A visit of today or tomorrow whose answer was lost is called off without its number."""
        label = await self.label(gateway)
        request = replace(pickup_request(label.shipment_ref), time_zone="UTC")
        draft = await gateway.create_pickup(request)
        with world.losing_the_answer("buy pickup"), pytest.raises(AmbiguousOutcomeError):
            await gateway.buy_pickup(draft.pickup_ref, request)

        assert (await gateway.get_pickup(draft.pickup_ref)).status == "scheduled"
        assert (await gateway.cancel_pickup(draft.pickup_ref)).status == "canceled"
        assert (await gateway.get_pickup(draft.pickup_ref)).status == "unbooked"
