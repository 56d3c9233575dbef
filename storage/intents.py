"""Refund intents inside a transaction: read, locked, changed by their id."""

from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.models.effects import RefundIntentModel
from storage.rows import IntentRow
from storage.states import IntentState

_COLUMNS = tuple(getattr(RefundIntentModel, name) for name in IntentRow.__slots__)


class UnknownIntentError(LookupError):
    """No such refund intent."""


async def find(
    connection: AsyncConnection, tenant_id: str, condition: ColumnElement[bool]
) -> IntentRow | None:
    """Read the one intent that ``condition``, on a unique column, names."""
    row = (
        await connection.execute(
            select(*_COLUMNS).where(RefundIntentModel.tenant_id == tenant_id, condition)
        )
    ).one_or_none()
    return None if row is None else _intent_row(row)


async def those(
    connection: AsyncConnection, tenant_id: str, *conditions: ColumnElement[bool]
) -> tuple[IntentRow, ...]:
    query = select(*_COLUMNS).where(RefundIntentModel.tenant_id == tenant_id, *conditions)
    return tuple(_intent_row(row) for row in await connection.execute(query))


async def of_return(
    connection: AsyncConnection, tenant_id: str, return_id: str, number: int | None = None
) -> tuple[IntentRow, ...]:
    query = select(*_COLUMNS).where(
        RefundIntentModel.tenant_id == tenant_id, RefundIntentModel.return_id == return_id
    )
    if number is not None:
        query = query.where(RefundIntentModel.settlement_no == number)
    query = query.order_by(RefundIntentModel.settlement_no, RefundIntentModel.tender_id)
    return tuple(_intent_row(row) for row in await connection.execute(query))


async def locked(connection: AsyncConnection, tenant_id: str, intent_id: str) -> IntentRow:
    row = (
        await connection.execute(
            select(*_COLUMNS)
            .where(
                RefundIntentModel.tenant_id == tenant_id,
                RefundIntentModel.intent_id == intent_id,
            )
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise UnknownIntentError(f"no refund intent {intent_id}")
    return _intent_row(row)


async def changed(
    connection: AsyncConnection, tenant_id: str, intent_id: str, **values: object
) -> IntentRow:
    row = (
        await connection.execute(
            update(RefundIntentModel)
            .where(
                RefundIntentModel.tenant_id == tenant_id,
                RefundIntentModel.intent_id == intent_id,
            )
            .values(**values, updated_at=func.now())
            .returning(*_COLUMNS)
        )
    ).one()
    return _intent_row(row)


def _intent_row(row: Row[Any]) -> IntentRow:
    values = row._asdict()
    return IntentRow(**{**values, "state": IntentState(values["state"])})
