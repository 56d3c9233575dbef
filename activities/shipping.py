"""Buy and void labels, order and cancel courier visits: looked up before every send."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.errors import translated
from domain.corrections import Correction
from domain.money import Money
from domain.tracking import Milestone, Reached, milestones
from integrations.carriers.port import (
    CarrierGateway,
    Label,
    Parcel,
    Pickup,
    PickupRequest,
    ShipmentRequest,
)
from integrations.directory import Connections
from integrations.errors import AlreadyDoneError, RejectedError
from storage.bookings import Bookings
from storage.rows import BookingRow
from storage.states import BookingState


@dataclass(frozen=True, slots=True)
class BuyLabel:
    """``to_customer``: from the warehouse to the customer instead of the other way round."""

    tenant_id: str
    return_id: str
    delivery_id: str
    order_id: str
    location_id: str
    weight_grams: int
    to_customer: bool = False
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """``with_courier``: the courier who brings the label was ordered with it.

    ``valid_until`` is when the label runs out, if its carrier says so.
    """

    carrier: str
    shipment_ref: str
    tracking_code: str
    tracker_ref: str | None
    label_url: str
    cost: Money
    with_courier: bool = False
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class BookPickup:
    """``attempt`` counts the courier visits of one delivery from 1.

    ``tracker_ref`` (or the tracking code) is read before another visit is ordered.
    """

    tenant_id: str
    return_id: str
    delivery_id: str
    order_id: str
    shipment_ref: str
    attempt: int
    not_before: datetime
    not_after: datetime
    tracker_ref: str | None = None
    time_zone: str = "UTC"
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class BookedPickup:
    """``refused`` is the carrier's code when no courier comes there or then.

    With ``reached`` nothing was ordered: the carrier has the parcel already.
    """

    pickup_ref: str
    confirmation: str | None
    cost: Money | None
    refused: str | None = None
    reached: tuple[Reached, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """What to undo of one delivery: everything that was booked under its purposes.

    The first ``visits_over`` courier visits are over: whether they can still be cancelled does not
    matter.
    """

    tenant_id: str
    return_id: str
    delivery_id: str
    visits_over: int = 0


@dataclass(frozen=True, slots=True)
class Undone:
    """Whether there was anything to undo."""

    undone: bool


@dataclass(frozen=True, slots=True)
class CalledOff:
    """What became of the wish that no courier comes; ``refused`` is the carrier's code."""

    refused: str | None = None


@dataclass(frozen=True, slots=True)
class MakeQrCode:
    tenant_id: str
    shipment_ref: str


@dataclass(frozen=True, slots=True)
class QrCode:
    url: str


class ShippingActivities:
    def __init__(self, connections: Connections, bookings: Bookings) -> None:
        self._connections = connections
        self._bookings = bookings

    @activity.defn
    async def buy_label(self, asked: BuyLabel) -> BoughtLabel:
        """Buy one label per delivery, whatever happens between.

        The intent is stored first, then the carrier's id of the free draft, and the draft is read
        before anything is bought on it.
        """
        with translated():
            booking = await self._open(asked.tenant_id, asked.return_id, _label(asked.delivery_id))
            if booking.state is BookingState.BOUGHT:
                return _stored_label(booking)
            carrier = await self._connections.carrier(asked.tenant_id)
            shipment_ref, request = booking.external_ref, None
            if shipment_ref is None:
                request = await self._shipment(asked, booking)
                shipment_ref = (await carrier.create_shipment(request)).shipment_ref
                await self._bookings.created(asked.tenant_id, booking.booking_id, shipment_ref)
            label = (await carrier.get_shipment(shipment_ref)).label
            if label is None:
                request = request or await self._shipment(asked, booking)
                label = await self._purchase(carrier, shipment_ref, request, asked, booking)
            bought = BoughtLabel(
                carrier=label.carrier,
                shipment_ref=shipment_ref,
                tracking_code=label.tracking_code,
                tracker_ref=label.tracker_ref,
                label_url=label.label_url,
                cost=label.cost,
                valid_until=label.valid_until,
            )
            await self._bookings.bought(
                asked.tenant_id,
                booking.booking_id,
                _details(bought),
                label.cost.minor,
                label.cost.currency,
            )
            return bought

    @activity.defn
    async def book_pickup(self, asked: BookPickup) -> BookedPickup:
        """Order one courier visit per attempt; draft, look-up and purchase as for a label.

        Before another visit the earlier ones are taken off the carrier's list and the tracker is
        read: two couriers never come for one parcel, and none for one that is gone.
        """
        with translated():
            purpose = _pickup(asked.delivery_id)
            booking = await self._bookings.plan(
                asked.tenant_id, asked.return_id, purpose, asked.attempt
            )
            carrier = await self._connections.carrier(asked.tenant_id)
            pickup_ref, request = booking.external_ref, None
            if pickup_ref is None:
                request = await self._visit(asked, booking)
                pickup_ref = (await carrier.create_pickup(request)).pickup_ref
                await self._bookings.created(asked.tenant_id, booking.booking_id, pickup_ref)
            pickup = await carrier.get_pickup(pickup_ref)
            if pickup.status != "scheduled":
                if asked.attempt > 1:
                    visits = await self._of(asked.tenant_id, asked.return_id, purpose)
                    earlier = [visit for visit in visits if visit.attempt < asked.attempt]
                    await self._end_visits(carrier, asked.tenant_id, earlier, over=asked.attempt)
                    if gone := await _handed_over(carrier, asked.tracker_ref):
                        return BookedPickup(pickup_ref, None, None, reached=gone)
                request = request or await self._visit(asked, booking)
                try:
                    pickup = await _buy_pickup(carrier, pickup_ref, request)
                except RejectedError as error:
                    await self._bookings.ended(
                        asked.tenant_id, booking.booking_id, BookingState.FAILED
                    )
                    return BookedPickup(pickup_ref, None, None, error.code or "rejected")
            cost = pickup.cost
            booked = BookedPickup(pickup_ref, pickup.confirmation, cost)
            if booking.state is not BookingState.BOUGHT:
                await self._bookings.bought(
                    asked.tenant_id,
                    booking.booking_id,
                    {"confirmation": pickup.confirmation},
                    cost.minor if cost else 0,
                    cost.currency if cost else "USD",
                )
            return booked

    @activity.defn
    async def cancel_pickup(self, asked: CancelBooking) -> Undone:
        """Cancel a delivery's courier visits, as far as any was ordered. Repeats change nothing."""
        with translated():
            carrier = await self._connections.carrier(asked.tenant_id)
            visits = await self._of(asked.tenant_id, asked.return_id, _pickup(asked.delivery_id))
            undone = await self._end_visits(
                carrier, asked.tenant_id, visits, over=asked.visits_over
            )
            return Undone(undone=undone)

    @activity.defn
    async def call_courier_off(self, asked: CancelBooking) -> CalledOff:
        """Cancel the courier visit that is to come; one who is out already is not called back."""
        with translated():
            carrier = await self._connections.carrier(asked.tenant_id)
            visits = await self._of(asked.tenant_id, asked.return_id, _pickup(asked.delivery_id))
            try:
                await self._end_visits(carrier, asked.tenant_id, visits, over=asked.visits_over)
            except RejectedError as error:
                return CalledOff(error.code or "rejected")
            return CalledOff()

    @activity.defn
    async def make_qr_code(self, asked: MakeQrCode) -> QrCode:
        """Have a bought label shown as a code; a repeat answers the same one."""
        with translated():
            carrier = await self._connections.carrier(asked.tenant_id)
            return QrCode(await carrier.label_qr_code(asked.shipment_ref))

    @activity.defn
    async def void_label(self, asked: CancelBooking) -> Undone:
        """Ask a label's money back, if one was bought. Repeats change nothing."""
        with translated():
            bookings = await self._of(asked.tenant_id, asked.return_id, _label(asked.delivery_id))
            if not bookings:
                return Undone(undone=False)
            booking = bookings[-1]
            carrier = await self._connections.carrier(asked.tenant_id)
            bought = False
            if booking.external_ref is not None:
                shipment = await carrier.get_shipment(booking.external_ref)
                bought = shipment.label is not None
                if bought and shipment.refund_status is None:
                    await carrier.void_label(booking.external_ref)
            await self._end(asked.tenant_id, booking)
            return Undone(undone=bought)

    async def _open(self, tenant_id: str, return_id: str, purpose: str) -> BookingRow:
        """Plan the first attempt that has not failed: a refused draft is never bought later."""
        attempt = 1
        booking = await self._bookings.plan(tenant_id, return_id, purpose, attempt)
        while booking.state is BookingState.FAILED:
            attempt += 1
            booking = await self._bookings.plan(tenant_id, return_id, purpose, attempt)
        return booking

    async def _shipment(self, asked: BuyLabel, booking: BookingRow) -> ShipmentRequest:
        platform = await self._connections.commerce(asked.tenant_id)
        customer = await platform.get_address(asked.order_id, asked.corrections)
        warehouse = (await platform.get_location(asked.location_id)).address
        sender, recipient = (warehouse, customer) if asked.to_customer else (customer, warehouse)
        return ShipmentRequest(
            reference=booking.reference,
            key=booking.key,
            sender=sender,
            recipient=recipient,
            parcel=Parcel(weight_grams=asked.weight_grams),
            is_return=not asked.to_customer,
        )

    async def _purchase(
        self,
        carrier: CarrierGateway,
        shipment_ref: str,
        request: ShipmentRequest,
        asked: BuyLabel,
        booking: BookingRow,
    ) -> Label:
        try:
            return await carrier.purchase_label(shipment_ref, request)
        except AlreadyDoneError:
            label = (await carrier.get_shipment(shipment_ref)).label
            if label is None:
                raise
            return label
        except RejectedError:
            await self._bookings.ended(asked.tenant_id, booking.booking_id, BookingState.FAILED)
            raise

    async def _visit(self, asked: BookPickup, booking: BookingRow) -> PickupRequest:
        platform = await self._connections.commerce(asked.tenant_id)
        return PickupRequest(
            reference=booking.reference,
            key=booking.key,
            shipment_ref=asked.shipment_ref,
            address=await platform.get_address(asked.order_id, asked.corrections),
            not_before=asked.not_before,
            not_after=asked.not_after,
            time_zone=asked.time_zone,
        )

    async def _end_visits(
        self, carrier: CarrierGateway, tenant_id: str, visits: Sequence[BookingRow], *, over: int
    ) -> bool:
        """Cancel every visit that stands at the carrier; say whether one was still to come."""
        for visit in visits:
            try:
                await _cancel_visit(carrier, visit)
            except RejectedError:
                # The courier is out or was there: a visit that is over needs no more.
                if visit.attempt > over:
                    raise
            else:
                await self._end(tenant_id, visit)
        return any(visit.attempt > over for visit in visits)

    async def _of(self, tenant_id: str, return_id: str, purpose: str) -> tuple[BookingRow, ...]:
        bookings = await self._bookings.of_return(tenant_id, return_id)
        return tuple(booking for booking in bookings if booking.purpose == purpose)

    async def _end(self, tenant_id: str, booking: BookingRow) -> None:
        if booking.state not in (BookingState.FAILED, BookingState.CANCELLED):
            await self._bookings.ended(tenant_id, booking.booking_id, BookingState.CANCELLED)


async def _buy_pickup(carrier: CarrierGateway, pickup_ref: str, request: PickupRequest) -> Pickup:
    try:
        return await carrier.buy_pickup(pickup_ref, request)
    except AlreadyDoneError:
        return await carrier.get_pickup(pickup_ref)


async def _cancel_visit(carrier: CarrierGateway, visit: BookingRow) -> None:
    if visit.external_ref is None or visit.state is BookingState.CANCELLED:
        return
    if (await carrier.get_pickup(visit.external_ref)).status == "scheduled":
        await carrier.cancel_pickup(visit.external_ref)


async def _handed_over(carrier: CarrierGateway, tracker_ref: str | None) -> tuple[Reached, ...]:
    if tracker_ref is None:
        return ()
    proven = milestones((await carrier.track(tracker_ref)).scans)
    return proven if any(m.milestone is Milestone.FIRST_SCAN for m in proven) else ()


def _label(delivery_id: str) -> str:
    return f"label-{delivery_id}"


def _pickup(delivery_id: str) -> str:
    return f"pickup-{delivery_id}"


def _details(label: BoughtLabel) -> dict[str, Any]:
    until = label.valid_until
    return {**asdict(label), "valid_until": until.isoformat() if until else None}


def _stored_label(booking: BookingRow) -> BoughtLabel:
    details = booking.details
    until = details.get("valid_until")
    return BoughtLabel(
        carrier=details["carrier"],
        shipment_ref=details["shipment_ref"],
        tracking_code=details["tracking_code"],
        tracker_ref=details["tracker_ref"],
        label_url=details["label_url"],
        cost=Money(details["cost"]["minor"], details["cost"]["currency"]),
        with_courier=details.get("with_courier", False),
        valid_until=datetime.fromisoformat(until) if until else None,
    )
