"""Holds inside a transaction: their rows, read and locked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.holds import HoldState
from domain.money import Money
from domain.orders import HoldMethod
from storage.models.holds import HoldModel


@dataclass(frozen=True, slots=True)
class HoldRow:
    """``first_sent_at`` and ``last_sent_at`` are by the database's clock, of the step asked."""

    hold_id: str
    return_id: str
    purpose: str
    number: int
    order_id: str
    payment_method_ref: str
    payer_ref: str
    amount_minor: int
    currency: str
    state: HoldState
    generation: int
    idempotency_key: str
    hold_ref: str | None
    expires_at: datetime | None
    capture_minor: int | None
    captured_minor: int | None
    payment_ref: str | None
    failure: str | None
    first_sent_at: datetime | None
    last_sent_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def captured(self) -> Money | None:
        return None if self.captured_minor is None else Money(self.captured_minor, self.currency)

    @property
    def method(self) -> HoldMethod:
        return HoldMethod(self.payment_method_ref, self.payer_ref)

    @property
    def tender_id(self) -> str:
        """Name the tender that a capture of this hold makes."""
        return f"hold/{self.hold_id}"


COLUMNS = tuple(getattr(HoldModel, name) for name in HoldRow.__slots__)


async def those(
    connection: AsyncConnection,
    tenant_id: str,
    return_id: str,
    purpose: str | None = None,
    *,
    lock: bool = False,
) -> tuple[HoldRow, ...]:
    query = select(*COLUMNS).where(
        HoldModel.tenant_id == tenant_id, HoldModel.return_id == return_id
    )
    if purpose is not None:
        query = query.where(HoldModel.purpose == purpose)
    query = query.order_by(HoldModel.purpose, HoldModel.number)
    if lock:
        query = query.with_for_update()
    return tuple(row_of(row) for row in await connection.execute(query))


async def locked(connection: AsyncConnection, tenant_id: str, hold_id: str) -> HoldRow:
    row = await connection.execute(
        select(*COLUMNS)
        .where(HoldModel.tenant_id == tenant_id, HoldModel.hold_id == hold_id)
        .with_for_update()
    )
    return row_of(row.one())


def row_of(row: Any) -> HoldRow:
    """Read a result that has all of :data:`COLUMNS`."""
    values = {name: getattr(row, name) for name in HoldRow.__slots__}
    return HoldRow(**{**values, "state": HoldState(row.state)})
