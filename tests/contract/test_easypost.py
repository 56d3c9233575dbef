"""The carrier contract on EasyPost's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator

import pytest

from integrations.carriers.easypost.adapter import EasyPostCarrier, open_easypost_client
from tests.contract.carrier_contract import CarrierGatewayContract
from tests.contract.outside import Outside
from tests.contract.sandbox_carrier import SandboxCarrier
from tests.support.sandbox import Sandbox

SECRET = "sécret of the test"
OPERATIONS = {
    "buy label": "POST /v2/shipments/{id}/buy",
    "buy pickup": "POST /v2/pickups/{id}/buy",
}


class TestEasyPost(CarrierGatewayContract):
    @pytest.fixture
    async def gateway(self, shared_sandbox: Sandbox) -> AsyncIterator[EasyPostCarrier]:
        async with open_easypost_client(shared_sandbox.easypost_url, "EZTK_1") as client:
            yield EasyPostCarrier(client, webhook_secret=SECRET)

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxCarrier:
        return SandboxCarrier(outside, "easypost", OPERATIONS)

    async def test_verifies_the_webhook_of_a_scan(
        self, gateway: EasyPostCarrier, world: SandboxCarrier
    ) -> None:
        """The event of a scan, as it arrives, names the tracker to read again."""
        label = await self.label(gateway)

        event, _ = world.pushed_scan(
            gateway, label.tracking_code, secret=SECRET, event_type="tracker.updated"
        )

        assert event.tracker_ref == label.tracker_ref
