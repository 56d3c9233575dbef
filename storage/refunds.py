"""Refund intents of a span of days, for those who keep the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select, tuple_

from domain.money import Money
from storage import cursors
from storage.database import Database
from storage.models.effects import RefundIntentModel
from storage.models.returns import ReturnModel
from storage.states import IntentState

_ENDED = (IntentState.SUCCEEDED, IntentState.REJECTED)


@dataclass(frozen=True, slots=True)
class RefundRow:
    """A refund intent as it stands; ``ended_at`` is set once the provider said how it ended.

    ``created_at`` is when its settlement was sealed. ``sent_at`` is the last time it was sent.
    """

    intent_id: str
    return_id: str
    rma_no: str
    order_id: str
    settlement_no: int
    tender_id: str
    tender_kind: str
    payment_ref: str
    amount_minor: int
    currency: str
    state: str
    generation: int
    refund_ref: str | None
    failure: str | None
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class RefundSum:
    """What the refunds of one currency in one state come to."""

    currency: str
    state: str
    refunds: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefundPage:
    """``sums`` are of the whole span, not of the page; ``next_cursor`` is ``None`` on the last."""

    rows: tuple[RefundRow, ...]
    sums: tuple[RefundSum, ...]
    next_cursor: str | None


_I = RefundIntentModel
_COLUMNS = (
    *(getattr(_I, name) for name in ("intent_id", "return_id")),
    ReturnModel.rma_no,
    *(
        getattr(_I, name)
        for name in (
            "order_id",
            "settlement_no",
            "tender_id",
            "tender_kind",
            "payment_ref",
            "amount_minor",
            "currency",
            "state",
            "generation",
            "refund_ref",
            "failure",
            "created_at",
        )
    ),
    _I.last_sent_at.label("sent_at"),
    case((_I.state.in_(_ENDED), _I.updated_at)).label("ended_at"),
)


class Refunds:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self,
        tenant_id: str,
        *,
        since: date | None = None,
        before: date | None = None,
        states: Sequence[str] = (),
        limit: int,
        cursor: str | None = None,
    ) -> RefundPage:
        """Read refunds whose settlement was sealed from ``since`` to before ``before`` (UTC days).

        Oldest first. Two statements.

        Raises:
            BadCursorError: ``cursor`` is not from an earlier page.
        """
        fits = _conditions(tenant_id, since, before, states)
        query = select(*_COLUMNS).join(
            ReturnModel,
            (ReturnModel.tenant_id == _I.tenant_id) & (ReturnModel.return_id == _I.return_id),
        )
        query = query.where(*fits)
        if cursor is not None:
            query = query.where(tuple_(_I.created_at, _I.intent_id) > cursors.decode(cursor))
        query = query.order_by(_I.created_at, _I.intent_id).limit(limit + 1)
        sums = (
            select(_I.currency, _I.state, func.count(), func.sum(_I.amount_minor))
            .where(*fits)
            .group_by(_I.currency, _I.state)
            .order_by(_I.currency, _I.state)
        )
        async with self._database.tenant(tenant_id) as connection:
            found = [_refund_row(row) for row in await connection.execute(query)]
            summed = tuple(
                RefundSum(currency, state, count, int(minor))
                for currency, state, count, minor in await connection.execute(sums)
            )
        rows = tuple(found[:limit])
        more = len(found) > limit
        return RefundPage(
            rows, summed, cursors.encode(rows[-1].created_at, rows[-1].intent_id) if more else None
        )


def _conditions(
    tenant_id: str, since: date | None, before: date | None, states: Sequence[str]
) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = [_I.tenant_id == tenant_id]
    if since is not None:
        fits.append(_I.created_at >= _midnight(since))
    if before is not None:
        fits.append(_I.created_at < _midnight(before))
    if states:
        fits.append(_I.state.in_(states))
    return fits


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _refund_row(row: Row[Any]) -> RefundRow:
    return RefundRow(**row._asdict())
