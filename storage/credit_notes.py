"""Credit notes: issued with their settlement, numbered without gaps, and read."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.credit_notes import (
    CreditNote,
    NewNote,
    NoteRow,
    RowKind,
    credit_note_number,
    is_credit_note_number,
)
from storage import cursors
from storage.database import Database
from storage.models.credit_notes import CreditNoteCounterModel, CreditNoteModel

_COLUMNS = tuple(getattr(CreditNoteModel, name) for name in CreditNote.__slots__)


class NoteSumError(ValueError):
    """The rows of a credit note do not add up to what its settlement pays."""


async def issue(
    connection: AsyncConnection,
    note: NewNote,
    *,
    tenant_id: str,
    return_id: str,
    order_id: str,
    settlement_no: int,
    currency: str,
    total_minor: int,
) -> None:
    """Number a note and insert it: two statements, the tenant's series locked from the first on.

    Only for a settlement that this transaction sealed: a transaction that rolls back gives the
    number back.

    Raises:
        NoteSumError: its rows do not add up to ``total_minor``.
    """
    if not note.rows:
        return
    if (found := sum(row.amount_minor for row in note.rows)) != total_minor:
        raise NoteSumError(f"wanted rows of {total_minor} {currency} together, found {found}")
    year, serial, issued_on = await _next_number(connection, tenant_id)
    await connection.execute(
        insert(CreditNoteModel).values(
            tenant_id=tenant_id,
            number=credit_note_number(year, serial),
            return_id=return_id,
            rma_no=note.rma_no,
            order_id=order_id,
            settlement_no=settlement_no,
            issued_on=issued_on,
            currency=currency,
            total_minor=total_minor,
            rows=[_stored(row) for row in note.rows],
        )
    )


async def _next_number(connection: AsyncConnection, tenant_id: str) -> tuple[int, int, date]:
    counter, utc_now = CreditNoteCounterModel, func.timezone("UTC", func.clock_timestamp())
    first = upsert(counter).values(
        tenant_id=tenant_id, year=func.date_part("year", utc_now), last_serial=1
    )
    row = await connection.execute(
        first.on_conflict_do_update(
            index_elements=["tenant_id", "year"], set_={"last_serial": counter.last_serial + 1}
        ).returning(counter.year, counter.last_serial, func.date(utc_now))
    )
    year, serial, today = row.one()
    # Whoever waited for the lock over New Year has a number, and so a date, of the old year.
    return year, serial, min(today, date(year, 12, 31))


class CreditNotes:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def number_of(self, tenant_id: str, return_id: str, settlement_no: int) -> str | None:
        """Read the number of a settlement's note; a settlement of nothing has none."""
        note = CreditNoteModel
        query = select(note.number).where(
            note.tenant_id == tenant_id,
            note.return_id == return_id,
            note.settlement_no == settlement_no,
        )
        async with self._database.tenant(tenant_id) as connection:
            number: str | None = await connection.scalar(query)
        return number

    async def get(self, tenant_id: str, number: str) -> CreditNote | None:
        if not is_credit_note_number(number):
            return None
        async with self._database.tenant(tenant_id) as connection:
            query = _of(tenant_id).where(CreditNoteModel.number == number)
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _note(row)

    async def page(
        self,
        tenant_id: str,
        *,
        since: date,
        before: date,
        limit: int,
        cursor: str | None = None,
    ) -> tuple[tuple[CreditNote, ...], str | None]:
        """Read the notes of days from ``since`` to before ``before``, in the order of numbers.

        Answers them and the cursor of the next page, which is ``None`` on the last one.

        Raises:
            BadCursorError: ``cursor`` is not from an earlier page.
        """
        note = CreditNoteModel
        place = (note.issued_on, note.number)
        query = _of(tenant_id).where(note.issued_on >= since, note.issued_on < before)
        if cursor is not None:
            query = query.where(tuple_(*place) > cursors.decode_day(cursor))
        query = query.order_by(*place).limit(limit + 1)
        async with self._database.tenant(tenant_id) as connection:
            found = [_note(row) for row in await connection.execute(query)]
        notes, more = tuple(found[:limit]), len(found) > limit
        return notes, cursors.encode_day(notes[-1].issued_on, notes[-1].number) if more else None


def _of(tenant_id: str) -> Select[Any]:
    return select(*_COLUMNS).where(CreditNoteModel.tenant_id == tenant_id)


def _stored(row: NoteRow) -> dict[str, Any]:
    """Return a row as JSON, without what it does not say."""
    return {name: value for name, value in asdict(row).items() if value not in ("", 0)}


def _note(row: Row[Any]) -> CreditNote:
    values = row._asdict()
    return CreditNote(**{**values, "rows": rows_from(values["rows"])})


def rows_from(stored: Sequence[dict[str, Any]]) -> tuple[NoteRow, ...]:
    return tuple(
        NoteRow(**{"amount_minor": 0, "lot_id": "", **row, "kind": RowKind(row["kind"])})
        for row in stored
    )
