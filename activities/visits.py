"""Order courier visits and call them off: never two for one parcel, none for one that is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.booking import (
    BookingDesk,
    CancelBooking,
    Undone,
    check_sendable,
)
from activities.errors import translated
from domain.booking import visit_purpose
from domain.corrections import Correction
from domain.money import Money
from domain.tracking import Milestone, Reached, milestones
from integrations.carriers.capabilities import BookingLookUp
from integrations.carriers.port import CarrierGateway, Pickup, PickupRequest
from integrations.directory import CarrierAccount, Connections
from integrations.errors import AlreadyDoneError, NotFoundError, RejectedError
from storage.bookings import Bookings
from storage.rows import BookingRow
from storage.states import BookingState


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
class CalledOff:
    """What became of the wish that no courier comes; ``refused`` is the carrier's code."""

    refused: str | None = None


class PickupActivities:
    def __init__(self, connections: Connections, bookings: Bookings) -> None:
        self._connections = connections
        self._bookings = bookings
        self._desk = BookingDesk(connections, bookings)

    @activity.defn
    async def book_pickup(self, asked: BookPickup) -> BookedPickup:
        """Order one courier visit per attempt; draft, look-up and purchase as for a label.

        Before another visit the earlier ones are taken off the carrier's list and the tracker is
        read: two couriers never come for one parcel, and none for one that is gone.
        """
        with translated(outage="CourierUnavailable"):
            purpose = visit_purpose(asked.delivery_id)
            booking = await self._bookings.plan(
                asked.tenant_id, asked.return_id, purpose, asked.attempt
            )
            account = await self._account(asked)
            booking, pickup = await self._standing(asked, booking, account)
            if pickup.status != "scheduled":
                if asked.attempt > 1:
                    visits = await self._desk.of(asked.tenant_id, asked.return_id, purpose)
                    earlier = [visit for visit in visits if visit.attempt < asked.attempt]
                    await self._end_visits(account, asked.tenant_id, earlier, over=asked.attempt)
                    if gone := await _handed_over(account.gateway, asked.tracker_ref):
                        return BookedPickup(pickup.pickup_ref, None, None, reached=gone)
                try:
                    pickup = await self._buy(asked, booking, account)
                except RejectedError as error:
                    await self._bookings.ended(
                        asked.tenant_id, booking.booking_id, BookingState.FAILED
                    )
                    return BookedPickup(pickup.pickup_ref, None, None, error.code or "rejected")
            cost = pickup.cost
            if booking.state is not BookingState.BOUGHT:
                await self._bookings.bought(
                    asked.tenant_id,
                    booking.booking_id,
                    {"confirmation": pickup.confirmation},
                    cost.minor if cost else 0,
                    cost.currency if cost else "USD",
                )
            return BookedPickup(pickup.pickup_ref, pickup.confirmation, cost)

    @activity.defn
    async def cancel_pickup(self, asked: CancelBooking) -> Undone:
        """Cancel a delivery's courier visits, as far as any was ordered. Repeats change nothing."""
        with translated(outage="CourierUnavailable"):
            return Undone(undone=await self._cancel(asked))

    @activity.defn
    async def call_courier_off(self, asked: CancelBooking) -> CalledOff:
        """Cancel the courier visit that is to come; one who is out already is not called back."""
        with translated(outage="CourierUnavailable"):
            try:
                await self._cancel(asked)
            except RejectedError as error:
                return CalledOff(error.code or "rejected")
            return CalledOff()

    async def _account(self, asked: BookPickup | CancelBooking) -> CarrierAccount:
        return await self._desk.label_account(asked.tenant_id, asked.return_id, asked.delivery_id)

    async def _standing(
        self, asked: BookPickup, booking: BookingRow, account: CarrierAccount
    ) -> tuple[BookingRow, Pickup]:
        """Return the visit as the carrier has it; one that nobody asked for yet is drafted."""
        brought = account.gateway.capabilities.courier_brings_label
        if booking.external_ref is not None and (booking.sent_at is not None or brought):
            ref, confirmation = booking.external_ref, booking.details.get("confirmation")
            return booking, await account.gateway.get_pickup(ref, confirmation)
        if booking.external_ref is not None:
            return booking, Pickup(booking.external_ref, "unbooked")
        pickup = await account.gateway.create_pickup(await self._request(asked, booking))
        booking = await self._bookings.created(
            asked.tenant_id, booking.booking_id, pickup.pickup_ref, account.connection_id
        )
        return booking, pickup

    async def _buy(self, asked: BookPickup, booking: BookingRow, account: CarrierAccount) -> Pickup:
        gateway, ref = account.gateway, booking.external_ref or ""
        check_sendable(booking, gateway.capabilities, gateway.capabilities.pickup_lookup)
        request = await self._request(asked, booking)
        await self._bookings.sending(asked.tenant_id, booking.booking_id)
        try:
            return await gateway.buy_pickup(ref, request)
        except AlreadyDoneError:
            return await gateway.get_pickup(ref)

    async def _request(self, asked: BookPickup, booking: BookingRow) -> PickupRequest:
        # The platform's outage is not the carrier's.
        with translated():
            platform = await self._connections.commerce(asked.tenant_id)
            address = await platform.get_address(asked.order_id, asked.corrections)
        return PickupRequest(
            reference=booking.reference,
            key=booking.key,
            shipment_ref=asked.shipment_ref,
            address=address,
            not_before=asked.not_before,
            not_after=asked.not_after,
            time_zone=asked.time_zone,
        )

    async def _cancel(self, asked: CancelBooking) -> bool:
        purpose = visit_purpose(asked.delivery_id)
        visits = await self._desk.of(asked.tenant_id, asked.return_id, purpose)
        if not visits:
            return False
        account = await self._account(asked)
        return await self._end_visits(account, asked.tenant_id, visits, over=asked.visits_over)

    async def _end_visits(
        self, account: CarrierAccount, tenant_id: str, visits: Sequence[BookingRow], *, over: int
    ) -> bool:
        """Cancel every visit that stands at the carrier; say whether one was still to come."""
        for visit in visits:
            try:
                await self._cancel_visit(account.gateway, tenant_id, visit)
            except RejectedError:
                # The courier is out or was there: a visit that is over needs no more.
                if visit.attempt > over:
                    raise
            else:
                await self._desk.end(tenant_id, visit)
        return any(visit.attempt > over for visit in visits)

    async def _cancel_visit(
        self, gateway: CarrierGateway, tenant_id: str, visit: BookingRow
    ) -> None:
        ref = visit.external_ref
        if ref is None or visit.state in (BookingState.CANCELLED, BookingState.FAILED):
            return
        confirmation, sheet = visit.details.get("confirmation"), gateway.capabilities
        if sheet.pickup_lookup is not BookingLookUp.NONE:
            pickup = await gateway.get_pickup(ref, confirmation)
            if pickup.status != "scheduled":
                return
            # Of an answer that was lost, only the carrier knows the number.
            confirmation = confirmation or pickup.confirmation
        if await self._desk.is_shared(tenant_id, sheet, visit, confirmation):
            return
        await gateway.cancel_pickup(ref, confirmation)


async def _handed_over(carrier: CarrierGateway, tracker_ref: str | None) -> tuple[Reached, ...]:
    if tracker_ref is None:
        return ()
    try:
        proven = milestones((await carrier.track(tracker_ref)).scans)
    except NotFoundError:
        # Of a parcel that was never scanned some carriers know nothing.
        return ()
    return proven if any(m.milestone is Milestone.FIRST_SCAN for m in proven) else ()
