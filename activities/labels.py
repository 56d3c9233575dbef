"""Choose a carrier, buy and void labels: looked up before anything is sent again."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.booking import (
    BookingDesk,
    CancelBooking,
    Undone,
    account_of,
    check_sendable,
    label_purpose,
    nothing_was_sent,
    sold_as,
)
from activities.choosing import PassedOver, Wanted, choose, eligible
from activities.errors import refused, translated
from domain.corrections import Correction
from domain.lanes import Lane, area_of
from domain.money import Money
from integrations.carriers.capabilities import BookingLookUp
from integrations.carriers.port import Address, Label, Parcel, ShipmentRequest, Visit
from integrations.directory import CarrierAccount, Connections
from integrations.errors import (
    AlreadyDoneError,
    NotSentError,
    RejectedError,
    TemporarilyUnavailableError,
)
from storage.bookings import Bookings
from storage.lanes import Lanes
from storage.rows import BookingRow
from storage.states import BookingState


@dataclass(frozen=True, slots=True)
class CourierWish:
    """When a courier is wished for; ``time_zone`` is the IANA zone of the address."""

    not_before: datetime
    not_after: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class BuyLabel:
    """``to_customer``: from the warehouse to the customer instead of the other way round.

    ``connection_id`` is the account to buy with, once chosen; those ``excluded`` were asked in
    vain. ``country`` is the customer's, ``currency`` the one that prices are compared in. With
    ``as_code`` a drop-off point is to print the label from a code.
    """

    tenant_id: str
    return_id: str
    delivery_id: str
    order_id: str
    location_id: str
    weight_grams: int
    to_customer: bool = False
    corrections: tuple[Correction, ...] = ()
    country: str | None = None
    currency: str = ""
    courier: CourierWish | None = None
    as_code: bool = False
    connection_id: str | None = None
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that can be asked for a label, and the carrier's task queue it is asked on."""

    connection_id: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who can be asked; one alone needs no choice."""

    accounts: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The account that was chosen for ``cost``, and what put the others behind it."""

    account: Candidate
    cost: Money | None = None
    passed_over: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class BoughtLabel:
    """``with_courier``: the courier who brings the label was ordered with it, for ``courier``.

    ``carrier`` takes the parcel, ``adapter`` is whose account it was bought from. ``valid_until``
    is when the label runs out, if its carrier says so.
    """

    carrier: str
    shipment_ref: str
    tracking_code: str
    tracker_ref: str | None
    label_url: str
    cost: Money
    with_courier: bool = False
    adapter: str | None = None
    promised_days: int | None = None
    valid_until: datetime | None = None
    courier: CourierWish | None = None


@dataclass(frozen=True, slots=True)
class MakeQrCode:
    tenant_id: str
    shipment_ref: str
    return_id: str = ""
    delivery_id: str = ""


@dataclass(frozen=True, slots=True)
class QrCode:
    url: str


class LabelActivities:
    def __init__(self, connections: Connections, bookings: Bookings, lanes: Lanes) -> None:
        self._connections = connections
        self._bookings = bookings
        self._lanes = lanes
        self._desk = BookingDesk(connections, bookings)

    @activity.defn
    async def list_carriers(self, asked: BuyLabel) -> Candidates:
        """List the accounts that can be asked for a label; nobody outside is asked.

        One that may have sold it already is the only one.
        """
        with translated():
            accounts = await self._connections.carriers(asked.tenant_id)
            booking = await self._booking(asked)
            if booking.sent_at is not None:
                return Candidates((_candidate(account_of(booking, accounts)),))
            able = eligible(accounts, _wanted(asked), excluded=asked.excluded)
            if not able:
                raise refused("ProviderRefused", "no connected carrier takes it", code="no_rates")
            return Candidates(tuple(_candidate(account) for account in able))

    @activity.defn
    async def choose_carrier(self, asked: BuyLabel) -> Chosen:
        """Ask all accounts for their price and bind the booking to the best; free of charge.

        A repeat finds the same choice. A draft at an account that is excluded now is given up,
        unless it may have been bought.
        """
        with translated(outage="CourierUnavailable"):
            accounts = await self._connections.carriers(asked.tenant_id)
            booking = await self._booking(asked)
            if booking.external_ref is not None:
                bound = account_of(booking, accounts)
                kept = booking.sent_at is not None or bound.connection_id not in asked.excluded
                if kept or not await self._bookings.given_up(asked.tenant_id, booking.booking_id):
                    return Chosen(_candidate(bound))
                booking = await self._booking(asked)
            able = eligible(accounts, _wanted(asked), excluded=asked.excluded)
            request = await self._request(asked, booking)
            records = await self._bookings.records(asked.tenant_id)
            choice = await choose(able, request, _wanted(asked), records)
            await self._bookings.created(
                asked.tenant_id,
                booking.booking_id,
                choice.draft.shipment_ref,
                choice.account.connection_id,
            )
            return Chosen(_candidate(choice.account), choice.cost, choice.passed_over)

    @activity.defn
    async def buy_label(self, asked: BuyLabel) -> BoughtLabel:
        """Buy one label per delivery, whatever happens between.

        The intent is stored first, then the carrier's id of the free draft, then that it is about
        to be bought. From then on the carrier is asked before anything is bought again.
        """
        with translated(outage="CourierUnavailable"):
            booking = await self._booking(asked)
            if booking.state is BookingState.BOUGHT:
                return _stored_label(booking)
            accounts = await self._connections.carriers(asked.tenant_id)
            account = _account_for(asked, booking, accounts)
            if booking.external_ref is not None and booking.connection_id is not None:
                bound = account_of(booking, accounts)
                if booking.sent_at is None and bound is not account:
                    if await self._bookings.given_up(asked.tenant_id, booking.booking_id):
                        booking = await self._booking(asked)
                    else:
                        account = bound
            booking, label, request = await self._label(asked, booking, account)
            bought = _bought(label, account, booking)
            if not asked.to_customer:
                request = request or await self._request(asked, booking)
                await self._note_lane(asked, bought, label.service, request.sender)
            await self._bookings.bought(
                asked.tenant_id,
                booking.booking_id,
                _details(bought),
                label.cost.minor,
                label.cost.currency,
            )
            return bought

    async def _label(
        self, asked: BuyLabel, booking: BookingRow, account: CarrierAccount
    ) -> tuple[BookingRow, Label, ShipmentRequest | None]:
        gateway, sheet = account.gateway, account.gateway.capabilities
        request: ShipmentRequest | None = None
        if booking.external_ref is None:
            request = await self._request(asked, booking)
            draft = await gateway.create_shipment(request)
            booking = await self._bookings.created(
                asked.tenant_id, booking.booking_id, draft.shipment_ref, account.connection_id
            )
        ref = booking.external_ref or ""
        if booking.sent_at is not None and sheet.label_lookup is not BookingLookUp.NONE:
            found = (await gateway.get_shipment(ref)).label
            if found is not None:
                return booking, found, request
        check_sendable(booking, sheet, sheet.label_lookup)
        request = request or await self._request(asked, booking)
        is_first = booking.sent_at is None
        booking = await self._bookings.sending(
            asked.tenant_id, booking.booking_id, asked={"courier": _told(asked.courier)}
        )
        try:
            return booking, await gateway.purchase_label(ref, request), request
        except AlreadyDoneError:
            found = (await gateway.get_shipment(ref)).label
            if found is None:
                raise
            return booking, found, request
        except RejectedError:
            await self._fail(asked, booking)
            raise
        except (NotSentError, TemporarilyUnavailableError) as error:
            if is_first and nothing_was_sent(error, sheet):
                # Another carrier may be asked, then.
                await self._bookings.not_sent(asked.tenant_id, booking.booking_id, booking)
            raise

    async def _note_lane(
        self, asked: BuyLabel, bought: BoughtLabel, service: str, sender: Address
    ) -> None:
        area = area_of(sender.country, sender.postal_code)
        await self._lanes.begin(
            asked.tenant_id,
            bought.tracking_code,
            Lane(bought.carrier, service, area, asked.location_id),
            shipment_ref=bought.shipment_ref,
            promised_days=bought.promised_days,
        )

    @activity.defn
    async def make_qr_code(self, asked: MakeQrCode) -> QrCode:
        """Have a bought label shown as a code; a repeat answers the same one."""
        with translated(outage="CourierUnavailable"):
            account = await self._desk.label_account(
                asked.tenant_id, asked.return_id, asked.delivery_id
            )
            return QrCode(await account.gateway.label_qr_code(asked.shipment_ref))

    @activity.defn
    async def void_label(self, asked: CancelBooking) -> Undone:
        """Ask a label's money back, if one was bought. Repeats change nothing."""
        with translated(outage="CourierUnavailable"):
            purpose = label_purpose(asked.delivery_id)
            bookings = await self._desk.of(asked.tenant_id, asked.return_id, purpose)
            if not bookings:
                return Undone(undone=False)
            booking = bookings[-1]
            bought = booking.external_ref is not None and await self._void(asked, booking)
            await self._desk.end(asked.tenant_id, booking)
            return Undone(undone=bought)

    async def _void(self, asked: CancelBooking, booking: BookingRow) -> bool:
        """Void what the carrier sold, as far as it sold anything; say whether it had."""
        accounts = await self._connections.carriers(asked.tenant_id)
        gateway, ref = account_of(booking, accounts).gateway, sold_as(booking)
        if booking.sent_at is None and booking.state is not BookingState.BOUGHT:
            return False
        if gateway.capabilities.label_lookup is BookingLookUp.NONE:
            return await gateway.void_label(ref) != "not_applicable"
        shipment = await gateway.get_shipment(ref)
        if shipment.label is not None and shipment.refund_status is None:
            await gateway.void_label(ref)
        return shipment.label is not None

    async def _booking(self, asked: BuyLabel) -> BookingRow:
        purpose = label_purpose(asked.delivery_id)
        return await self._desk.open(asked.tenant_id, asked.return_id, purpose)

    async def _fail(self, asked: BuyLabel, booking: BookingRow) -> None:
        await self._bookings.ended(asked.tenant_id, booking.booking_id, BookingState.FAILED)

    async def _request(self, asked: BuyLabel, booking: BookingRow) -> ShipmentRequest:
        # The platform's outage is not the carrier's.
        with translated():
            platform = await self._connections.commerce(asked.tenant_id)
            customer = await platform.get_address(asked.order_id, asked.corrections)
            warehouse = (await platform.get_location(asked.location_id)).address
        sender, recipient = (warehouse, customer) if asked.to_customer else (customer, warehouse)
        wish = asked.courier
        return ShipmentRequest(
            reference=booking.reference,
            key=booking.key,
            sender=sender,
            recipient=recipient,
            parcel=Parcel(weight_grams=asked.weight_grams),
            is_return=not asked.to_customer,
            visit=Visit(wish.not_before, wish.not_after, wish.time_zone) if wish else None,
        )


def _wanted(asked: BuyLabel) -> Wanted:
    country = None if asked.to_customer else asked.country
    courier = asked.courier is not None
    return Wanted(
        country,
        asked.weight_grams,
        asked.currency,
        wants_courier=courier,
        wants_code=asked.as_code,
    )


def _candidate(account: CarrierAccount) -> Candidate:
    return Candidate(account.connection_id, account.account.carrier)


def _account_for(
    asked: BuyLabel, booking: BookingRow, accounts: tuple[CarrierAccount, ...]
) -> CarrierAccount:
    """Return where it is bought: where it may have been bought already, else as was chosen."""
    if booking.sent_at is None and asked.connection_id is not None:
        chosen = [one for one in accounts if one.connection_id == asked.connection_id]
        return chosen[0] if chosen else account_of(booking, accounts)
    return account_of(booking, accounts)


def _told(wish: CourierWish | None) -> list[str] | None:
    if wish is None:
        return None
    return [wish.not_before.isoformat(), wish.not_after.isoformat(), wish.time_zone]


def _courier(booking: BookingRow) -> CourierWish | None:
    """Return the courier that was asked for when the label was, not as is wished now."""
    told = booking.details.get("courier")
    if told is None:
        return None
    start, end, time_zone = told
    return CourierWish(datetime.fromisoformat(start), datetime.fromisoformat(end), time_zone)


def _bought(label: Label, account: CarrierAccount, booking: BookingRow) -> BoughtLabel:
    courier = _courier(booking) if account.account.courier_brings_label else None
    return BoughtLabel(
        carrier=label.carrier,
        shipment_ref=label.shipment_ref,
        tracking_code=label.tracking_code,
        tracker_ref=label.tracker_ref,
        label_url=label.label_url,
        cost=label.cost,
        with_courier=courier is not None,
        courier=courier,
        adapter=account.account.carrier,
        promised_days=label.promised_days,
        valid_until=label.valid_until,
    )


def _details(label: BoughtLabel) -> dict[str, Any]:
    until = label.valid_until
    told = {"valid_until": until.isoformat() if until else None, "courier": _told(label.courier)}
    return asdict(label) | told


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
        adapter=details.get("adapter"),
        promised_days=details.get("promised_days"),
        valid_until=datetime.fromisoformat(until) if until else None,
        courier=_courier(booking) if details.get("with_courier") else None,
    )
