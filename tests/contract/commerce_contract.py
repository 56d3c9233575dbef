"""What every merchant platform's adapter must do, whatever the platform."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

import pytest

from domain.locations import Accepts, Area, ReceivingLocation
from domain.money import Money
from domain.orders import Order, OrderLine, Parcel, Shipping, Tender, TenderKind
from integrations.carriers.port import Address
from integrations.commerce.port import (
    CommercePlatform,
    Contact,
    LocationAddress,
    ReplacementRequest,
    StockMove,
)
from integrations.errors import (
    KeyConflictError,
    NotFoundError,
    RejectedError,
    TemporarilyUnavailableError,
)
from tests.contract.outside import Json, unique

DOCK = {
    "name": "Returns",
    "street1": "Dock Road 2",
    "street2": "Gate 4",
    "city": "Rotterdam",
    "region": "",
    "postal_code": "3011",
    "country": "NL",
    "phone": "",
}


class CommerceWorld(Protocol):
    """The platform's side of a suite."""

    def put_order(self, order_id: str, total: Money) -> str:
        """Store the suite's order; return the payment of its one tender."""

    def put_product(self, sku: str, *, in_stock: int) -> None: ...

    def put_location(
        self, location_id: str, *, time_zone: str, address: Json, accepts: Json | None = None
    ) -> None: ...

    def close_location(self, location_id: str) -> None: ...

    def moves(self, move_id: str) -> int: ...

    def replacements(self, reference: str) -> int: ...

    def advance_replacement(self, replacement_order_id: str, status: str) -> None: ...

    def losing_the_answer(self, operation: str) -> AbstractContextManager[None]: ...


def stock_move(sku: str) -> StockMove:
    return StockMove(
        move_id=unique("move"),
        sku=sku,
        quantity=1,
        location_id="warehouse-1",
        disposition="RESTOCK",
        return_id=unique("return"),
    )


class CommercePlatformContract(ABC):
    @pytest.fixture
    @abstractmethod
    def platform(self) -> CommercePlatform:
        """The adapter under test."""

    @pytest.fixture
    @abstractmethod
    def world(self) -> CommerceWorld:
        """The other side."""

    @staticmethod
    def replacement_request(world: CommerceWorld, *, in_stock: int) -> ReplacementRequest:
        order_id, sku = unique("order"), unique("sku")
        world.put_order(order_id, Money(1_000, "EUR"))
        world.put_product(sku, in_stock=in_stock)
        return ReplacementRequest(
            reference=unique("reference"),
            return_id=unique("return"),
            order_id=order_id,
            sku=sku,
            quantity=1,
        )

    async def test_reads_an_order_as_the_platform_has_it(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Facts, contact and address of an order arrive whole, and each by itself."""
        order_id = unique("order")
        payment = world.put_order(order_id, Money(4_990, "KWD"))

        facts = await platform.get_order(order_id)
        contact = await platform.get_contact(order_id)
        address = await platform.get_address(order_id)

        assert facts == Order(
            order_id=order_id,
            currency="KWD",
            channel="DISTANCE",
            buyer_type="CONSUMER",
            contract_at=datetime(2026, 5, 1, 9, 30, tzinfo=timezone(timedelta(hours=2))),
            delivery_country="DE",
            delivery_time_zone="Europe/Berlin",
            lines=(
                OrderLine(
                    line_id="line-1",
                    sku="sku-1",
                    title="A lamp",
                    category="lamps",
                    quantity=1,
                    gross_minor=4_990,
                    discount_minor=0,
                    taxes=(),
                    parcels=(
                        Parcel(
                            "parcel-1",
                            1,
                            fulfilled_at=datetime(2026, 5, 2, 10, tzinfo=UTC),
                            delivered_at=datetime(2026, 5, 4, 12, tzinfo=UTC),
                        ),
                    ),
                    weight_grams=900,
                    traits=("fragile",),
                ),
            ),
            tenders=(Tender("tender-1", TenderKind.CARD, payment, captured_minor=4_990),),
            shipping=Shipping(paid_minor=0, standard_minor=0),
            credit_account="customer-1",
        )
        assert contact == Contact("kim@example.com", "Kim Example", "de-DE")
        assert address == Address(
            name="Kim Example",
            street1="Example Street 1",
            city="Berlin",
            postal_code="10115",
            country="DE",
            email="kim@example.com",
        )

    async def test_knows_nothing_of_strangers(self, platform: CommercePlatform) -> None:
        """Orders, products, places and replacements nobody has are named as such."""
        unknown = unique("unknown")
        for ask in (
            platform.get_order,
            platform.get_address,
            platform.get_contact,
            platform.get_product,
            platform.get_location,
            platform.get_replacement,
        ):
            with pytest.raises(NotFoundError):
                await ask(unknown)

    async def test_reads_a_warehouse(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """A place that receives returns has an address and a time zone."""
        location_id = unique("location")
        world.put_location(location_id, time_zone="Europe/Amsterdam", address=DOCK)

        assert await platform.get_location(location_id) == LocationAddress(
            location_id,
            Address(
                name="Returns",
                street1="Dock Road 2",
                street2="Gate 4",
                city="Rotterdam",
                postal_code="3011",
                country="NL",
            ),
            "Europe/Amsterdam",
        )

    async def test_lists_what_its_warehouses_take(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Every place with what it takes, in the platform's order; of some nothing is said."""
        silent, picky, nearby = unique("silent"), unique("picky"), unique("nearby")
        world.put_location(silent, time_zone="Europe/Amsterdam", address=DOCK)
        world.put_location(
            picky,
            time_zone="Asia/Shanghai",
            address=DOCK,
            accepts={"except_traits": ["HAZARDOUS"], "areas": []},
        )
        areas = [{"country": "CN", "region": "Zhejiang"}, {"country": "NL", "region": ""}]
        world.put_location(
            nearby,
            time_zone="Asia/Shanghai",
            address=DOCK,
            accepts={"areas": areas, "except_traits": []},
        )

        try:
            listed = await platform.list_locations()
        finally:
            # Everybody else's returns would go there.
            world.close_location(picky)
            world.close_location(nearby)

        ours = [place for place in listed if place.location_id in (silent, picky, nearby)]
        assert ours == [
            ReceivingLocation(silent, "Europe/Amsterdam", country="NL"),
            ReceivingLocation(picky, "Asia/Shanghai", Accepts(except_traits=("HAZARDOUS",)), "NL"),
            ReceivingLocation(
                nearby, "Asia/Shanghai", Accepts(areas=(Area("CN", "Zhejiang"), Area("NL"))), "NL"
            ),
        ]

    async def test_holds_stock_once_for_a_reference(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """The same reference again answers the same reservation and takes no more stock."""
        sku, reference = unique("sku"), unique("reference")
        world.put_product(sku, in_stock=5)

        first = await platform.reserve_stock(reference=reference, sku=sku, quantity=2)
        second = await platform.reserve_stock(reference=reference, sku=sku, quantity=2)

        assert first is not None
        assert first == second
        assert (await platform.get_product(sku)).in_stock == 3

    async def test_holds_nothing_when_out_of_stock(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """More units than there are is an answer, not an error."""
        sku = unique("sku")
        world.put_product(sku, in_stock=1)

        assert await platform.reserve_stock(reference=unique("r"), sku=sku, quantity=2) is None

    async def test_releases_stock_once(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Released units are on sale again, once, and unknown reservations hold nothing."""
        sku = unique("sku")
        world.put_product(sku, in_stock=5)
        held = await platform.reserve_stock(reference=unique("r"), sku=sku, quantity=2)
        assert held is not None

        await platform.release_stock(held)
        await platform.release_stock(held)
        await platform.release_stock(unique("unknown"))

        assert (await platform.get_product(sku)).in_stock == 5

    async def test_moves_stock_once(self, platform: CommercePlatform, world: CommerceWorld) -> None:
        """A move is applied once however often it is sent, also when its answer is lost."""
        sku = unique("sku")
        world.put_product(sku, in_stock=5)
        move = stock_move(sku)
        with world.losing_the_answer("move stock"), pytest.raises(TemporarilyUnavailableError):
            await platform.move_stock(move)

        await platform.move_stock(move)

        assert world.moves(move.move_id) == 1
        assert (await platform.get_product(sku)).in_stock == 6

    async def test_refuses_another_move_under_the_same_id(self, platform: CommercePlatform) -> None:
        """A move id stands for one move: other content under it is our own bug."""
        move = stock_move(unique("sku"))
        await platform.move_stock(move)

        with pytest.raises(KeyConflictError):
            await platform.move_stock(replace(move, quantity=2))

    async def test_replaces_once_for_a_reference(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """A replacement is ordered once however often it is asked for."""
        request = self.replacement_request(world, in_stock=5)
        with world.losing_the_answer("replace"), pytest.raises(TemporarilyUnavailableError):
            await platform.create_replacement(request)

        first = await platform.create_replacement(request)
        second = await platform.create_replacement(request)

        assert first == second
        assert first.status == "created"
        assert world.replacements(request.reference) == 1

    async def test_replaces_from_what_was_held(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Held units go into the replacement, which cannot be held a second time."""
        request = self.replacement_request(world, in_stock=1)
        held = await platform.reserve_stock(reference=unique("r"), sku=request.sku, quantity=1)

        created = await platform.create_replacement(replace(request, reservation_id=held))

        assert created.status == "created"
        assert (await platform.get_product(request.sku)).in_stock == 0
        with pytest.raises(RejectedError):
            await platform.create_replacement(
                replace(request, reservation_id=held, reference=unique("other"))
            )

    async def test_says_when_there_is_nothing_to_replace_with(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Without stock no order is made, and the answer says so."""
        request = self.replacement_request(world, in_stock=0)

        answer = await platform.create_replacement(request)

        assert (answer.status, answer.reference) == ("out_of_stock", request.reference)
        assert world.replacements(request.reference) == 0

    async def test_follows_a_replacement_to_the_door(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """A replacement is created, shipped with a tracking code, and delivered."""
        created = await platform.create_replacement(self.replacement_request(world, in_stock=1))

        for status in ("shipped", "delivered"):
            world.advance_replacement(created.replacement_order_id, status)
            found = await platform.get_replacement(created.replacement_order_id)
            assert found.status == status
            assert found.tracking_code

    async def test_sends_dearer_goods_once_the_difference_is_paid(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Until then the order waits, with a link to pay it; paid, nobody calls it off any more."""
        request = replace(self.replacement_request(world, in_stock=1), due=Money(250, "EUR"))
        asked = await platform.create_replacement(request)
        assert (asked.status, asked.tracking_code) == ("awaiting_payment", None)
        assert asked.payment_url

        world.advance_replacement(asked.replacement_order_id, "created")

        found = await platform.cancel_replacement(asked.replacement_order_id)
        assert found.status == "created"

    async def test_calls_off_what_nobody_paid(
        self, platform: CommercePlatform, world: CommerceWorld
    ) -> None:
        """Once and for all, and its units are for others."""
        request = replace(self.replacement_request(world, in_stock=1), due=Money(250, "EUR"))
        asked = await platform.create_replacement(request)

        for _ in range(2):
            found = await platform.cancel_replacement(asked.replacement_order_id)
            assert found.status == "cancelled"

        assert (await platform.get_product(request.sku)).in_stock == 1
