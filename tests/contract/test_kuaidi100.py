"""The carrier contract on Kuaidi100's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier, open_kuaidi100_client
from integrations.errors import RejectedError, UnansweredError, WebhookSignatureError
from tests.contract.carrier_contract import TOMORROW, CarrierWorld, pickup_request
from tests.contract.inside_china import WAREHOUSE, InsideChinaContract
from tests.contract.outside import Outside
from tests.contract.sandbox_carrier import SandboxCarrier
from tests.support.sandbox import Sandbox

SALT = "salt of the test"
ORDER = "POST /order/borderapi.do"


class TestKuaidi100(InsideChinaContract):
    # A city that is a province of its own: it is written without one.
    recipient = replace(WAREHOUSE, city="北京市", region="", postal_code="100000")

    @pytest.fixture
    async def gateway(self, shared_sandbox: Sandbox) -> AsyncIterator[Kuaidi100Carrier]:
        async with open_kuaidi100_client(shared_sandbox.kuaidi100_url) as client:
            yield Kuaidi100Carrier(
                client,
                api_key="KDtest",
                secret="KDsecret",
                customer="KDcustomer",
                courier_company="yuantong",
                webhook_url="http://127.0.0.1:9/webhooks",
                webhook_salt=SALT,
            )

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxCarrier:
        calls = {"buy label": ORDER}
        return SandboxCarrier(outside, "kuaidi100", calls, containing="method=bOrder")

    async def test_edge_25_orders_once_when_the_answer_was_lost(
        self, gateway: Kuaidi100Carrier, world: CarrierWorld
    ) -> None:
        """Sent again under its key, the order that stands is answered."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        with world.losing_the_answer("buy label"), pytest.raises(UnansweredError):
            await gateway.purchase_label(draft.shipment_ref, request)

        label = await gateway.purchase_label(draft.shipment_ref, request)

        assert (await gateway.get_shipment(label.shipment_ref)).label == label
        assert world.labels_bought(request.reference) == 1

    async def test_orders_anew_once_the_key_is_forgotten(
        self, gateway: Kuaidi100Carrier, world: CarrierWorld, outside: Outside
    ) -> None:
        """After 48 hours the same key orders again, which is why nobody may send it then."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        await gateway.purchase_label(draft.shipment_ref, request)

        with outside.fault("kuaidi100", ORDER, "forget_keys", containing="method=bOrder"):
            await gateway.purchase_label(draft.shipment_ref, request)

        assert world.labels_bought(request.reference) == 2
        assert gateway.capabilities.key_window == timedelta(hours=48)

    async def test_cannot_undo_an_order_whose_numbers_are_not_known(
        self, gateway: Kuaidi100Carrier
    ) -> None:
        """Nobody says that nothing was ordered: only a person can find out."""
        draft = await gateway.create_shipment(self.request())

        for undo in (gateway.void_label, gateway.cancel_pickup, gateway.get_pickup):
            with pytest.raises(RejectedError) as caught:
                await undo(draft.shipment_ref)
            assert caught.value.code == "order_unknown"

    async def test_says_that_the_courier_found_nobody(
        self, gateway: Kuaidi100Carrier, outside: Outside
    ) -> None:
        """A visit without the parcel is over, and no other one is ordered without a label."""
        label = await self.label(gateway)
        visit = await gateway.create_pickup(pickup_request(label.shipment_ref))
        outside.courier_found_nobody(visit.pickup_ref)

        found = await gateway.create_pickup(pickup_request(label.shipment_ref))

        assert found == replace(visit, status="over")

    async def test_follows_an_order_by_our_name_of_it(
        self, gateway: Kuaidi100Carrier, world: CarrierWorld
    ) -> None:
        """The order tells its courier company's number, by which the parcel is followed."""
        label = await self.label(gateway)
        world.scan(label.tracking_code, "in_transit")
        assert label.tracker_ref == label.shipment_ref

        found = await gateway.track(label.shipment_ref)

        assert found.tracking_code == label.tracking_code
        assert found.scans[0].occurred_at.utcoffset() == timedelta(hours=8)

    async def test_verifies_the_push_of_a_scan(
        self, gateway: Kuaidi100Carrier, world: SandboxCarrier
    ) -> None:
        """The push of a scan, as it arrives, names the parcel to read again."""
        label = await self.label(gateway)

        event, received = world.pushed_scan(gateway, label.tracking_code, secret=SALT)

        assert event.event_type == "poll.polling"
        with pytest.raises(WebhookSignatureError):
            gateway.parse_webhook({}, received.body.replace(b"sign=", b"sign=0"), TOMORROW)
