"""The carrier contract on EasyPost's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from integrations.carriers.easypost.adapter import EasyPostCarrier, open_easypost_client
from tests.contract.carrier_contract import CarrierGatewayContract, CarrierWorld
from tests.contract.outside import Outside
from tests.support.sandbox import Sandbox
from tests.support.webhook_receiver import webhook_receiver

SECRET = "sécret of the test"
OPERATIONS = {
    "buy label": "POST /v2/shipments/{id}/buy",
    "buy pickup": "POST /v2/pickups/{id}/buy",
}


class EasyPostWorld:
    """The sandbox as EasyPost."""

    unserved_postal_code = "00000"

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.scan = outside.scan
        self.courier_came = outside.courier_came

    def labels_bought(self, reference: str) -> int:
        return len(self._outside.effects("labels", reference=reference))

    def visits_ordered(self, reference: str) -> int:
        return len(self._outside.effects("pickups", reference=reference))

    def losing_the_answer(self, operation: str) -> AbstractContextManager[None]:
        return self._outside.fault("easypost", OPERATIONS[operation], "lost_reply")


class TestEasyPost(CarrierGatewayContract):
    @pytest.fixture
    async def gateway(self, shared_sandbox: Sandbox) -> AsyncIterator[EasyPostCarrier]:
        async with open_easypost_client(shared_sandbox.easypost_url, "EZTK_1") as client:
            yield EasyPostCarrier(client, webhook_secret=SECRET)

    @pytest.fixture
    def world(self, outside: Outside) -> EasyPostWorld:
        return EasyPostWorld(outside)

    async def test_verifies_the_webhook_of_a_scan(
        self, gateway: EasyPostCarrier, world: CarrierWorld, outside: Outside
    ) -> None:
        """The event of a scan, as it arrives, names the tracker to read again."""
        label = await self.label(gateway)
        with webhook_receiver() as receiver:
            outside.send_webhooks("easypost", url=receiver.url, secret=SECRET)
            world.scan(label.tracking_code, "in_transit")
            # What was told before to an address of another test comes here, too.
            event, wanted = None, ("tracker.updated", label.tracking_code)
            while event is None or (event.event_type, event.tracking_code) != wanted:
                received = receiver.next()
                event = gateway.parse_webhook(received.headers, received.body, datetime.now(UTC))

        assert event.tracker_ref == label.tracker_ref
