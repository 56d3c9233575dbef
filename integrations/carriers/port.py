"""What Backhaul needs of a carrier."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.money import Money
from domain.tracking import Scan


@dataclass(frozen=True, slots=True)
class Address:
    """Where a courier goes. Personal data: never in workflow history, logs or ids."""

    name: str
    street1: str
    city: str
    postal_code: str
    country: str
    street2: str = ""
    region: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    weight_grams: int
    length_mm: int = 300
    width_mm: int = 200
    height_mm: int = 100


@dataclass(frozen=True, slots=True)
class ShipmentRequest:
    """One parcel to be sent.

    ``reference`` is our booking intent's. ``is_return`` says that it goes from customer to
    warehouse; the addresses are given as the parcel travels, in either case, and the adapter
    arranges them as its vendor wants.
    """

    reference: str
    sender: Address
    recipient: Address
    parcel: Parcel
    is_return: bool


@dataclass(frozen=True, slots=True)
class Label:
    shipment_ref: str
    tracking_code: str
    tracker_ref: str | None
    carrier: str
    service: str
    label_url: str
    cost: Money


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment as the carrier has it; ``label`` is ``None`` while nothing was bought."""

    shipment_ref: str
    label: Label | None
    refund_status: str | None = None


@dataclass(frozen=True, slots=True)
class PickupRequest:
    """One courier visit; the window is aware datetimes, ``reference`` our booking intent's."""

    reference: str
    shipment_ref: str
    address: Address
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Pickup:
    """``status`` is ``unbooked``, ``scheduled`` or ``canceled``; ``cost`` is set once booked."""

    pickup_ref: str
    status: str
    confirmation: str | None = None
    cost: Money | None = None


@dataclass(frozen=True, slots=True)
class TrackingSnapshot:
    tracking_code: str
    scans: tuple[Scan, ...]
    estimated_delivery: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """A verified webhook: which tracker to read again. Its contents are not believed."""

    event_id: str
    event_type: str
    tracker_ref: str
    tracking_code: str


class CarrierGateway(Protocol):
    async def create_shipment(self, request: ShipmentRequest) -> Shipment:
        """Create a draft. Free: nothing is bought and no carrier is told."""

    async def purchase_label(self, shipment_ref: str) -> Label:
        """Buy the cheapest rate. Spends; look up with :meth:`get_shipment` before repeating.

        Raises:
            AlreadyDoneError: a label was bought before; read it with :meth:`get_shipment`.
            RejectedError: no carrier serves this way (``no_rates``).
        """

    async def get_shipment(self, shipment_ref: str) -> Shipment: ...

    async def void_label(self, shipment_ref: str) -> str:
        """Ask for the label's money back. Repeating it changes nothing.

        Returns:
            ``submitted``, ``refunded``, ``rejected`` or ``not_applicable`` (nothing was bought).
        """

    async def label_qr_code(self, shipment_ref: str) -> str:
        """Return the address of a code that a drop-off point prints a bought label from. Free.

        A repeat answers the code that was made first.

        Raises:
            RejectedError: the carrier has no codes for this label.
        """

    async def create_pickup(self, request: PickupRequest) -> Pickup:
        """Create a draft of a courier visit. Free: no courier comes yet."""

    async def buy_pickup(self, pickup_ref: str) -> Pickup:
        """Order the visit at the cheapest rate. Spends; look up before repeating.

        Raises:
            AlreadyDoneError: it was ordered before; read it with :meth:`get_pickup`.
            RejectedError: no courier comes there or then (``no_rates``).
        """

    async def get_pickup(self, pickup_ref: str) -> Pickup: ...

    async def cancel_pickup(self, pickup_ref: str) -> Pickup:
        """Cancel the visit; one that was cancelled or never ordered is answered as it stands.

        Raises:
            RejectedError: the courier is already out or was there.
        """

    async def track(self, tracker_ref: str) -> TrackingSnapshot:
        """Read all scans known for a tracker (by the carrier's id or the tracking code)."""

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> TrackingEvent | None:
        """Verify and read a webhook. ``None`` for kinds we do not follow.

        Raises:
            WebhookSignatureError: the signature is missing or wrong.
            WebhookMalformedError: the body is not what the carrier sends.
        """
