"""Holds as they are asked for: each step stored before it is asked, its end after."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.holds import MOVES, HoldState, HoldStep, hold_id_for, hold_key
from domain.money import Money
from domain.orders import HoldMethod
from storage.database import Database
from storage.hold_rows import COLUMNS, HoldRow, locked, row_of, those
from storage.models.holds import HoldModel
from storage.models.orders import TenderModel
from storage.models.returns import ReturnModel
from storage.rows import has_ended

_S = HoldState
_BEGUN = {
    HoldStep.PLACE: _S.SENDING,
    HoldStep.CAPTURE: _S.CAPTURING,
    HoldStep.VOID: _S.VOIDING,
}


IN_USE = "authorization_in_use"
"""Failure of a hold whose authorization secures another lot."""


class HoldStateError(Exception):
    """A hold was asked to go where its state does not allow, or somebody else moved it."""


class HeldOtherwiseError(Exception):
    """A hold of this number was planned before, of another amount or method."""


class Holds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def plan(
        self,
        tenant_id: str,
        return_id: str,
        *,
        purpose: str,
        number: int,
        order_id: str,
        amount: Money,
        method: HoldMethod,
    ) -> HoldRow:
        """Store a hold that is to be placed; a repeat answers what it has become.

        One on an authorization that secures another lot is stored as refused: that is taken once.

        Raises:
            HeldOtherwiseError: the number was used for another amount or method, or the order is
                in another currency.
        """
        hold_id = hold_id_for(return_id, purpose, number)
        new = upsert(HoldModel).values(
            tenant_id=tenant_id,
            hold_id=hold_id,
            return_id=return_id,
            purpose=purpose,
            number=number,
            order_id=order_id,
            payment_method_ref=method.method_ref,
            payer_ref=method.payer_ref,
            amount_minor=amount.minor,
            currency=amount.currency,
            idempotency_key=hold_key(hold_id, HoldStep.PLACE, 0),
        )
        try:
            async with self._database.tenant(tenant_id) as connection:
                await connection.execute(new.on_conflict_do_nothing())
                # Nothing is in the way of this one, unless the first is stored by now.
                taken = new.values(state=_S.REJECTED, failure=IN_USE)
                await connection.execute(taken.on_conflict_do_nothing())
                row = await locked(connection, tenant_id, hold_id)
        except IntegrityError as error:
            raise HeldOtherwiseError(
                f"there is no return {return_id} of an order {order_id} in {amount.currency}"
            ) from error
        if (row.amount, row.method) != (amount, method):
            raise HeldOtherwiseError(
                f"hold {number} of {purpose} was planned as {row.amount} on "
                f"{row.payment_method_ref}, found {amount} on {method.method_ref}"
            )
        return row

    async def of_purpose(self, tenant_id: str, return_id: str, purpose: str) -> tuple[HoldRow, ...]:
        """Read the holds that secure one lot, by number."""
        async with self._database.tenant(tenant_id) as connection:
            return await those(connection, tenant_id, return_id, purpose)

    async def of_return(self, tenant_id: str, return_id: str) -> tuple[HoldRow, ...]:
        """Read a return's holds, by purpose and number."""
        async with self._database.tenant(tenant_id) as connection:
            return await those(connection, tenant_id, return_id)

    async def sent_between(
        self, tenant_id: str, since: datetime, until: datetime
    ) -> tuple[tuple[HoldRow, bool], ...]:
        """Read the holds last sent from ``since`` to before ``until``; has their return ended?"""
        query = (
            select(*COLUMNS, ReturnModel.headline, ReturnModel.next_deadline)
            .join(
                ReturnModel,
                (ReturnModel.tenant_id == HoldModel.tenant_id)
                & (ReturnModel.return_id == HoldModel.return_id),
            )
            .where(
                HoldModel.tenant_id == tenant_id,
                HoldModel.last_sent_at >= since,
                HoldModel.last_sent_at < until,
            )
            .order_by(HoldModel.last_sent_at, HoldModel.hold_id)
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = (await connection.execute(query)).all()
        return tuple((row_of(row), has_ended(row.headline, row.next_deadline)) for row in rows)

    async def begin(
        self, tenant_id: str, row: HoldRow, step: HoldStep, *, capture_minor: int | None = None
    ) -> HoldRow:
        """Note that a step is being asked of the provider, under a key of its own.

        Raises:
            HoldStateError: the hold is not as ``row`` any more; or another hold of the same
                purpose is captured or may be: two captures would charge twice.
        """
        async with self._database.tenant(tenant_id) as connection:
            if step is HoldStep.CAPTURE:
                await _refuse_second_capture(connection, tenant_id, row)
            generation = row.generation + (row.state is not _S.PLANNED)
            return await _move(
                connection,
                tenant_id,
                row,
                state=_BEGUN[step],
                generation=generation,
                idempotency_key=hold_key(row.hold_id, step, generation),
                capture_minor=capture_minor,
                failure=None,
                first_sent_at=func.now(),
                last_sent_at=func.now(),
            )

    async def again(
        self, tenant_id: str, row: HoldRow, step: HoldStep, *, new_key: bool = False
    ) -> HoldRow:
        """Note that a step is being asked once more, under the same key or a new one.

        Raises:
            HoldStateError: the hold is not as ``row`` any more: its key may not go out again.
        """
        values: dict[str, object] = {"last_sent_at": func.now(), "state": _BEGUN[step]}
        if new_key:
            generation = row.generation + 1
            values |= {
                "generation": generation,
                "idempotency_key": hold_key(row.hold_id, step, generation),
                "first_sent_at": func.now(),
                "failure": None,
            }
        async with self._database.tenant(tenant_id) as connection:
            return await _move(connection, tenant_id, row, **values)

    async def note(
        self,
        tenant_id: str,
        row: HoldRow,
        state: HoldState,
        *,
        hold_ref: str | None = None,
        expires_at: datetime | None = None,
        captured: Money | None = None,
        payment_ref: str | None = None,
        failure: str | None = None,
    ) -> HoldRow:
        """Note what became of a hold; what a capture took becomes a tender that can be given back.

        Repeating a state keeps it; what is once known is not forgotten.

        Raises:
            HoldStateError: no such move, or the hold is not as ``row`` any more.
        """
        async with self._database.tenant(tenant_id) as connection:
            after = await _move(
                connection,
                tenant_id,
                row,
                state=state,
                hold_ref=hold_ref or row.hold_ref,
                expires_at=expires_at or row.expires_at,
                captured_minor=captured.minor if captured else row.captured_minor,
                payment_ref=payment_ref or row.payment_ref,
                failure=failure,
            )
            if state is _S.CAPTURED:
                await _keep_as_tender(connection, tenant_id, after)
            return after


async def _move(
    connection: AsyncConnection, tenant_id: str, row: HoldRow, **values: Any
) -> HoldRow:
    now = await locked(connection, tenant_id, row.hold_id)
    state: HoldState = values["state"]
    if (now.state, now.generation) != (row.state, row.generation):
        raise HoldStateError(
            f"generation {row.generation} was {row.state}, "
            f"found {now.state} of generation {now.generation}"
        )
    if state is not now.state and state not in MOVES[now.state]:
        raise HoldStateError(f"no way leads from {now.state} to {state}")
    changed = await connection.execute(
        update(HoldModel)
        .where(HoldModel.tenant_id == tenant_id, HoldModel.hold_id == row.hold_id)
        .values(**values, updated_at=func.now())
        .returning(*COLUMNS)
    )
    return row_of(changed.one())


async def _refuse_second_capture(connection: AsyncConnection, tenant_id: str, row: HoldRow) -> None:
    others = await those(connection, tenant_id, row.return_id, row.purpose, lock=True)
    for other in others:
        taken = other.state in (_S.CAPTURING, _S.CAPTURED)
        if taken and other.hold_id != row.hold_id:
            raise HoldStateError(f"hold {other.number} of {row.purpose} is {other.state}")


async def _keep_as_tender(connection: AsyncConnection, tenant_id: str, row: HoldRow) -> None:
    tender = upsert(TenderModel).values(
        tenant_id=tenant_id,
        order_id=row.order_id,
        tender_id=row.tender_id,
        payment_ref=row.payment_ref,
        captured_minor=row.captured_minor,
        refunded_elsewhere_minor=0,
        hold_id=row.hold_id,
    )
    await connection.execute(tender.on_conflict_do_nothing())
