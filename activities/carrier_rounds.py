"""What is looked after at each carrier, again and again: parcels, doubtful bookings, outages."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from temporalio import activity

from activities.booking import BookingDesk, sold_as
from activities.delay_watch import DelayToTell, DelayWatch
from activities.errors import translated
from activities.scans import take_scans, unknown_to
from domain.booking import is_visit
from domain.tracking import Reached
from integrations.carriers.port import CarrierGateway, ListsBookings
from integrations.directory import CarrierAccount, Connections, UnknownConnectionError
from integrations.errors import IntegrationError, NotFoundError, ProtocolError, RejectedError
from storage.bookings import Bookings
from storage.database import Database
from storage.lanes import Lanes
from storage.returns import Returns
from storage.rows import BookingRow, DeliveryRow
from storage.states import BookingState
from storage.tenants import Tenants
from storage.tracking import Tracking

POLL_EVERY = timedelta(hours=6)
"""How long a lost webhook may stay unnoticed; a carrier's own scans are hours apart."""
POLL_SILENT_EVERY = timedelta(hours=1)
"""The same of carriers that tell nothing by themselves."""
SWEEP_AFTER = timedelta(hours=1)
"""How long nobody worked on a booking before it is looked for: longer than any try lasts, and than
the slowest carrier takes to show what it sold."""
SWEEP_EVERY = timedelta(hours=6)
LISTED_SINCE = timedelta(days=2)
"""How far back a carrier's own list is read: it is read many times a day."""
_PAGE = 50
_RELEASED_AT_ONCE = 200
"""Returns told in one round; the rate of the carrier's queue spreads their calls."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """One account of one tenant, and whose task queue asks it."""

    tenant_id: str
    connection_id: str
    carrier: str


@dataclass(frozen=True, slots=True)
class Accounts:
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class ScansToTell:
    """What a return has not heard of one of its parcels."""

    return_id: str
    delivery_id: str
    milestones: tuple[Reached, ...]


@dataclass(frozen=True, slots=True)
class Polled:
    """``more``: parcels are still due."""

    read: int
    to_tell: tuple[ScansToTell, ...]
    more: bool
    delays: tuple[DelayToTell, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """``orphans`` were sold, and nobody wants them: given back, or called off."""

    looked_for: int
    orphans: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Returns that are parked for a carrier, all of which answer again."""

    return_ids: tuple[str, ...]


class CarrierRounds:
    """Activities for one account at a time; waits of ours are divided by ``time_scale``."""

    def __init__(
        self,
        connections: Connections,
        database: Database,
        *,
        time_scale: float,
        watches_delays: bool = True,
    ) -> None:
        self._connections = connections
        self._tenants = Tenants(database)
        self._tracking = Tracking(database)
        self._bookings = Bookings(database)
        self._desk = BookingDesk(connections, self._bookings)
        self._returns = Returns(database)
        self._scale = time_scale
        self._delays = DelayWatch(Lanes(database)) if watches_delays else None

    @activity.defn
    async def list_accounts(self) -> Accounts:
        """List every tenant's accounts, also closed ones: their parcels are followed."""
        found: list[Account] = []
        with translated():
            for tenant in await self._tenants.list_all():
                try:
                    accounts = await self._connections.carriers(tenant.tenant_id)
                except UnknownConnectionError:
                    continue
                except IntegrationError as error:
                    _log.warning("carrier.not_opened", error=type(error).__name__)
                    continue
                for account in accounts:
                    carrier = account.account.carrier
                    found.append(Account(tenant.tenant_id, account.connection_id, carrier))
        return Accounts(tuple(found))

    @activity.defn
    async def poll_parcels(self, asked: Account) -> Polled:
        """Read parcels whose carrier said nothing for a while; return what their returns missed.

        The longest unread first, at the carrier's pace. What a return was not told after all it
        will be by the next reading, which compares with what it knows.
        """
        with translated(outage="CourierUnavailable"):
            account = await self._account(asked)
            if account is None:
                return Polled(0, (), more=False)
            sheet, now = account.gateway.capabilities, datetime.now(UTC)
            every = POLL_EVERY if sheet.pushes_scans else POLL_SILENT_EVERY
            due = await self._tracking.due_for_poll(
                asked.tenant_id,
                asked.connection_id,
                before=now - every / self._scale,
                limit=_PAGE,
            )
            to_tell: list[ScansToTell] = []
            delays: list[DelayToTell] = []
            for parcel in due:
                known = await self._known(asked.tenant_id, parcel)
                to_tell += await self._poll(asked.tenant_id, account.gateway, parcel, known)
                if self._delays is not None and known is not None:
                    delays += await self._delays.look_at(asked.tenant_id, parcel, known, now)
                await self._tracking.polled(asked.tenant_id, parcel, now)
                await asyncio.sleep(1 / sheet.calls_per_second if sheet.calls_per_second else 0)
            return Polled(len(due), tuple(to_tell), len(due) == _PAGE, tuple(delays))

    async def _known(self, tenant_id: str, parcel: DeliveryRow) -> dict[str, Any] | None:
        """Return what the return knows of a parcel."""
        row = await self._returns.get(tenant_id, parcel.return_id)
        deliveries = (row.snapshot or {}).get("deliveries", ()) if row is not None else ()
        return next((d for d in deliveries if d["delivery_id"] == parcel.delivery_id), None)

    async def _poll(
        self,
        tenant_id: str,
        carrier: CarrierGateway,
        parcel: DeliveryRow,
        known: dict[str, Any] | None,
    ) -> tuple[ScansToTell, ...]:
        try:
            snapshot = await carrier.track(parcel.tracker_ref or parcel.tracking_code)
        except NotFoundError:
            # Not scanned yet, or forgotten: there is nothing to learn.
            return ()
        except (RejectedError, ProtocolError) as error:
            # One that cannot be read keeps nobody from the others.
            _log.warning("parcel.unreadable", error=type(error).__name__, code=error.code)
            return ()
        code = parcel.tracking_code
        proven, _ = await take_scans(self._tracking, tenant_id, code, snapshot.scans)
        if known is None or not unknown_to(known, proven):
            return ()
        return (ScansToTell(parcel.return_id, parcel.delivery_id, proven),)

    @activity.defn
    async def sweep_bookings(self, asked: Account) -> Swept:
        """Look for what was sold and is not wanted, and give it back. Repeats change nothing.

        Two ways: our bookings that were sent and given up are looked for at the carrier; and what
        the carrier lists under references of ours is looked for among our bookings.
        """
        with translated(outage="CourierUnavailable"):
            account = await self._account(asked)
            if account is None:
                return Swept(0, 0)
            now = datetime.now(UTC)
            doubtful = await self._bookings.doubtful(
                asked.tenant_id,
                asked.connection_id,
                quiet_since=now - SWEEP_AFTER / self._scale,
                swept_before=now - SWEEP_EVERY / self._scale,
                limit=_PAGE,
            )
            orphans = 0
            for booking in doubtful:
                try:
                    orphans += await self._given_back(asked.tenant_id, account.gateway, booking)
                except (RejectedError, ProtocolError) as error:
                    _log.warning("booking.unreadable", error=type(error).__name__, code=error.code)
                await self._bookings.swept(asked.tenant_id, booking.booking_id, now)
            if isinstance(account.gateway, ListsBookings):
                orphans += await self._unknown(asked, account.gateway, account)
            return Swept(len(doubtful), orphans)

    async def _given_back(
        self, tenant_id: str, carrier: CarrierGateway, booking: BookingRow
    ) -> bool:
        visit, sheet = is_visit(booking.purpose), carrier.capabilities
        ref, confirmation = sold_as(booking), booking.details.get("confirmation")
        if visit and sheet.visits_are_shared:
            # Found by its address: the courier may be the one that another parcel waits for.
            confirmation = confirmation or (await carrier.get_pickup(ref)).confirmation
            if await self._desk.is_shared(tenant_id, sheet, booking, confirmation):
                return False
        return await _undone(carrier, ref, confirmation, is_visit=visit)

    async def _unknown(self, asked: Account, lists: ListsBookings, account: CarrierAccount) -> int:
        """Give back what the carrier sold under our reference and we do not hold as bought."""
        now = datetime.now(UTC)
        quiet, orphans = now - SWEEP_AFTER / self._scale, 0
        for sold in await lists.list_bookings(since=now - LISTED_SINCE):
            booking = await self._bookings.by_reference(asked.tenant_id, sold.reference)
            if booking is None or sold.created_at >= quiet or booking.updated_at >= quiet:
                continue
            ours = booking.state is BookingState.BOUGHT and booking.external_ref == sold.ref
            if not ours and booking.external_ref != sold.ref:
                orphans += await _undone(account.gateway, sold.ref, None, is_visit=sold.is_visit)
        return orphans

    @activity.defn
    async def parked_for_carriers(self, tenant_id: str) -> Waiting:
        """Return what is parked for a carrier, once all open accounts of the tenant answer.

        While any of them is silent nothing is, and the parked work tries again by itself.
        """
        with translated(outage="CourierUnavailable"):
            parked = await self._returns.blocked(
                tenant_id, ("courier_unavailable",), limit=_RELEASED_AT_ONCE
            )
            if parked:
                for account in await self._connections.carriers(tenant_id):
                    if not account.account.is_closed:
                        await account.gateway.check()
                _log.info("carrier.answers_again", tenant_id=tenant_id, returns=len(parked))
            return Waiting(tuple(row.return_id for row in parked))

    async def _account(self, asked: Account) -> CarrierAccount | None:
        accounts = await self._connections.carriers(asked.tenant_id)
        known = [one for one in accounts if one.connection_id == asked.connection_id]
        return known[0] if known else None


async def _undone(
    carrier: CarrierGateway, ref: str, confirmation: str | None, *, is_visit: bool
) -> bool:
    """Give one label or visit back that stands at the carrier; say whether it stood."""
    try:
        if is_visit:
            stood = (await carrier.get_pickup(ref, confirmation)).status == "scheduled"
            if stood:
                await carrier.cancel_pickup(ref, confirmation)
        else:
            shipment = await carrier.get_shipment(ref)
            stood = shipment.label is not None and shipment.refund_status is None
            if stood:
                await carrier.void_label(ref)
    except NotFoundError:
        return False
    except RejectedError as error:
        # It travels, or the courier is out: a scan will tell whose it is.
        _log.warning("booking.orphan_stays", ref=ref, code=error.code)
        return False
    if stood:
        _log.warning("booking.orphan_given_back", ref=ref, is_visit=is_visit)
    return stood
