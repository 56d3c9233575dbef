"""A customer's returns in the read model, counted by what became of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import false, func, select, text

from domain.customer_history import PastReturns, outcome_of
from storage.customers import UNITS
from storage.database import Database
from storage.models.returns import ReturnModel

_REJECTED = {"lots": [{"acceptance": "REJECTED"}]}


class CustomerHistory:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def before(
        self, tenant_id: str, customer_ref: str, *, since: datetime, but: str
    ) -> tuple[PastReturns, ...]:
        """Count a customer's returns that were opened from ``since`` on: one statement.

        Args:
            but: The return that is looked at, which is no past one.
        """
        rejected = func.coalesce(ReturnModel.snapshot.contains(_REJECTED), false())
        query = (
            select(
                ReturnModel.headline,
                ReturnModel.currency,
                rejected.label("rejected"),
                func.count().label("returns"),
                func.sum(UNITS).label("units"),
                func.sum(func.coalesce(ReturnModel.value_minor, 0)).label("value_minor"),
            )
            .where(
                ReturnModel.tenant_id == tenant_id,
                ReturnModel.customer_ref == customer_ref,
                ReturnModel.created_at >= since,
                ReturnModel.return_id != but,
                ReturnModel.currency.is_not(None),
            )
            .group_by(ReturnModel.headline, ReturnModel.currency, text("rejected"))
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = (await connection.execute(query)).all()
        return _summed(
            PastReturns(
                outcome_of(row.headline, any_rejected=row.rejected),
                row.currency,
                row.returns,
                int(row.units),
                int(row.value_minor),
            )
            for row in rows
        )


def _summed(rows: Iterable[PastReturns]) -> tuple[PastReturns, ...]:
    """Put headlines of one outcome together, in the order of outcome and currency."""
    sums: dict[tuple[str, str], PastReturns] = {}
    for row in rows:
        key = (row.outcome, row.currency)
        known = sums.get(key, replace(row, returns=0, units=0, value_minor=0))
        sums[key] = replace(
            known,
            returns=known.returns + row.returns,
            units=known.units + row.units,
            value_minor=known.value_minor + row.value_minor,
        )
    return tuple(sums[key] for key in sorted(sums))
