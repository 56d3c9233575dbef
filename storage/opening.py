"""The first step of a return: its RMA number and its units, or nothing at all."""

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import rma_number
from domain.lifecycle import AuthorizationState, Headline, LogisticsState, SettlementState
from storage import ledger
from storage.models.declarative import kept_json
from storage.models.orders import RmaCounterModel
from storage.models.returns import ReturnModel
from storage.records import DraftOpening, Existing, NotEnoughUnits, Opened, Opening, Units


async def open_return(
    connection: AsyncConnection, opening: Opening
) -> Opened | Existing | NotEnoughUnits:
    """Choose units and number the return, unless it exists or units are short.

    A draft of the same request is registered under the number it has. The caller rolls back
    whenever the answer is not :class:`Opened`. Eight statements with the order locked; the tenant's
    RMA counter is locked for the last three of them.
    """
    await ledger.lock_order(connection, opening)
    existing = await find_existing(connection, opening)
    if existing and not _completes(opening, existing):
        return existing
    held = await ledger.held_units(connection, opening.tenant_id, opening.order_id)
    units = ledger.choose_units(held, fulfilled=dict(opening.fulfilled), wanted=opening.wanted)
    if isinstance(units, NotEnoughUnits):
        return units
    stored_units = [[line_id, list(numbers)] for line_id, numbers in units]
    if existing:
        rma_no = existing.rma_no
        # Its headline follows with the next transition, together with its document.
        await connection.execute(
            update(ReturnModel)
            .where(
                ReturnModel.tenant_id == opening.tenant_id,
                ReturnModel.return_id == opening.return_id,
            )
            .values(currency=opening.currency, units=stored_units, **_whose(opening))
        )
    else:
        rma_no = await _insert(
            connection,
            opening,
            currency=opening.currency,
            units=stored_units,
            headline=Headline.REQUESTED,
            authorization=AuthorizationState.REQUESTED,
        )
    await ledger.hold_units(connection, opening, units)
    return Opened(rma_no, units)


def _completes(opening: Opening, existing: Existing) -> bool:
    """Say whether what exists is the draft that is registered now."""
    same = existing.request_hash == opening.request_hash
    return existing.is_draft and same and existing.first_answer is None


async def open_draft(connection: AsyncConnection, opening: DraftOpening) -> Opened | Existing:
    """Number a return of which only the request is known, unless it exists: three statements."""
    if existing := await find_existing(connection, opening):
        return existing
    rma_no = await _insert(
        connection,
        opening,
        currency=None,
        units=[],
        headline=Headline.DRAFT,
        authorization=AuthorizationState.DRAFT,
    )
    return Opened(rma_no, ())


async def _insert(
    connection: AsyncConnection,
    opening: Opening | DraftOpening,
    *,
    currency: str | None,
    units: list[Any],
    headline: Headline,
    authorization: AuthorizationState,
) -> str:
    """Insert the return under the tenant's next number, which is returned."""
    rma_no = rma_number(await _next_serial(connection, opening.tenant_id))
    await connection.execute(
        insert(ReturnModel).values(
            tenant_id=opening.tenant_id,
            return_id=opening.return_id,
            rma_no=rma_no,
            order_id=opening.order_id,
            currency=currency,
            request_hash=opening.request_hash,
            units=units,
            resume_from=kept_json(opening.resume_from),
            opened_by=opening.opened_by or None,
            headline=headline,
            authorization_state=authorization,
            logistics_state=LogisticsState.NOT_REQUIRED,
            settlement_state=SettlementState.NONE,
            **(_whose(opening) if isinstance(opening, Opening) else {}),
        )
    )
    return rma_no


def _whose(opening: Opening) -> dict[str, Any]:
    return {"customer_ref": opening.customer_ref or None, "value_minor": opening.value_minor}


async def find_existing(
    connection: AsyncConnection, opening: Opening | DraftOpening
) -> Existing | None:
    row = (
        await connection.execute(
            select(
                ReturnModel.rma_no,
                ReturnModel.request_hash,
                ReturnModel.units,
                ReturnModel.currency,
                ReturnModel.version,
                ReturnModel.opened_by,
                ReturnModel.first_answer,
            ).where(
                ReturnModel.tenant_id == opening.tenant_id,
                ReturnModel.return_id == opening.return_id,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    rma_no, request_hash, stored, currency, version, opened_by, first_answer = row
    units: Units = tuple((line_id, tuple(numbers)) for line_id, numbers in stored)
    anothers = opening.is_fresh and version > 0 and opened_by not in (None, opening.opened_by)
    return Existing(
        rma_no,
        request_hash,
        units,
        is_draft=currency is None,
        first_answer=(first_answer or {}) if anothers else None,
    )


async def _next_serial(connection: AsyncConnection, tenant_id: str) -> int:
    """Take the tenant's next serial; a transaction that rolls back gives it back."""
    first = upsert(RmaCounterModel).values(tenant_id=tenant_id, last_serial=1)
    serial: int | None = await connection.scalar(
        first.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"last_serial": RmaCounterModel.last_serial + 1}
        ).returning(RmaCounterModel.last_serial)
    )
    assert serial is not None
    return serial
