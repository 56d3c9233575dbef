"""Returns: opened once, moved by transitions, read by id, number, page and timeline."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, cast, select, tuple_
from sqlalchemy.exc import IntegrityError

from domain.promotions import Standing
from storage import cursors, ledger, opening, recording, relocking, standings
from storage.database import Database
from storage.models.returns import BlockerModel, EventModel, ReturnModel
from storage.models.tenants import TenantModel
from storage.records import (
    DraftOpening,
    Existing,
    HeldByOthers,
    NotEnoughUnits,
    Opened,
    Opening,
    Relocking,
    Transition,
    Units,
)
from storage.rows import EventRow, HeldUnit, ReturnPage, ReturnRow, TenderBalance

_RETURN_COLUMNS = tuple(getattr(ReturnModel, name) for name in ReturnRow.__slots__)
_EVENT_COLUMNS = tuple(getattr(EventModel, name) for name in EventRow.__slots__)


class UnknownTenantError(LookupError):
    """There is no tenant of this id."""


class Returns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_return(self, wanted: Opening) -> Opened | Existing | NotEnoughUnits:
        """Number a return and lock its units in one transaction: eight statements.

        A draft of the same request keeps its number: seven statements. A repeat answers
        :class:`Existing` with the number and units of the first time. Unless the
        answer is :class:`Opened`, nothing is written.

        Raises:
            ValueError: a line twice, or fewer than one unit of a line.
            CurrencyChangedError: the order had another currency before.
            UnknownTenantError: there is no such tenant.
        """
        _check_opening(wanted)
        try:
            async with self._database.tenant(wanted.tenant_id) as connection:
                answer = await opening.open_return(connection, wanted)
                if not isinstance(answer, Opened):
                    await connection.rollback()
                return answer
        except IntegrityError as error:
            # The order's lock did not hold it back: the same id at the same time, for two orders.
            return await self._met(wanted, error)

    async def open_draft(self, wanted: DraftOpening) -> Opened | Existing:
        """Number a return of which only the request is known: three statements, nothing locked.

        A repeat answers :class:`Existing`, also after the return was registered.

        Raises:
            UnknownTenantError: there is no such tenant.
        """
        try:
            async with self._database.tenant(wanted.tenant_id) as connection:
                return await opening.open_draft(connection, wanted)
        except IntegrityError as error:
            return await self._met(wanted, error)

    async def _met(self, wanted: Opening | DraftOpening, error: IntegrityError) -> Existing:
        """Return what an insert ran into, or raise what it lacks."""
        query = select(TenantModel.tenant_id).where(TenantModel.tenant_id == wanted.tenant_id)
        async with self._database.tenant(wanted.tenant_id) as connection:
            if existing := await opening.find_existing(connection, wanted):
                return existing
            if await connection.scalar(query) is None:
                raise UnknownTenantError(wanted.tenant_id) from error
        raise error

    async def record_transition(self, transition: Transition) -> None:
        """Store a return's next state with its events, in one transaction.

        Three statements, and up to eleven for what else moved with it; three for each new notice,
        four where a lost run is back.

        A transition at or below the stored version changes nothing; events at or below it are
        skipped, so that several transitions may come as one.

        Raises:
            GapError: the events do not lead from the stored version to the transition's.
            UnknownReturnError: the return was never opened.
            UnitNotHeldError: a closed unit is not this return's.
        """
        async with self._database.tenant(transition.tenant_id) as connection:
            await recording.record(connection, transition)

    async def relock_units(self, asked: Relocking) -> Units | HeldByOthers:
        """Lock a return's units again, all or none, in one transaction: three statements."""
        async with self._database.tenant(asked.tenant_id) as connection:
            return await relocking.relock(connection, asked)

    async def get(self, tenant_id: str, return_id: str) -> ReturnRow | None:
        """Read one return by primary key: one statement. No return has a malformed id."""
        if not _is_uuid(return_id):
            return None
        return await self._one(tenant_id, ReturnModel.return_id == return_id)

    async def get_many(self, tenant_id: str, return_ids: Collection[str]) -> tuple[ReturnRow, ...]:
        """Read the returns of these ids that there are, by primary key: one statement."""
        query = select(*_RETURN_COLUMNS).where(
            ReturnModel.tenant_id == tenant_id, ReturnModel.return_id.in_(return_ids)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(_return_row(row) for row in await connection.execute(query))

    async def by_rma(self, tenant_id: str, rma_no: str) -> ReturnRow | None:
        """Read one return by its number: one statement."""
        return await self._one(tenant_id, ReturnModel.rma_no == rma_no)

    async def first_answer(self, tenant_id: str, return_id: str) -> dict[str, Any] | None:
        """Read what a return's start was answered, once it was decided: one statement."""
        query = select(ReturnModel.first_answer).where(
            ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == return_id
        )
        async with self._database.tenant(tenant_id) as connection:
            answer: dict[str, Any] | None = await connection.scalar(query)
        return answer

    async def resume_from(self, tenant_id: str, return_id: str) -> str | None:
        """Read what a new run of a return would start with, as it was written: one statement."""
        query = select(cast(ReturnModel.resume_from, Text)).where(
            ReturnModel.tenant_id == tenant_id, ReturnModel.return_id == return_id
        )
        async with self._database.tenant(tenant_id) as connection:
            found: str | None = await connection.scalar(query)
        return found

    async def page(
        self,
        tenant_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        headline: str | None = None,
        order_id: str | None = None,
        blocker: str | None = None,
    ) -> ReturnPage:
        """List returns, newest first: one statement, from an index for each single filter.

        Returns created while somebody pages do not shift the pages after the first.

        Raises:
            BadCursorError: ``cursor`` is not from an earlier page.
        """
        query = select(*_RETURN_COLUMNS).where(ReturnModel.tenant_id == tenant_id)
        created_at, return_id = ReturnModel.created_at, ReturnModel.return_id
        if headline is not None:
            query = query.where(ReturnModel.headline == headline)
        if order_id is not None:
            query = query.where(ReturnModel.order_id == order_id)
        if blocker is not None:
            created_at, return_id = BlockerModel.created_at, BlockerModel.return_id
            query = query.join(
                BlockerModel,
                (BlockerModel.tenant_id == ReturnModel.tenant_id)
                & (BlockerModel.return_id == ReturnModel.return_id),
            ).where(BlockerModel.tenant_id == tenant_id, BlockerModel.code == blocker)
        if cursor is not None:
            query = query.where(tuple_(created_at, return_id) < cursors.decode(cursor))
        query = query.order_by(created_at.desc(), return_id.desc()).limit(limit + 1)
        async with self._database.tenant(tenant_id) as connection:
            found = [_return_row(row) for row in await connection.execute(query)]
        rows = tuple(found[:limit])
        more = len(found) > limit
        return ReturnPage(
            rows, cursors.encode(rows[-1].created_at, rows[-1].return_id) if more else None
        )

    async def blocked(
        self, tenant_id: str, codes: Collection[str], *, limit: int
    ) -> tuple[ReturnRow, ...]:
        """Read returns that have one of these blockers, the oldest first: one statement."""
        those = select(BlockerModel.return_id).where(
            BlockerModel.tenant_id == tenant_id, BlockerModel.code.in_(codes)
        )
        query = (
            select(*_RETURN_COLUMNS)
            .where(ReturnModel.tenant_id == tenant_id, ReturnModel.return_id.in_(those))
            .order_by(ReturnModel.created_at, ReturnModel.return_id)
            .limit(limit)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(_return_row(row) for row in await connection.execute(query))

    async def timeline(
        self, tenant_id: str, return_id: str, *, limit: int, after: int = 0
    ) -> tuple[EventRow, ...]:
        """Read the events of a return, its follow-up and its notices in the order of writing.

        ``after`` is the last ``ingest_no`` that was read. One statement.
        """
        if not _is_uuid(return_id):
            return ()
        query = (
            select(*_EVENT_COLUMNS)
            .where(
                EventModel.tenant_id == tenant_id,
                EventModel.return_id == return_id,
                EventModel.ingest_no > after,
            )
            .order_by(EventModel.ingest_no)
            .limit(limit)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(EventRow(**row._asdict()) for row in await connection.execute(query))

    async def held_units(self, tenant_id: str, order_id: str) -> tuple[HeldUnit, ...]:
        """Read the units of an order that are not free, by line and number: one statement."""
        async with self._database.tenant(tenant_id) as connection:
            return await ledger.held_units(connection, tenant_id, order_id)

    async def refund_states(self, tenant_id: str, return_ids: Sequence[str]) -> dict[str, str]:
        """Read what returns show of their refunds, by intent id: one statement."""
        query = select(ReturnModel.snapshot).where(
            ReturnModel.tenant_id == tenant_id, ReturnModel.return_id.in_(return_ids)
        )
        async with self._database.tenant(tenant_id) as connection:
            snapshots = (await connection.scalars(query)).all()
        return {
            refund["intent_id"]: refund["state"]
            for snapshot in snapshots
            for settlement in (snapshot or {}).get("settlements", ())
            for refund in settlement["refunds"]
        }

    async def standing(self, tenant_id: str, order_id: str) -> Standing:
        """Read what the settlements of an order paid and kept back so far."""
        async with self._database.tenant(tenant_id) as connection:
            return await standings.standing_of(connection, tenant_id, order_id)

    async def tender_balances(self, tenant_id: str, order_id: str) -> tuple[TenderBalance, ...]:
        """Read what is left on each tender of an order: one statement.

        Empty for an order that never had a return. Facts may be older than the platform's.
        """
        async with self._database.tenant(tenant_id) as connection:
            return await ledger.tender_balances(connection, tenant_id, order_id)

    async def _one(self, tenant_id: str, condition: ColumnElement[bool]) -> ReturnRow | None:
        query: Select[Any] = select(*_RETURN_COLUMNS).where(
            ReturnModel.tenant_id == tenant_id, condition
        )
        async with self._database.tenant(tenant_id) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _return_row(row)


def _return_row(row: Row[Any]) -> ReturnRow:
    values = row._asdict()
    return ReturnRow(**{**values, "blocker_codes": tuple(values["blocker_codes"])})


def _check_opening(wanted: Opening) -> None:
    lines = [line_id for line_id, _ in wanted.wanted]
    if len(set(lines)) != len(lines):
        raise ValueError("wanted each line once")
    if any(units < 1 for _, units in wanted.wanted):
        raise ValueError("wanted one or more units of each line")


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
