"""Which returns the rules decided under one version of a pack: what a correction of it concerns."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from storage import cursors
from storage.database import Database
from storage.models.decisions import DecisionRecordModel
from storage.models.returns import ReturnModel
from storage.states import DecidedBy


@dataclass(frozen=True, slots=True)
class UnderRow:
    """A return with the lines that were decided under the version."""

    return_id: str
    rma_no: str
    headline: str
    decided_at: datetime
    line_ids: list[str]


@dataclass(frozen=True, slots=True)
class UnderPage:
    rows: tuple[UnderRow, ...]
    next_cursor: str | None


class DecidedUnder:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, tenant_id: str, ref: str, *, limit: int, cursor: str | None = None
    ) -> UnderPage:
        """List the returns of which a line rests on this version, or had it weighed: one statement.

        The newest decision first; the version of the contract too where a later one ruled instead.
        No index knows what was weighed: of a version that decided little, all of the tenant's
        decisions are read.

        Raises:
            BadCursorError: ``cursor`` is not from an earlier page.
        """
        record = DecisionRecordModel
        was_weighed = or_(
            record.result["considered"].contains([{"policy_ref": ref}]),
            record.result["otherwise"]["policy_ref"].astext == ref,
        )
        query = (
            select(
                record.return_id,
                ReturnModel.rma_no,
                ReturnModel.headline,
                record.decided_at,
                func.array_agg(aggregate_order_by(record.line_id, record.line_id)).label(
                    "line_ids"
                ),
            )
            .join(
                ReturnModel,
                (ReturnModel.tenant_id == record.tenant_id)
                & (ReturnModel.return_id == record.return_id),
            )
            .where(
                record.tenant_id == tenant_id,
                record.by == DecidedBy.RULE.value,
                or_(record.policy_ref == ref, was_weighed),
            )
            .group_by(record.return_id, ReturnModel.rma_no, ReturnModel.headline, record.decided_at)
            .order_by(record.decided_at.desc(), record.return_id.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            place = tuple_(record.decided_at, record.return_id)
            query = query.where(place < cursors.decode(cursor))
        async with self._database.tenant(tenant_id) as connection:
            found = [UnderRow(**row._asdict()) for row in await connection.execute(query)]
        rows, more = tuple(found[:limit]), len(found) > limit
        last = cursors.encode(rows[-1].decided_at, rows[-1].return_id) if more else None
        return UnderPage(rows, last)
