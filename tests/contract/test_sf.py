"""The carrier contract on SF's adapter, over HTTP against the sandbox."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from integrations.carriers.sf.adapter import SfCarrier, open_sf_client
from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    ConfigurationError,
    RejectedError,
)
from tests.contract.carrier_contract import CarrierWorld, pickup_request
from tests.contract.inside_china import CUSTOMER, InsideChinaContract
from tests.contract.outside import Outside
from tests.contract.sandbox_carrier import SandboxCarrier
from tests.support.sandbox import Sandbox

SERVICE = "POST /std/service"


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def connected(
    url: str,
    account: Mapping[str, str] = MappingProxyType({}),
    *,
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[SfCarrier]:
    """Connect as the sandbox's account, but for what is said otherwise."""
    async with open_sf_client(url) as client:
        yield SfCarrier(
            client,
            partner_id=account.get("partner_id", "SFtest"),
            check_word=account.get("check_word", "SFcheckword"),
            monthly_card=account.get("monthly_card", "7551234567"),
            product=account.get("product", "2"),
            clock=clock,
        )


class TestSf(InsideChinaContract):
    @pytest.fixture
    async def gateway(self, shared_sandbox: Sandbox) -> AsyncIterator[SfCarrier]:
        async with connected(shared_sandbox.sf_url) as sf:
            yield sf

    @pytest.fixture
    def world(self, outside: Outside) -> SandboxCarrier:
        calls = {"buy label": SERVICE}
        return SandboxCarrier(outside, "sf", calls, containing="EXP_RECE_CREATE_ORDER")

    async def test_edge_25_orders_once_when_the_answer_was_lost(
        self, gateway: SfCarrier, world: CarrierWorld
    ) -> None:
        """Sent again under its number, it is refused as a duplicate, and found by it."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        with world.losing_the_answer("buy label"), pytest.raises(AmbiguousOutcomeError):
            await gateway.purchase_label(draft.shipment_ref, request)

        with pytest.raises(AlreadyDoneError):
            await gateway.purchase_label(draft.shipment_ref, request)

        assert (await gateway.get_shipment(draft.shipment_ref)).label is not None
        assert world.labels_bought(request.reference) == 1
        assert world.visits_ordered(request.reference) == 1

    async def test_sells_nothing_under_the_number_of_a_cancelled_order(
        self, gateway: SfCarrier, world: CarrierWorld
    ) -> None:
        """The number is used up: there is no second label, and none that stands."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        label = await gateway.purchase_label(draft.shipment_ref, request)
        await gateway.void_label(label.shipment_ref)

        with pytest.raises(AlreadyDoneError):
            await gateway.purchase_label(draft.shipment_ref, request)

        assert (await gateway.get_shipment(draft.shipment_ref)).refund_status == "refunded"
        assert world.labels_bought(request.reference) == 1

    async def test_counts_no_order_that_nobody_comes_for(
        self, gateway: SfCarrier, world: CarrierWorld
    ) -> None:
        """SF told a price, takes the order, and goes there to nobody: nothing was sold."""
        sender = replace(CUSTOMER, postal_code=world.unserved_postal_code)
        request = replace(self.request(), sender=sender)
        draft = await gateway.create_shipment(request)

        with pytest.raises(RejectedError) as caught:
            await gateway.purchase_label(draft.shipment_ref, request)

        assert draft.offer is not None
        assert caught.value.code == "no_rates"
        assert (await gateway.get_shipment(draft.shipment_ref)).label is None
        assert world.labels_bought(request.reference) == 0

    async def test_edge_26_names_a_window_that_is_gone(
        self, shared_sandbox: Sandbox, gateway: SfCarrier
    ) -> None:
        """By our clock it is still to come; SF knows better, and another one may be had."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        assert request.visit is not None
        gone = replace(
            request.visit,
            not_before=request.visit.not_before - timedelta(days=3),
            not_after=request.visit.not_after - timedelta(days=3),
        )
        async with connected(shared_sandbox.sf_url, clock=lambda: gone.not_before) as late:
            with pytest.raises(RejectedError) as caught:
                await late.purchase_label(draft.shipment_ref, replace(request, visit=gone))

        assert caught.value.code == "slot_gone"

    async def test_shows_the_window_that_was_wished_for(
        self, gateway: SfCarrier, outside: Outside
    ) -> None:
        """The courier is told the moments of the wish, on the clock of the address."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        await gateway.purchase_label(draft.shipment_ref, request)

        (visit,) = outside.effects("pickups", reference=request.reference)

        assert request.visit is not None
        begins = request.visit.not_before + timedelta(hours=8)
        assert visit["min_datetime"] == f"{begins:%Y-%m-%dT%H:%M:%S}+08:00"

    async def test_keeps_an_order_whose_courier_found_nobody(
        self, gateway: SfCarrier, outside: Outside
    ) -> None:
        """Nothing was collected: the order stands at SF until it is called off."""
        label = await self.label(gateway)
        visit = await gateway.create_pickup(pickup_request(label.shipment_ref))
        outside.courier_found_nobody(visit.pickup_ref)

        assert await gateway.get_pickup(visit.pickup_ref) == visit
        assert (await gateway.cancel_pickup(visit.pickup_ref)).status == "canceled"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"check_word": "another"},
            {"partner_id": "nobody"},
            {"monthly_card": "0000000000"},
        ],
        ids=["check word", "partner", "card"],
    )
    async def test_names_a_wrong_account(
        self, shared_sandbox: Sandbox, wrong: dict[str, str]
    ) -> None:
        """Nothing is bought with it, and it is for somebody to mend."""
        async with connected(shared_sandbox.sf_url, wrong) as sf:
            with pytest.raises(ConfigurationError):
                await sf.create_shipment(self.request())

    async def test_has_an_agreed_product(self, shared_sandbox: Sandbox) -> None:
        """Another product is not offered under this account."""
        async with connected(shared_sandbox.sf_url, {"product": "266"}) as sf:
            assert (await sf.create_shipment(self.request())).offer is None
