"""What every carrier's adapter must do, whatever the carrier."""

import uuid
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from domain.tracking import ScanStatus
from integrations.carriers.capabilities import BookingLookUp
from integrations.carriers.port import (
    Address,
    CarrierGateway,
    Label,
    Parcel,
    Pickup,
    PickupRequest,
    ShipmentRequest,
    Visit,
)
from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    NotFoundError,
    RejectedError,
    TemporarilyUnavailableError,
)
from tests.contract.outside import unique

CUSTOMER = Address(
    name="Kim Example",
    street1="Example Street 1",
    city="Berlin",
    postal_code="10115",
    country="DE",
    phone="+49301234567",
    email="kim@example.com",
)
WAREHOUSE = Address(
    name="Returns", street1="Dock Road 2", city="Rotterdam", postal_code="3011", country="NL"
)
TOMORROW = datetime.now(UTC).replace(hour=4, microsecond=0) + timedelta(days=1)
"""An hour whose next four are of one day in Europe and in China: some come within one day alone."""


class CarrierWorld(Protocol):
    """The carrier's side of a suite."""

    unserved_postal_code: str

    def labels_bought(self, reference: str) -> int: ...

    def visits_ordered(self, reference: str) -> int: ...

    def scan(self, tracking_code: str, status: str) -> None: ...

    def courier_came(self, pickup_ref: str) -> None: ...

    def losing_the_answer(self, operation: str) -> AbstractContextManager[None]:
        """Let the next ``buy label`` or ``buy pickup`` happen without an answer."""

    def out_of_order(self) -> AbstractContextManager[None]:
        """Let nothing that the carrier is asked be answered, for as long as the context is open."""


def shipment_request(*, is_return: bool = True) -> ShipmentRequest:
    return ShipmentRequest(
        reference=f"{unique('return')}/label/1",
        key=uuid.uuid4().hex,
        visit=Visit(TOMORROW, TOMORROW + timedelta(hours=4), "Europe/Berlin"),
        sender=CUSTOMER,
        recipient=WAREHOUSE,
        parcel=Parcel(weight_grams=900),
        is_return=is_return,
    )


def pickup_request(shipment_ref: str) -> PickupRequest:
    """Wish for a visit to an address of its own: some carriers send one courier to each."""
    return PickupRequest(
        reference=f"{unique('return')}/pickup/1",
        key=uuid.uuid4().hex,
        shipment_ref=shipment_ref,
        address=replace(CUSTOMER, street1=unique("Street")),
        not_before=TOMORROW,
        not_after=TOMORROW + timedelta(hours=4),
        time_zone="Europe/Berlin",
    )


def needs(capability: bool, reason: str) -> None:
    """Skip what a carrier of this kind does otherwise, by its sheet."""
    if not capability:
        pytest.skip(reason)


def needs_visits_of_their_own(gateway: CarrierGateway) -> None:
    needs(not gateway.capabilities.courier_brings_label, "the courier is ordered with the label")


def needs_look_up(gateway: CarrierGateway) -> None:
    lookup = gateway.capabilities.label_lookup
    needs(lookup is not BookingLookUp.NONE, "nothing is found by our names alone")


class CarrierGatewayContract(ABC):
    sender, recipient, time_zone = CUSTOMER, WAREHOUSE, "Europe/Berlin"
    """Who sends what to whom: inside the carrier's area."""

    @pytest.fixture
    @abstractmethod
    def gateway(self) -> CarrierGateway:
        """The adapter under test."""

    @pytest.fixture
    @abstractmethod
    def world(self) -> CarrierWorld:
        """The other side."""

    @classmethod
    def request(cls, *, is_return: bool = True) -> ShipmentRequest:
        request = shipment_request(is_return=is_return)
        wish = request.visit
        visit = replace(wish, time_zone=cls.time_zone) if wish is not None else None
        return replace(request, sender=cls.sender, recipient=cls.recipient, visit=visit)

    @classmethod
    def nowhere(cls, world: CarrierWorld) -> Address:
        """Return an address that nobody serves."""
        return replace(cls.sender, postal_code=world.unserved_postal_code)

    @classmethod
    async def label(cls, gateway: CarrierGateway) -> Label:
        request = cls.request()
        draft = await gateway.create_shipment(request)
        return await gateway.purchase_label(draft.shipment_ref, request)

    @classmethod
    async def draft_pickup(cls, gateway: CarrierGateway) -> tuple[Pickup, PickupRequest]:
        request = pickup_request((await cls.label(gateway)).shipment_ref)
        return await gateway.create_pickup(request), request

    async def test_drafts_a_shipment_for_nothing(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """A draft has no label, and the carrier has sold none."""
        request = self.request()

        draft = await gateway.create_shipment(request)

        assert draft.label is None
        assert await gateway.get_shipment(draft.shipment_ref) == draft
        assert world.labels_bought(request.reference) == 0

    @pytest.mark.parametrize("is_return", [True, False])
    async def test_buys_one_label(
        self, gateway: CarrierGateway, world: CarrierWorld, is_return: bool
    ) -> None:
        """A bought label can be printed, tracked and read again, and was sold once."""
        request = self.request(is_return=is_return)
        draft = await gateway.create_shipment(request)

        label = await gateway.purchase_label(draft.shipment_ref, request)

        assert label.label_url.startswith("http") is gateway.capabilities.labels
        assert label.tracking_code
        assert label.cost.minor > 0
        assert (await gateway.get_shipment(label.shipment_ref)).label == label
        assert world.labels_bought(request.reference) == 1

    async def test_buys_no_second_label(self, gateway: CarrierGateway, world: CarrierWorld) -> None:
        """Who buys again is told that the label exists; under its own key it is answered again."""
        request = self.request()
        draft = await gateway.create_shipment(request)
        label = await gateway.purchase_label(draft.shipment_ref, request)

        if gateway.capabilities.label_lookup is BookingLookUp.NONE:
            assert await gateway.purchase_label(draft.shipment_ref, request) == label
        else:
            with pytest.raises(AlreadyDoneError):
                await gateway.purchase_label(draft.shipment_ref, request)

        assert world.labels_bought(request.reference) == 1

    async def test_finds_the_label_whose_answer_was_lost(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """After a lost answer nobody knows: the shipment is read, and has its one label."""
        needs_look_up(gateway)
        request = self.request()
        draft = await gateway.create_shipment(request)
        with world.losing_the_answer("buy label"), pytest.raises(AmbiguousOutcomeError):
            await gateway.purchase_label(draft.shipment_ref, request)

        found = await gateway.get_shipment(draft.shipment_ref)

        assert found.label is not None
        assert world.labels_bought(request.reference) == 1

    async def test_says_where_no_carrier_goes(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """Where nobody collects, the refusal says so, and repeats nothing of the address."""
        request = replace(self.request(), sender=self.nowhere(world))
        draft = await gateway.create_shipment(request)

        with pytest.raises(RejectedError) as caught:
            await gateway.purchase_label(draft.shipment_ref, request)

        assert caught.value.code == "no_rates"
        assert world.unserved_postal_code not in str(caught.value)

    async def test_shows_a_label_as_one_code(self, gateway: CarrierGateway) -> None:
        """Asked for again it is the same code, and it costs nothing; or there are no codes."""
        label = await self.label(gateway)
        if not gateway.capabilities.qr_codes:
            with pytest.raises(RejectedError) as caught:
                await gateway.label_qr_code(label.shipment_ref)
            assert caught.value.code == "no_qr_code"
            return

        first = await gateway.label_qr_code(label.shipment_ref)
        second = await gateway.label_qr_code(label.shipment_ref)

        assert first.startswith("http")
        assert first == second

    async def test_has_no_code_of_what_was_not_bought(self, gateway: CarrierGateway) -> None:
        """There is no label to print from it."""
        draft = await gateway.create_shipment(self.request())

        with pytest.raises(RejectedError):
            await gateway.label_qr_code(draft.shipment_ref)

    async def test_gives_a_label_back_once(self, gateway: CarrierGateway) -> None:
        """A label is returned for its money, and returning it again changes nothing."""
        label = await self.label(gateway)

        first = await gateway.void_label(label.shipment_ref)
        second = await gateway.void_label(label.shipment_ref)

        assert {first, second} <= {"submitted", "refunded"}

    async def test_gives_back_nothing_that_was_not_bought(self, gateway: CarrierGateway) -> None:
        """A draft has no money in it."""
        needs_look_up(gateway)
        draft = await gateway.create_shipment(self.request())

        assert await gateway.void_label(draft.shipment_ref) == "not_applicable"

    async def test_gives_back_no_label_that_travels(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """A parcel on its way has used its label."""
        label = await self.label(gateway)
        world.scan(label.tracking_code, "in_transit")

        with pytest.raises(RejectedError):
            await gateway.void_label(label.shipment_ref)

    async def test_orders_one_visit(self, gateway: CarrierGateway, world: CarrierWorld) -> None:
        """A drafted visit costs nothing; an ordered one is confirmed, priced and ordered once."""
        needs_visits_of_their_own(gateway)
        draft, request = await self.draft_pickup(gateway)
        assert (draft.status, draft.cost) == ("unbooked", None)
        assert world.visits_ordered(request.reference) == 0

        visit = await gateway.buy_pickup(draft.pickup_ref, request)

        assert visit.status == "scheduled"
        assert visit.confirmation
        assert visit.cost is not None
        assert await gateway.get_pickup(draft.pickup_ref, visit.confirmation) == visit
        if gateway.capabilities.pickup_lookup is BookingLookUp.BY_ADDRESS:
            assert await gateway.buy_pickup(draft.pickup_ref, request) == visit
        else:
            with pytest.raises(AlreadyDoneError):
                await gateway.buy_pickup(draft.pickup_ref, request)
        assert world.visits_ordered(request.reference) == 1

    async def test_finds_the_visit_whose_answer_was_lost(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """After a lost answer the visit is read, or answered to a second order; it is one."""
        needs_visits_of_their_own(gateway)
        draft, request = await self.draft_pickup(gateway)
        with world.losing_the_answer("buy pickup"), pytest.raises(AmbiguousOutcomeError):
            await gateway.buy_pickup(draft.pickup_ref, request)

        if gateway.capabilities.pickup_lookup is BookingLookUp.BY_ADDRESS:
            found = await gateway.buy_pickup(draft.pickup_ref, request)
        else:
            found = await gateway.get_pickup(draft.pickup_ref)

        assert found.status == "scheduled"
        assert world.visits_ordered(request.reference) == 1

    async def test_shares_a_visit_only_where_its_sheet_says_so(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """Two visits wished for at one address are one and the same, or two."""
        needs_visits_of_their_own(gateway)
        draft, request = await self.draft_pickup(gateway)
        another = replace(
            pickup_request((await self.label(gateway)).shipment_ref), address=request.address
        )
        other_draft = await gateway.create_pickup(another)

        first = await gateway.buy_pickup(draft.pickup_ref, request)
        second = await gateway.buy_pickup(other_draft.pickup_ref, another)

        shared = gateway.capabilities.visits_are_shared
        assert (first.confirmation == second.confirmation) is shared
        ordered = [world.visits_ordered(one.reference) for one in (request, another)]
        assert ordered == [1, 1]

    async def test_says_where_no_courier_comes(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """Where no courier comes, nothing is ordered and the reason is given."""
        needs_visits_of_their_own(gateway)
        label = await self.label(gateway)
        request = replace(pickup_request(label.shipment_ref), address=self.nowhere(world))
        draft = await gateway.create_pickup(request)

        with pytest.raises(RejectedError) as caught:
            await gateway.buy_pickup(draft.pickup_ref, request)

        assert caught.value.code == "no_rates"

    async def test_calls_a_visit_off_once(self, gateway: CarrierGateway) -> None:
        """A visit is cancelled, and cancelling it again changes nothing."""
        needs_visits_of_their_own(gateway)
        draft, request = await self.draft_pickup(gateway)
        visit = await gateway.buy_pickup(draft.pickup_ref, request)

        first = await gateway.cancel_pickup(draft.pickup_ref, visit.confirmation)
        second = await gateway.cancel_pickup(draft.pickup_ref, visit.confirmation)

        assert first.status == "canceled"
        if gateway.capabilities.pickup_lookup is BookingLookUp.BY_ADDRESS:
            # Nothing is kept of what does not stand any more.
            assert second == replace(first, status="over")
        else:
            assert second == first

    async def test_calls_off_nothing_that_was_not_ordered(self, gateway: CarrierGateway) -> None:
        """A draft has no courier to call off."""
        needs_visits_of_their_own(gateway)
        draft, _ = await self.draft_pickup(gateway)

        assert await gateway.cancel_pickup(draft.pickup_ref) == draft

    async def test_calls_off_no_visit_that_took_place(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """The courier has the parcel: there is nothing to call off, and no visit that stands."""
        needs_visits_of_their_own(gateway)
        draft, request = await self.draft_pickup(gateway)
        visit = await gateway.buy_pickup(draft.pickup_ref, request)
        world.courier_came(draft.pickup_ref)

        if gateway.capabilities.pickup_lookup is BookingLookUp.BY_ADDRESS:
            found = await gateway.cancel_pickup(draft.pickup_ref, visit.confirmation)
            assert found.status == "over"
            return
        with pytest.raises(RejectedError):
            await gateway.cancel_pickup(draft.pickup_ref)

    async def test_brings_the_label_with_its_courier(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """The visit was ordered with the label, and calling it off ends both; again, nothing."""
        needs(gateway.capabilities.courier_brings_label, "the courier is ordered by himself")
        request = self.request()
        draft = await gateway.create_shipment(request)
        label = await gateway.purchase_label(draft.shipment_ref, request)
        wanted = pickup_request(label.shipment_ref)

        visit = await gateway.create_pickup(wanted)
        first = await gateway.cancel_pickup(visit.pickup_ref, visit.confirmation)
        second = await gateway.cancel_pickup(visit.pickup_ref, visit.confirmation)

        assert visit.status == "scheduled"
        assert visit.confirmation
        assert visit.cost is not None
        assert world.visits_ordered(request.reference) == 1
        assert (first, second) == (replace(visit, status="canceled"),) * 2
        assert (await gateway.get_shipment(label.shipment_ref)).refund_status == "refunded"
        with pytest.raises(RejectedError) as caught:
            await gateway.buy_pickup(visit.pickup_ref, wanted)
        assert caught.value.code == "no_rates"

    async def test_calls_off_no_courier_who_has_the_parcel(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """Who brought the label and took the parcel cannot be called off any more."""
        needs(gateway.capabilities.courier_brings_label, "the courier is ordered by himself")
        label = await self.label(gateway)
        visit = await gateway.create_pickup(pickup_request(label.shipment_ref))
        world.courier_came(visit.pickup_ref)

        with pytest.raises(RejectedError):
            await gateway.cancel_pickup(visit.pickup_ref, visit.confirmation)

        assert (await gateway.get_pickup(visit.pickup_ref)).status == "over"

    async def test_says_whether_it_answers_at_all(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """Who waits for its outage to end asks for nothing more, and is told either way."""
        await gateway.check()

        with world.out_of_order(), pytest.raises(TemporarilyUnavailableError):
            await gateway.check()

    async def test_tells_where_a_parcel_was(
        self, gateway: CarrierGateway, world: CarrierWorld
    ) -> None:
        """The scans of a parcel are read by its tracking code and by the carrier's own id."""
        label = await self.label(gateway)
        for status in ("in_transit", "out_for_delivery", "delivered"):
            world.scan(label.tracking_code, status)

        by_code = await gateway.track(label.tracking_code)

        assert [scan.status for scan in by_code.scans][-3:] == [
            ScanStatus.IN_TRANSIT,
            ScanStatus.OUT_FOR_DELIVERY,
            ScanStatus.DELIVERED,
        ]
        assert all(scan.occurred_at.tzinfo is not None for scan in by_code.scans)
        assert label.tracker_ref is not None
        assert await gateway.track(label.tracker_ref) == by_code

    async def test_knows_nothing_of_strangers(self, gateway: CarrierGateway) -> None:
        """Ids the carrier never gave out are named as such; where nothing is kept of drafts, a key
        of ours that was never used has no label and no visit.
        """
        if gateway.capabilities.label_lookup is BookingLookUp.BY_DRAFT:
            with pytest.raises(NotFoundError):
                await gateway.get_shipment("shp_unknown")
            with pytest.raises(NotFoundError):
                await gateway.get_pickup("pickup_unknown")
        else:
            assert (await gateway.get_shipment(uuid.uuid4().hex)).label is None
            if not gateway.capabilities.courier_brings_label:
                assert (await gateway.get_pickup(uuid.uuid4().hex)).status == "unbooked"
        with pytest.raises(NotFoundError):
            await gateway.track(unique("code"))

    async def test_can_be_checked_for_nothing(self, gateway: CarrierGateway) -> None:
        """A small reading that costs nothing succeeds."""
        await gateway.check()
