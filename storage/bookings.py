"""Booking intents: a label or pickup is planned in a row before a carrier hears of it."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.booking import visit_purpose
from domain.ids import part_id
from domain.lifecycle import TERMINAL_HEADLINES
from storage.database import Database
from storage.models.effects import BookingIntentModel
from storage.models.returns import ReturnModel
from storage.rows import BookingRow
from storage.states import BookingState

_COLUMNS = tuple(getattr(BookingIntentModel, name) for name in BookingRow.__slots__)
_S = BookingState
_SHOWN_WITHIN = timedelta(days=3)
_ONE_VISIT = timedelta(days=60)
_ENDED = frozenset({_S.CANCELLED, _S.FAILED})


class UnknownBookingError(LookupError):
    """No such booking intent."""


class BookedOtherwiseError(Exception):
    """The booking has another reference at the carrier, or has ended: one booking, one effect."""


class Bookings:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(self, tenant_id: str, return_id: str, purpose: str, attempt: int) -> BookingRow:
        """Insert the intent, or read it as it stands: two statements."""
        async with self._database.tenant(tenant_id) as connection:
            booking_id = part_id(return_id, "booking", purpose, attempt)
            await connection.execute(
                upsert(BookingIntentModel)
                .values(
                    tenant_id=tenant_id,
                    booking_id=booking_id,
                    return_id=return_id,
                    purpose=purpose,
                    attempt=attempt,
                    reference=f"{return_id}/{purpose}/{attempt}",
                )
                .on_conflict_do_nothing(index_elements=["tenant_id", "booking_id"])
            )
            return await _locked(connection, tenant_id, booking_id)

    async def created(
        self, tenant_id: str, booking_id: str, external_ref: str, connection_id: str
    ) -> BookingRow:
        """Note the carrier's name for it. A repeat, or a booking further on, changes nothing.

        Raises:
            BookedOtherwiseError: it is known under another name, or at another carrier.
        """
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            known, found = (
                (before.connection_id, before.external_ref),
                (connection_id, external_ref),
            )
            if before.external_ref is not None and known != found:
                raise BookedOtherwiseError(
                    f"booking {booking_id} is {before.external_ref}, found {external_ref}"
                )
            state = _S.CREATED if before.state is _S.PLANNED else before.state
            return await _change(
                connection,
                tenant_id,
                booking_id,
                state=state,
                external_ref=external_ref,
                connection_id=connection_id,
            )

    async def sending(
        self, tenant_id: str, booking_id: str, *, asked: Mapping[str, Any] | None = None
    ) -> BookingRow:
        """Note that the carrier is about to be asked to book it: from now on it may be.

        The first time counts: what a carrier remembers of a key, it remembers from then, and what
        was ``asked`` then (kept among the details).

        Raises:
            BookedOtherwiseError: the booking has ended.
        """
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            if before.state in _ENDED:
                raise BookedOtherwiseError(f"booking {booking_id} has ended as {before.state}")
            if before.sent_at is not None:
                return await _change(connection, tenant_id, booking_id, sent_at=before.sent_at)
            details = {**before.details, **(asked or {})}
            return await _change(
                connection, tenant_id, booking_id, sent_at=func.now(), details=details
            )

    async def not_sent(self, tenant_id: str, booking_id: str, sent: BookingRow) -> BookingRow:
        """Take a :meth:`sending` back, which answered ``sent``: the carrier was not asked.

        One that was sent again, or is further on, stays as it is.
        """
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            drafted = before.state in (_S.PLANNED, _S.CREATED)
            if not drafted or before.updated_at != sent.updated_at:
                # Another try has sent it since.
                return before
            return await _change(connection, tenant_id, booking_id, sent_at=None)

    async def given_up(self, tenant_id: str, booking_id: str) -> bool:
        """End a draft that nothing was bought on; ``False`` where it was sent meanwhile."""
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            if before.sent_at is not None or before.state in _ENDED:
                return before.state is _S.FAILED
            await _change(connection, tenant_id, booking_id, state=_S.FAILED)
            return True

    async def bought(
        self,
        tenant_id: str,
        booking_id: str,
        details: Mapping[str, Any],
        cost_minor: int,
        cost_currency: str,
    ) -> BookingRow:
        """Note what was bought and for how much. A cancellation under way stays under way.

        Raises:
            BookedOtherwiseError: the booking has ended.
        """
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            if before.state in _ENDED:
                raise BookedOtherwiseError(f"booking {booking_id} has ended as {before.state}")
            asked = before.state is _S.CANCEL_REQUESTED
            return await _change(
                connection,
                tenant_id,
                booking_id,
                state=before.state if asked else _S.BOUGHT,
                details=dict(details),
                cost_minor=cost_minor,
                cost_currency=cost_currency,
            )

    async def ended(self, tenant_id: str, booking_id: str, state: BookingState) -> BookingRow:
        """Note that it is being cancelled, was cancelled, or failed. A repeat changes nothing.

        Raises:
            ValueError: ``state`` is none of the three.
            BookedOtherwiseError: it ended in the other way before.
        """
        if state not in _ENDED | {_S.CANCEL_REQUESTED}:
            raise ValueError(f"wanted cancel_requested, cancelled or failed, found {state}")
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            if before.state in _ENDED:
                if state not in (before.state, _S.CANCEL_REQUESTED):
                    raise BookedOtherwiseError(f"booking {booking_id} has ended as {before.state}")
                return before
            return await _change(connection, tenant_id, booking_id, state=state)

    async def doubtful(
        self,
        tenant_id: str,
        connection_id: str,
        *,
        quiet_since: datetime,
        swept_before: datetime,
        limit: int,
    ) -> tuple[BookingRow, ...]:
        """Return bookings that were sent and then given up, or whose return has ended without them.

        Nobody works on them since ``quiet_since``; the carrier may still have sold something. Each
        comes once after ``swept_before``, the longest unswept first. One statement.
        """
        given_up = BookingIntentModel.state.in_((_S.CANCELLED, _S.FAILED, _S.CANCEL_REQUESTED))
        left = (BookingIntentModel.state == _S.CREATED) & ReturnModel.headline.in_(
            TERMINAL_HEADLINES
        )
        query = (
            select(*_COLUMNS)
            .join(
                ReturnModel,
                (ReturnModel.tenant_id == BookingIntentModel.tenant_id)
                & (ReturnModel.return_id == BookingIntentModel.return_id),
            )
            .where(
                BookingIntentModel.tenant_id == tenant_id,
                BookingIntentModel.connection_id == connection_id,
                BookingIntentModel.sent_at.is_not(None),
                given_up | left,
                BookingIntentModel.updated_at < quiet_since,
                # What a carrier has not shown by then, it will not show.
                BookingIntentModel.updated_at > quiet_since - _SHOWN_WITHIN,
                func.coalesce(BookingIntentModel.swept_at, BookingIntentModel.created_at)
                < swept_before,
            )
            .order_by(BookingIntentModel.swept_at.nulls_first(), BookingIntentModel.created_at)
            .limit(limit)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(_booking_row(row) for row in await connection.execute(query))

    async def swept(self, tenant_id: str, booking_id: str, at: datetime) -> None:
        """Note that a booking was looked for at its carrier; what is known of it stays."""
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                update(BookingIntentModel)
                .where(
                    BookingIntentModel.tenant_id == tenant_id,
                    BookingIntentModel.booking_id == booking_id,
                )
                .values(swept_at=at)
            )

    async def by_reference(self, tenant_id: str, reference: str) -> BookingRow | None:
        """Read the booking that a carrier shows under our reference, or our key."""
        parts = reference.split("/")
        try:
            booking_id = (
                str(uuid.UUID(reference))
                if len(parts) == 1
                else part_id(parts[0], "booking", parts[1], int(parts[2]))
            )
        except (ValueError, IndexError):
            return None
        query = select(*_COLUMNS).where(
            BookingIntentModel.tenant_id == tenant_id,
            BookingIntentModel.booking_id == booking_id,
        )
        async with self._database.tenant(tenant_id) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _booking_row(row)

    async def shares_visit(self, tenant_id: str, visit: BookingRow, confirmation: str) -> bool:
        """Say whether another booking is of the visit of this number, and still wants it."""
        query = (
            select(BookingIntentModel.booking_id)
            .where(
                BookingIntentModel.tenant_id == tenant_id,
                BookingIntentModel.connection_id == visit.connection_id,
                BookingIntentModel.state == _S.BOUGHT,
                BookingIntentModel.booking_id != visit.booking_id,
                BookingIntentModel.purpose.startswith(visit_purpose("")),
                BookingIntentModel.details["confirmation"].astext == confirmation,
                # Carriers give out numbers again, some day.
                BookingIntentModel.created_at > visit.updated_at - _ONE_VISIT,
            )
            .limit(1)
        )
        async with self._database.tenant(tenant_id) as connection:
            return (await connection.execute(query)).one_or_none() is not None

    async def of_return(self, tenant_id: str, return_id: str) -> tuple[BookingRow, ...]:
        """Read a return's bookings, by purpose and attempt: what a compensation must undo."""
        async with self._database.tenant(tenant_id) as connection:
            rows = await connection.execute(
                select(*_COLUMNS)
                .where(
                    BookingIntentModel.tenant_id == tenant_id,
                    BookingIntentModel.return_id == return_id,
                )
                .order_by(BookingIntentModel.purpose, BookingIntentModel.attempt)
            )
            return tuple(_booking_row(row) for row in rows)


async def _locked(connection: AsyncConnection, tenant_id: str, booking_id: str) -> BookingRow:
    row = (
        await connection.execute(
            select(*_COLUMNS)
            .where(
                BookingIntentModel.tenant_id == tenant_id,
                BookingIntentModel.booking_id == booking_id,
            )
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise UnknownBookingError(f"no booking {booking_id}")
    return _booking_row(row)


async def _change(
    connection: AsyncConnection, tenant_id: str, booking_id: str, **values: object
) -> BookingRow:
    row = (
        await connection.execute(
            update(BookingIntentModel)
            .where(
                BookingIntentModel.tenant_id == tenant_id,
                BookingIntentModel.booking_id == booking_id,
            )
            .values(**values, updated_at=func.now())
            .returning(*_COLUMNS)
        )
    ).one()
    return _booking_row(row)


def _booking_row(row: Row[Any]) -> BookingRow:
    values = row._asdict()
    return BookingRow(**{**values, "state": BookingState(values["state"])})
