"""Booking intents: a label or pickup is planned in a row before a carrier hears of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import part_id
from storage.database import Database
from storage.models.effects import BookingIntentModel
from storage.rows import BookingRow
from storage.states import BookingState

_COLUMNS = tuple(getattr(BookingIntentModel, name) for name in BookingRow.__slots__)
_S = BookingState
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

    async def created(self, tenant_id: str, booking_id: str, external_ref: str) -> BookingRow:
        """Note the carrier's name for it. A repeat, or a booking further on, changes nothing.

        Raises:
            BookedOtherwiseError: it is known under another name.
        """
        async with self._database.tenant(tenant_id) as connection:
            before = await _locked(connection, tenant_id, booking_id)
            if before.external_ref not in (None, external_ref):
                raise BookedOtherwiseError(
                    f"booking {booking_id} is {before.external_ref}, found {external_ref}"
                )
            state = _S.CREATED if before.state is _S.PLANNED else before.state
            return await _change(
                connection, tenant_id, booking_id, state=state, external_ref=external_ref
            )

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
