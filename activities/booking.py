"""What labels and courier visits have in common: whose account they are booked with."""

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.exceptions import ApplicationError

from activities.errors import refused
from domain.booking import label_purpose
from integrations.carriers.capabilities import BookingLookUp, CarrierCapabilities
from integrations.directory import CarrierAccount, Connections
from integrations.errors import (
    AmbiguousOutcomeError,
    IntegrationError,
    NotSentError,
    TemporarilyUnavailableError,
    ThrottledError,
    UnansweredError,
)
from storage.bookings import Bookings
from storage.rows import BookingRow
from storage.states import BookingState


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


class BookingDesk:
    """Bookings as they stand, and the accounts that they are with."""

    def __init__(self, connections: Connections, bookings: Bookings) -> None:
        self.connections = connections
        self.bookings = bookings

    async def open(self, tenant_id: str, return_id: str, purpose: str) -> BookingRow:
        """Plan the first attempt that has not failed: a refused draft is never bought later."""
        attempt = 1
        booking = await self.bookings.plan(tenant_id, return_id, purpose, attempt)
        while booking.state is BookingState.FAILED:
            attempt += 1
            booking = await self.bookings.plan(tenant_id, return_id, purpose, attempt)
        return booking

    async def of(self, tenant_id: str, return_id: str, purpose: str) -> tuple[BookingRow, ...]:
        bookings = await self.bookings.of_return(tenant_id, return_id)
        return tuple(booking for booking in bookings if booking.purpose == purpose)

    async def label_account(
        self, tenant_id: str, return_id: str, delivery_id: str
    ) -> CarrierAccount:
        """Return the account that a delivery's label is from: its courier comes of the same."""
        labels = await self.of(tenant_id, return_id, label_purpose(delivery_id))
        accounts = await self.connections.carriers(tenant_id)
        return account_of(labels[-1], accounts) if labels else accounts[0]

    async def is_shared(
        self,
        tenant_id: str,
        sheet: CarrierCapabilities,
        visit: BookingRow,
        confirmation: str | None,
    ) -> bool:
        """Say whether the courier of a visit comes for another parcel of the tenant as well."""
        if not sheet.visits_are_shared or confirmation is None:
            return False
        return await self.bookings.shares_visit(tenant_id, visit, confirmation)

    async def end(self, tenant_id: str, booking: BookingRow) -> None:
        if booking.state not in (BookingState.FAILED, BookingState.CANCELLED):
            await self.bookings.ended(tenant_id, booking.booking_id, BookingState.CANCELLED)


def account_of(booking: BookingRow, accounts: tuple[CarrierAccount, ...]) -> CarrierAccount:
    """Return the account that a booking is with.

    Raises:
        ApplicationError: the tenant has it no more; somebody must connect it again.
    """
    if booking.connection_id is None:
        # From the time when a tenant had one.
        return accounts[0]
    for account in accounts:
        if account.connection_id == booking.connection_id:
            return account
    raise refused(
        "ProviderRefused", f"it was booked with connection {booking.connection_id}, which is gone"
    )


def sold_as(booking: BookingRow) -> str:
    """Return the carrier's name of what was booked.

    What was bought may be named by numbers that its draft had not yet.
    """
    return booking.details.get("shipment_ref") or booking.external_ref or ""


def check_sendable(booking: BookingRow, sheet: CarrierCapabilities, lookup: BookingLookUp) -> None:
    """Let a booking be sent to its carrier, perhaps again: one that was never found there.

    A carrier whose look-up lags is asked again later; one without a look-up is only sent the same
    key again, while it remembers it.

    Raises:
        AmbiguousOutcomeError: a look-up may still miss what was sent.
        ApplicationError: nobody but a person can find out whether it was booked.
    """
    if booking.sent_at is None or lookup is BookingLookUp.BY_ADDRESS:
        return
    now = datetime.now(UTC)
    if lookup is not BookingLookUp.NONE:
        if now - booking.updated_at < sheet.settle_time:
            raise AmbiguousOutcomeError(sheet.carrier, "what was sent may still be found")
        return
    if now - booking.sent_at >= sheet.key_window:
        raise booking_unknown(sheet.carrier)


def nothing_was_sent(error: IntegrationError, sheet: CarrierCapabilities) -> bool:
    """Say whether a purchase that failed cannot have bought anything.

    Without keys a purchase is never repeatable, so an outage that may be repeated was of a reading
    before it; under a key it may have been of the purchase.
    """
    if isinstance(error, NotSentError | ThrottledError):
        return True
    is_reading = isinstance(error, TemporarilyUnavailableError) and not sheet.key_window
    return is_reading and not isinstance(error, UnansweredError)


def booking_unknown(carrier: str) -> ApplicationError:
    return refused(
        "BookingUnknown", f"{carrier}: whether it was booked can only be asked by a person"
    )
