"""What Backhaul needs of the merchant's platform: facts, stock and replacement orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.corrections import Correction
from domain.locations import ReceivingLocation
from domain.money import Money
from domain.orders import Order
from integrations.carriers.port import Address


@dataclass(frozen=True, slots=True)
class Contact:
    """Who to write to. Personal data: read when a message is sent, never kept by us."""

    email: str
    name: str
    locale: str


@dataclass(frozen=True, slots=True)
class LocationAddress:
    """A warehouse that receives returns."""

    location_id: str
    address: Address
    time_zone: str


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    price: Money
    in_stock: int


@dataclass(frozen=True, slots=True)
class StockMove:
    """Goods changing place. ``move_id`` is ours and unique: the platform applies it once."""

    move_id: str
    sku: str
    quantity: int
    location_id: str
    disposition: str
    return_id: str


@dataclass(frozen=True, slots=True)
class ReplacementRequest:
    """``reference`` is ours and unique: the platform creates one order per reference.

    What is ``due``, the customer pays to the platform before it sends the goods.
    """

    reference: str
    return_id: str
    order_id: str
    sku: str
    quantity: int
    reservation_id: str | None = None
    due: Money | None = None


@dataclass(frozen=True, slots=True)
class ReplacementOrder:
    """``status`` is ``created``, ``shipped``, ``delivered`` or ``out_of_stock``.

    With something due it is ``awaiting_payment`` first, until that is paid or it is ``cancelled``;
    ``payment_url`` is where to pay it. ``replacement_order_id`` is empty when the platform made no
    order for want of stock.
    """

    replacement_order_id: str
    reference: str
    status: str
    tracking_code: str | None = None
    payment_url: str | None = None


@dataclass(frozen=True, slots=True)
class ReplacementEvent:
    """A verified webhook: which replacement order to read again."""

    event_id: str
    event_type: str
    replacement_order_id: str
    reference: str


class CommercePlatform(Protocol):
    async def get_order(self, order_id: str, corrections: Sequence[Correction] = ()) -> Order:
        """Read the facts of one order, without personal data: they enter workflow history.

        Who bought it and where they live need not be there, nor make sense.

        Args:
            corrections: Laid over the answer before it is checked.

        Raises:
            NotFoundError: no such order.
            ProtocolError: the answer breaks the contract; ``field`` is the path at fault.
        """

    async def get_address(self, order_id: str, corrections: Sequence[Correction] = ()) -> Address:
        """Read where the order's customer is; strict about that alone. Raises as above."""

    async def get_contact(self, order_id: str) -> Contact:
        """Read whom to write to; strict about that alone. Raises as above."""

    async def get_recipient(self, order_id: str) -> Contact:
        """Read whom the order was given to; strict about that alone. Raises as above."""

    async def get_product(self, sku: str) -> Product: ...

    async def get_location(self, location_id: str) -> LocationAddress: ...

    async def list_locations(self) -> tuple[ReceivingLocation, ...]:
        """Read which places receive returns and what each takes, in the platform's own order.

        A platform that does not list them has none to choose from.
        """

    async def reserve_stock(self, *, reference: str, sku: str, quantity: int) -> str | None:
        """Hold stock for a replacement; the reservation's id, or ``None`` when out of stock.

        Repeating a reference answers the same reservation.
        """

    async def release_stock(self, reservation_id: str) -> None:
        """Give a reservation back. Repeating it changes nothing."""

    async def move_stock(self, move: StockMove) -> None:
        """Apply a disposition to stock. Repeating a ``move_id`` changes nothing."""

    async def create_replacement(self, request: ReplacementRequest) -> ReplacementOrder: ...

    async def get_replacement(self, replacement_order_id: str) -> ReplacementOrder: ...

    async def cancel_replacement(self, replacement_order_id: str) -> ReplacementOrder:
        """Call off an order that is not paid, and answer it as it stands then.

        One that was paid meanwhile stays as it is. Repeating it changes nothing.
        """

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> ReplacementEvent | None:
        """Verify and read a webhook. ``None`` for kinds we do not follow.

        Raises:
            WebhookSignatureError: the signature is missing, wrong or too old.
            WebhookMalformedError: the body is not what the platform sends.
        """
