"""Units that were free again are locked once more for their return, all of them or none."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import ledger
from storage.models.orders import OrderLedgerModel, OrderUnitModel
from storage.records import HeldByOthers, Relocking, Units
from storage.rows import HeldUnit
from storage.states import UnitState


async def relock(connection: AsyncConnection, asked: Relocking) -> Units | HeldByOthers:
    """Lock for each line as many units as it had: those, or others of it that are free.

    With the order locked: three statements. What the return holds already counts, so a repeat
    answers the same.
    """
    await connection.execute(
        select(OrderLedgerModel.order_id)
        .where(
            OrderLedgerModel.tenant_id == asked.tenant_id,
            OrderLedgerModel.order_id == asked.order_id,
        )
        .with_for_update()
    )
    held = await ledger.held_units(connection, asked.tenant_id, asked.order_id)
    chosen: list[tuple[str, tuple[int, ...]]] = []
    for line_id, had, bought in asked.wanted:
        units = _choose([unit for unit in held if unit.line_id == line_id], asked, had, bought)
        if isinstance(units, HeldByOthers):
            return units
        chosen.append((line_id, units))
    own = {(unit.line_id, unit.unit_no) for unit in held if unit.return_id == asked.return_id}
    missing = [
        {
            "tenant_id": asked.tenant_id,
            "order_id": asked.order_id,
            "line_id": line_id,
            "unit_no": number,
            "return_id": asked.return_id,
            "state": UnitState.LOCKED,
        }
        for line_id, numbers in chosen
        for number in numbers
        if (line_id, number) not in own
    ]
    if missing:
        await connection.execute(insert(OrderUnitModel), missing)
    return tuple(chosen)


def _choose(
    held: Sequence[HeldUnit], asked: Relocking, had: tuple[int, ...], bought: int
) -> tuple[int, ...] | HeldByOthers:
    own = [unit.unit_no for unit in held if unit.return_id == asked.return_id]
    others = {unit.unit_no: unit.rma_no for unit in held if unit.return_id != asked.return_id}
    rest = [number for number in range(bought) if number not in own and number not in had]
    liked = [*own, *(number for number in had if number not in own), *rest]
    units = tuple(islice((number for number in liked if number not in others), len(had)))
    if len(units) < len(had):
        line_id = held[0].line_id
        return HeldByOthers(line_id, tuple(dict.fromkeys(others.values())))
    return tuple(sorted(units))
