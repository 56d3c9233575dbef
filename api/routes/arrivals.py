"""The advance notice: which parcels each warehouse may expect on which day."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.asking import ServicesOf
from api.auth import Caller, needs
from api.days import Day
from backhaul_client import arrivals
from backhaul_client.requests import Id
from domain.codes import RefusedError
from storage.cursors import BadCursorError
from storage.expected_arrivals import ArrivalDay, ArrivalRow

router = APIRouter(prefix="/v1/expected-arrivals", tags=["warehouse"])
_MOST_DAYS = 31


class ArrivalQuery(BaseModel):
    """Days from ``from`` to ``to``, both included, 31 at most."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    location: Id | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str, Field(max_length=500)] | None = None


@router.get("", operation_id="list_expected_arrivals")
async def list_expected_arrivals(
    caller: Annotated[Caller, needs("read-arrivals")],
    query: Annotated[ArrivalQuery, Query()],
    services: ServicesOf,
) -> arrivals.ArrivalPage:
    """List the parcels that are announced or under way, with what comes to each place a day.

    A day is that of the place's time zone or, where it is not known, of the customer's. A parcel
    that is late stands on the day that it was expected: ask for earlier days to see those.
    """
    if not timedelta() <= query.last - query.first < timedelta(days=_MOST_DAYS):
        raise RefusedError(
            "invalid_request", f"wanted from that day on, {_MOST_DAYS} days at most", field="to"
        )
    try:
        page = await services.arrivals.page(
            caller.tenant_id,
            first=query.first,
            last=query.last,
            location_id=query.location,
            limit=query.limit,
            cursor=query.cursor,
        )
    except BadCursorError as error:
        raise RefusedError("invalid_cursor", str(error), field="cursor") from error
    return arrivals.ArrivalPage(
        items=tuple(map(_arrival, page.rows)),
        days=tuple(map(_day, page.days)),
        next_cursor=page.next_cursor,
    )


def _arrival(row: ArrivalRow) -> arrivals.ArrivalView:
    return arrivals.ArrivalView(**{**asdict(row), "units": _units(row.units)})


def _day(day: ArrivalDay) -> arrivals.ArrivalDay:
    return arrivals.ArrivalDay(**{**asdict(day), "units": _units(day.units)})


def _units(counted: tuple[tuple[str, int], ...]) -> tuple[arrivals.ExpectedUnits, ...]:
    return tuple(arrivals.ExpectedUnits(sku=sku, quantity=units) for sku, units in counted)
