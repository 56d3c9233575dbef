"""What Backhaul needs of a carrier."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from domain.money import Money
from domain.tracking import Scan
from integrations.carriers.capabilities import CarrierCapabilities


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

    ``reference`` is our booking intent's, ``key`` the same as 32 hexadecimal digits, for vendors
    whose field is short. ``is_return`` says that it goes from customer to warehouse; the addresses
    are given as the parcel travels, in either case, and the adapter arranges them as its vendor
    wants.
    """

    reference: str
    key: str
    sender: Address
    recipient: Address
    parcel: Parcel
    is_return: bool
    visit: "Visit | None" = None


@dataclass(frozen=True, slots=True)
class Visit:
    """When a courier is wished for: asked of a carrier whose courier brings the label."""

    not_before: datetime
    not_after: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class Label:
    """``promised_days`` under way, from the first scan, where the service promises any.

    ``valid_until`` is when the carrier takes it no longer, where the carrier says so.
    """

    shipment_ref: str
    tracking_code: str
    tracker_ref: str | None
    carrier: str
    service: str
    label_url: str
    cost: Money
    promised_days: int | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a label would cost: the rate that :meth:`CarrierGateway.purchase_label` would take.

    ``days`` is the promised time under way, in days from the first scan; ``None`` is no promise.
    """

    carrier: str
    service: str
    cost: Money
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment as the carrier has it; ``label`` is ``None`` while nothing was bought.

    ``offer`` is what it would be bought for; ``None`` where the carrier does not serve this way.
    """

    shipment_ref: str
    label: Label | None
    refund_status: str | None = None
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class PickupRequest:
    """One courier visit to ``address``, of the shipment whose label was bought.

    The window is aware datetimes, and ``time_zone`` the IANA zone of the address, for carriers who
    are told local times. ``reference`` and ``key`` are our booking intent's, as of a shipment.
    """

    reference: str
    key: str
    shipment_ref: str
    address: Address
    not_before: datetime
    not_after: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class Pickup:
    """``status`` is ``unbooked``, ``scheduled``, ``canceled`` or ``over``.

    ``over`` is what was ordered and does not stand any more, where the carrier does not say why.
    ``confirmation`` is the carrier's number of the visit, ``cost`` is set once booked.
    """

    pickup_ref: str
    status: str
    confirmation: str | None = None
    cost: Money | None = None


@dataclass(frozen=True, slots=True)
class TrackingSnapshot:
    tracking_code: str
    scans: tuple[Scan, ...]


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """A verified webhook: which tracker to read again. Its contents are not believed."""

    event_id: str
    event_type: str
    tracker_ref: str
    tracking_code: str


@dataclass(frozen=True, slots=True)
class Booked:
    """What a carrier sold: a label, or a courier's visit. ``reference`` is what it was told.

    ``created_at`` is when its draft was made, which may be long before it was bought.
    """

    ref: str
    reference: str
    created_at: datetime
    is_visit: bool


@runtime_checkable
class ListsBookings(Protocol):
    """A carrier that can show what it sold, whoever remembers it."""

    async def list_bookings(self, *, since: datetime) -> tuple[Booked, ...]:
        """Return the labels and visits that were sold of drafts made since, and still stand."""


class CarrierGateway(Protocol):
    """A carrier; see its capability sheet for what of this it does at all.

    What it does not do is refused with the code ``no_rates``, as what it does not serve.
    """

    capabilities: CarrierCapabilities

    async def create_shipment(self, request: ShipmentRequest) -> Shipment:
        """Create a draft, with what it would cost. Free: nothing is bought, no courier is told."""

    async def purchase_label(self, shipment_ref: str, request: ShipmentRequest) -> Label:
        """Buy the cheapest rate. Spends; look up with :meth:`get_shipment` before repeating.

        ``request`` is the draft's, for carriers that keep no drafts. Where the courier brings the
        label, he is ordered by this, for ``request.visit``.

        Raises:
            AlreadyDoneError: a label was bought before; read it with :meth:`get_shipment`.
            RejectedError: no carrier serves this way (``no_rates``).
        """

    async def get_shipment(self, shipment_ref: str) -> Shipment:
        """Read a shipment.

        Where nothing is kept of a draft, one that was never bought is one without a label.

        Raises:
            NotFoundError: the carrier keeps drafts, and knows none of this name.
        """

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
        """Create a draft of a courier visit. Free: no courier comes yet.

        Where the courier brings the label, his visit was ordered with it and is answered so.
        """

    async def buy_pickup(self, pickup_ref: str, request: PickupRequest) -> Pickup:
        """Order the visit at the cheapest rate. Spends; look up before repeating.

        Raises:
            AlreadyDoneError: it was ordered before; read it with :meth:`get_pickup`.
            RejectedError: no courier comes there or then (``no_rates``), or this window is not to
                be had any more (``slot_gone``).
        """

    async def get_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:
        """Read a visit; ``confirmation`` is the carrier's number of it, once known."""

    async def cancel_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:
        """Cancel the visit; one that was cancelled or never ordered is answered as it stands.

        Raises:
            RejectedError: the courier is already out or was there.
        """

    async def check(self) -> None:
        """Read something small, for nothing: raises as any call would while it is out of order."""

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
