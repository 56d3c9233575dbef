"""Parcels that warehouses may expect: kept beside the projection, read by day and place."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    cast,
    column,
    delete,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import cursors
from storage.database import Database
from storage.models.arrivals import ExpectedArrivalModel
from storage.records import Transition

_A = ExpectedArrivalModel


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """One parcel; ``units`` are by SKU, none where they are counted with another parcel."""

    return_id: str
    rma_no: str
    delivery_id: str
    location_id: str
    expected_on: date
    basis: str
    method: str
    state: str
    carrier: str | None
    tracking_code: str | None
    units: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ArrivalDay:
    """What comes to one place on one day: parcels, and units by SKU in the order of SKUs."""

    expected_on: date
    location_id: str
    parcels: int
    units: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ArrivalPage:
    """``days`` are of all that fits and stand on the first page alone.

    ``next_cursor`` is ``None`` on the last page.
    """

    rows: tuple[ArrivalRow, ...]
    days: tuple[ArrivalDay, ...]
    next_cursor: str | None


_COLUMNS = tuple(getattr(_A, name) for name in ArrivalRow.__slots__)
_PLACE = (_A.expected_on, _A.location_id, _A.return_id, _A.delivery_id)


async def replace_all(connection: AsyncConnection, transition: Transition) -> None:
    """Keep the arrivals of a transition instead of all that were kept of its return."""
    await connection.execute(
        delete(_A).where(_A.tenant_id == transition.tenant_id, _A.return_id == transition.return_id)
    )
    rows = [
        {
            **asdict(arrival),
            "tenant_id": transition.tenant_id,
            "return_id": transition.return_id,
            "rma_no": transition.rma_no,
        }
        for arrival in transition.arrivals or ()
    ]
    if rows:
        await connection.execute(insert(_A).values(rows))


class ExpectedArrivals:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        tenant_id: str,
        *,
        first: date,
        last: date,
        location_id: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> ArrivalPage:
        """Read the parcels of days from ``first`` to ``last``, by day, then by place.

        One statement, and two more for the first page.

        Raises:
            BadCursorError: ``cursor`` is not from an earlier page.
        """
        fits: list[ColumnElement[bool]] = [
            _A.tenant_id == tenant_id,
            _A.expected_on.between(first, last),
        ]
        if location_id is not None:
            fits.append(_A.location_id == location_id)
        query = select(*_COLUMNS).where(*fits).order_by(*_PLACE).limit(limit + 1)
        if cursor is not None:
            query = query.where(tuple_(*_PLACE) > cursors.decode_arrival(cursor))
        async with self._database.tenant(tenant_id) as connection:
            found = [_row(row._asdict()) for row in await connection.execute(query)]
            days = await _days(connection, fits) if cursor is None else ()
        rows = tuple(found[:limit])
        return ArrivalPage(rows, days, _cursor(rows[-1]) if len(found) > limit else None)


async def _days(
    connection: AsyncConnection, fits: Sequence[ColumnElement[bool]]
) -> tuple[ArrivalDay, ...]:
    day = (_A.expected_on, _A.location_id)
    unit = func.jsonb_array_elements(_A.units).table_valued(
        column("value", JSONB), joins_implicitly=True
    )
    sku = unit.c.value[0].astext
    quantity = func.sum(cast(unit.c.value[1].astext, BigInteger))
    parcels = select(*day, func.count()).where(*fits).group_by(*day).order_by(*day)
    units = select(*day, sku, quantity).where(*fits).group_by(*day, sku)
    inside: dict[tuple[date, str], list[tuple[str, int]]] = defaultdict(list)
    for expected_on, location_id, name, count in await connection.execute(units):
        inside[expected_on, location_id].append((name, int(count)))
    return tuple(
        ArrivalDay(expected_on, location_id, count, tuple(sorted(inside[expected_on, location_id])))
        for expected_on, location_id, count in await connection.execute(parcels)
    )


def _row(values: Mapping[str, Any]) -> ArrivalRow:
    units = tuple((sku, quantity) for sku, quantity in values["units"])
    return ArrivalRow(**{**values, "units": units})


def _cursor(row: ArrivalRow) -> str:
    return cursors.encode_arrival(row.expected_on, row.location_id, row.return_id, row.delivery_id)
