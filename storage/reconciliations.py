"""Each day's refunds beside the provider's, as they were last compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.database import Database
from storage.models.effects import ReconciliationModel
from storage.records import Json


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """``counts`` by verdict; ``findings`` are those that a person has to look at, or that moved.

    ``coverage`` is :class:`domain.reconciliation.Coverage`.
    """

    day: date
    provider: str
    counts: dict[str, int]
    findings: list[Json]
    coverage: str
    compared_at: datetime


_COLUMNS = tuple(getattr(ReconciliationModel, name) for name in ReconciliationRow.__slots__)


class Reconciliations:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        tenant_id: str,
        day: date,
        *,
        provider: str,
        counts: dict[str, int],
        findings: Sequence[Json],
        coverage: str = "all",
    ) -> None:
        """Keep a comparison instead of an earlier one of the same day: one statement."""
        values = {"provider": provider, "counts": counts, "findings": list(findings)}
        values |= {"coverage": coverage}
        async with self._database.tenant(tenant_id) as connection:
            await connection.execute(
                upsert(ReconciliationModel)
                .values(tenant_id=tenant_id, day=day, **values)
                .on_conflict_do_update(
                    index_elements=["tenant_id", "day"],
                    set_={**values, "compared_at": func.now()},
                )
            )

    async def days(
        self, tenant_id: str, *, limit: int, before: date | None = None
    ) -> tuple[ReconciliationRow, ...]:
        """Read the newest comparisons, or those of days before ``before``: one statement."""
        query = select(*_COLUMNS).where(ReconciliationModel.tenant_id == tenant_id)
        if before is not None:
            query = query.where(ReconciliationModel.day < before)
        query = query.order_by(ReconciliationModel.day.desc()).limit(limit)
        async with self._database.tenant(tenant_id) as connection:
            rows = await connection.execute(query)
            return tuple(ReconciliationRow(**row._asdict()) for row in rows)

    async def get(self, tenant_id: str, day: date) -> ReconciliationRow | None:
        query = select(*_COLUMNS).where(
            ReconciliationModel.tenant_id == tenant_id, ReconciliationModel.day == day
        )
        async with self._database.tenant(tenant_id) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else ReconciliationRow(**row._asdict())
