"""What the settlements of an order came to together, inside a transaction and as JSON."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.promotions import Standing, Units
from storage.models.effects import SettlementModel
from storage.models.returns import ReturnModel


async def standing_of(connection: AsyncConnection, tenant_id: str, order_id: str) -> Standing:
    """Read what all returns of an order paid back. Stable only while its tenders are locked."""
    rows = await connection.execute(
        select(SettlementModel.units, SettlementModel.clawback_minor)
        .join(
            ReturnModel,
            (ReturnModel.tenant_id == SettlementModel.tenant_id)
            & (ReturnModel.return_id == SettlementModel.return_id),
        )
        .where(SettlementModel.tenant_id == tenant_id, ReturnModel.order_id == order_id)
    )
    units: Units = ()
    clawback = 0
    for stored, kept in rows:
        units = (*units, *units_from(stored or []))
        clawback += kept
    return Standing((), clawback).with_units(units)


def units_json(units: Units) -> list[Any]:
    return [[line_id, list(numbers)] for line_id, numbers in units]


def units_from(stored: list[Any]) -> Units:
    return tuple((str(line_id), tuple(numbers)) for line_id, numbers in stored)


def standing_json(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {"units": units_json(standing.units), "clawback_minor": standing.clawback_minor}


def standing_from(stored: dict[str, Any]) -> Standing:
    return Standing(units_from(stored["units"]), stored["clawback_minor"])
