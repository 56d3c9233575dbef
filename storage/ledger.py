"""The order ledger inside a transaction: which units are free, what is left on each tender."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Subquery, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.orders import TenderKind
from storage.models.effects import ExternalRefundModel, RefundIntentModel
from storage.models.orders import OrderLedgerModel, OrderUnitModel, TenderModel
from storage.models.returns import ReturnModel
from storage.records import NotEnoughUnits, Opening, Units
from storage.rows import HeldUnit, TenderBalance
from storage.states import IntentState, UnitState


class CurrencyChangedError(ValueError):
    """An order's currency differs from the one its ledger was opened with."""


class OtherCurrencyError(ValueError):
    """A settlement is in another currency than its order was paid in: nothing is converted."""


class UnitNotHeldError(Exception):
    """A return closed a unit that it does not hold."""


async def lock_order(connection: AsyncConnection, opening: Opening) -> None:
    """Take the order's lock until the transaction ends, and note the newest tender facts.

    Raises:
        CurrencyChangedError: the ledger is in another currency.
    """
    ledger = upsert(OrderLedgerModel).values(
        tenant_id=opening.tenant_id, order_id=opening.order_id, currency=opening.currency
    )
    # Two statements: of two unique indexes, an upsert names one, and two first starts of an order
    # at the same time would trip over the other.
    await connection.execute(ledger.on_conflict_do_nothing())
    stored = await connection.scalar(
        update(OrderLedgerModel)
        .where(
            OrderLedgerModel.tenant_id == opening.tenant_id,
            OrderLedgerModel.order_id == opening.order_id,
        )
        .values(updated_at=func.now())
        .returning(OrderLedgerModel.currency)
    )
    if stored != opening.currency:
        raise CurrencyChangedError(f"wanted {stored} as before, found {opening.currency}")
    if not opening.tenders:
        return
    tenders = upsert(TenderModel).values(
        [
            {
                "tenant_id": opening.tenant_id,
                "order_id": opening.order_id,
                "tender_id": tender.tender_id,
                "payment_ref": tender.payment_ref,
                "captured_minor": tender.captured_minor,
                "refunded_elsewhere_minor": tender.refunded_elsewhere_minor,
                "kind": tender.kind,
                "captured_at": tender.captured_at,
            }
            # Everybody locks tenders in this order.
            for tender in sorted(opening.tenders, key=lambda tender: tender.tender_id)
        ]
    )
    await connection.execute(
        tenders.on_conflict_do_update(
            index_elements=["tenant_id", "order_id", "tender_id"],
            set_={
                "payment_ref": tenders.excluded.payment_ref,
                "captured_minor": tenders.excluded.captured_minor,
                "refunded_elsewhere_minor": tenders.excluded.refunded_elsewhere_minor,
                "kind": tenders.excluded.kind,
                # A fact once told stays, though a later reading may lack it.
                "captured_at": func.coalesce(tenders.excluded.captured_at, TenderModel.captured_at),
            },
        )
    )


async def held_units(
    connection: AsyncConnection, tenant_id: str, order_id: str
) -> tuple[HeldUnit, ...]:
    """Read the units that are not free, by line and number."""
    rows = await connection.execute(
        select(
            OrderUnitModel.line_id,
            OrderUnitModel.unit_no,
            OrderUnitModel.state,
            OrderUnitModel.return_id,
            ReturnModel.rma_no,
        )
        .join(
            ReturnModel,
            (ReturnModel.tenant_id == OrderUnitModel.tenant_id)
            & (ReturnModel.return_id == OrderUnitModel.return_id),
        )
        .where(OrderUnitModel.tenant_id == tenant_id, OrderUnitModel.order_id == order_id)
        .order_by(OrderUnitModel.line_id, OrderUnitModel.unit_no)
    )
    return tuple(
        HeldUnit(line_id, unit_no, UnitState(state), return_id, rma_no)
        for line_id, unit_no, state, return_id, rma_no in rows
    )


def choose_units(
    held: Iterable[HeldUnit], *, fulfilled: Mapping[str, int], wanted: Sequence[tuple[str, int]]
) -> Units | NotEnoughUnits:
    """Choose the lowest free unit numbers of each line; a line nobody fulfilled has none."""
    by_line: dict[str, list[HeldUnit]] = {}
    for unit in held:
        by_line.setdefault(unit.line_id, []).append(unit)
    chosen: list[tuple[str, tuple[int, ...]]] = []
    for line_id, count in wanted:
        holders = by_line.get(line_id, [])
        taken = {unit.unit_no for unit in holders}
        free = (number for number in range(fulfilled.get(line_id, 0)) if number not in taken)
        numbers = tuple(islice(free, count))
        if len(numbers) < count:
            holding = tuple(dict.fromkeys(unit.rma_no for unit in holders))
            return NotEnoughUnits(line_id, count, len(numbers), holding)
        chosen.append((line_id, numbers))
    return tuple(chosen)


async def hold_units(connection: AsyncConnection, opening: Opening, units: Units) -> None:
    """Lock the chosen units; a return that is denied at once has none."""
    if not units:
        return
    await connection.execute(
        insert(OrderUnitModel),
        [
            {
                "tenant_id": opening.tenant_id,
                "order_id": opening.order_id,
                "line_id": line_id,
                "unit_no": number,
                "return_id": opening.return_id,
                "state": UnitState.LOCKED,
            }
            for line_id, numbers in units
            for number in numbers
        ],
    )


async def release_units(
    connection: AsyncConnection,
    tenant_id: str,
    return_id: str,
    units: Sequence[tuple[str, int]],
) -> None:
    """Free units that this return still has locked; closed ones and other returns' stay."""
    if not units:
        return
    await connection.execute(
        delete(OrderUnitModel).where(
            OrderUnitModel.tenant_id == tenant_id,
            OrderUnitModel.return_id == return_id,
            OrderUnitModel.state == UnitState.LOCKED,
            tuple_(OrderUnitModel.line_id, OrderUnitModel.unit_no).in_(units),
        )
    )


async def close_units(
    connection: AsyncConnection,
    tenant_id: str,
    return_id: str,
    units: Sequence[tuple[str, int, str]],
) -> None:
    """End units as returned, kept or lost.

    Raises:
        UnitNotHeldError: the return does not hold one of them.
    """
    by_end: dict[UnitState, list[tuple[str, int]]] = {}
    for line_id, number, how in units:
        by_end.setdefault(UnitState(how), []).append((line_id, number))
    for end, numbers in by_end.items():
        done = await connection.execute(
            update(OrderUnitModel)
            .where(
                OrderUnitModel.tenant_id == tenant_id,
                OrderUnitModel.return_id == return_id,
                tuple_(OrderUnitModel.line_id, OrderUnitModel.unit_no).in_(numbers),
            )
            .values(state=end)
        )
        if done.rowcount != len(set(numbers)):
            raise UnitNotHeldError(
                f"wanted {len(set(numbers))} units of return {return_id}, found {done.rowcount}"
            )


async def lock_tenders(connection: AsyncConnection, tenant_id: str, order_id: str) -> None:
    """Take the locks of an order's tenders until the transaction ends, in everybody's order."""
    await connection.execute(
        select(TenderModel.tender_id)
        .where(TenderModel.tenant_id == tenant_id, TenderModel.order_id == order_id)
        .order_by(TenderModel.tender_id)
        .with_for_update()
    )


async def check_currency(
    connection: AsyncConnection, tenant_id: str, order_id: str, currency: str
) -> None:
    """Raise :class:`OtherCurrencyError` unless the order was paid in ``currency``."""
    paid_in = await connection.scalar(
        select(OrderLedgerModel.currency).where(
            OrderLedgerModel.tenant_id == tenant_id, OrderLedgerModel.order_id == order_id
        )
    )
    if paid_in != currency:
        raise OtherCurrencyError(f"order {order_id} was paid in {paid_in}, found {currency}")


async def tender_balances(
    connection: AsyncConnection, tenant_id: str, order_id: str
) -> tuple[TenderBalance, ...]:
    """Read the balances that pay for returns, by tender id. Stable only under :func:`lock_tenders`.

    What captured holds took paid for goods that stayed away and pays for no return: left out.
    """
    return await _balances(connection, tenant_id, order_id, TenderModel.hold_id.is_(None))


async def left_on(
    connection: AsyncConnection, tenant_id: str, order_id: str, tender_id: str
) -> int:
    """Read what one tender has left, a captured hold's too, in minor units; 0 if there is none.

    Stable only under :func:`lock_tenders`.
    """
    wanted = TenderModel.tender_id == tender_id
    balances = await _balances(connection, tenant_id, order_id, wanted)
    return sum(balance.left_minor for balance in balances)


async def _balances(
    connection: AsyncConnection, tenant_id: str, order_id: str, wanted: ColumnElement[bool]
) -> tuple[TenderBalance, ...]:
    spent = _given_back(RefundIntentModel, tenant_id, order_id)
    # One that paid an intent is counted there.
    unmatched = ExternalRefundModel.intent_id.is_(None)
    past_us = _given_back(ExternalRefundModel, tenant_id, order_id, unmatched)
    rows = await connection.execute(
        select(
            TenderModel.tender_id,
            TenderModel.payment_ref,
            TenderModel.captured_minor,
            # The shop may know of what was refunded past us, or not yet.
            func.greatest(TenderModel.refunded_elsewhere_minor, past_us.c.minor),
            func.coalesce(spent.c.minor, 0),
            TenderModel.kind,
        )
        .outerjoin(spent, spent.c.tender_id == TenderModel.tender_id)
        .outerjoin(past_us, past_us.c.tender_id == TenderModel.tender_id)
        .where(
            TenderModel.tenant_id == tenant_id,
            TenderModel.order_id == order_id,
            wanted,
        )
        .order_by(TenderModel.tender_id)
    )
    return tuple(
        TenderBalance(
            tender_id, payment_ref, captured, int(elsewhere) + int(ours), TenderKind(kind)
        )
        for tender_id, payment_ref, captured, elsewhere, ours, kind in rows
    )


def _given_back(
    refunds: type[RefundIntentModel | ExternalRefundModel],
    tenant_id: str,
    order_id: str,
    *conditions: ColumnElement[bool],
) -> Subquery:
    """Sum up, by tender, what is or may be on its way back."""
    return (
        select(refunds.tender_id, func.sum(refunds.amount_minor).label("minor"))
        .where(
            refunds.tenant_id == tenant_id,
            refunds.order_id == order_id,
            refunds.state != IntentState.REJECTED,
            *conditions,
        )
        .group_by(refunds.tender_id)
        .subquery()
    )
