"""Choose a carrier, buy and void labels: looked up before anything is sent again."""

from datetime import UTC, datetime

from temporalio import activity

from activities.booking import (
    BookingDesk,
    CancelBooking,
    Undone,
    account_of,
    check_sendable,
    nothing_was_sent,
    sold_as,
)
from activities.choosing import choose, eligible
from activities.errors import refused, translated
from activities.kept_labels import asked_with, bought_label, kept_label, kept_of
from activities.label_messages import (
    BoughtLabel,
    BuyLabel,
    Candidate,
    Candidates,
    Chosen,
    MakeQrCode,
    QrCode,
)
from domain.booking import label_purpose
from domain.carriers import ParcelToSend
from domain.lanes import Lane, area_of
from domain.parcels import SLOT_GONE
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
            able = eligible(accounts, _parcel(asked), excluded=asked.excluded)
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
            able = eligible(accounts, _parcel(asked), excluded=asked.excluded)
            choice = await choose(
                able,
                await self._request(asked, booking),
                wants_courier=asked.courier is not None,
                currency=asked.currency,
                records=await self._lanes.records(asked.tenant_id),
            )
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
                return kept_label(booking)
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
            bought = bought_label(label, account, booking)
            if not asked.to_customer:
                request = request or await self._request(asked, booking)
                await self._note_lane(asked, bought, label.service, request.sender, account)
            await self._bookings.bought(
                asked.tenant_id,
                booking.booking_id,
                kept_of(bought),
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
        late = is_first and sheet.courier_brings_label and _is_over(request.visit)
        # Unless another try has sent it since, nobody heard of it, and nobody would come any more.
        if late and await self._bookings.given_up(asked.tenant_id, booking.booking_id):
            raise RejectedError(sheet.carrier, "the window is over", code=SLOT_GONE)
        booking = await self._bookings.sending(
            asked.tenant_id, booking.booking_id, asked=asked_with(asked.courier)
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
        self,
        asked: BuyLabel,
        bought: BoughtLabel,
        service: str,
        sender: Address,
        account: CarrierAccount,
    ) -> None:
        area = area_of(sender.country, sender.postal_code)
        await self._lanes.begin(
            asked.tenant_id,
            bought.tracking_code,
            Lane(bought.carrier, service, area, asked.location_id),
            connection_id=account.connection_id,
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


def _is_over(visit: Visit | None) -> bool:
    return visit is not None and visit.not_after <= datetime.now(UTC)


def _parcel(asked: BuyLabel) -> ParcelToSend:
    return ParcelToSend(
        country=None if asked.to_customer else asked.country,
        weight_grams=asked.weight_grams,
        wants_courier=asked.courier is not None,
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
