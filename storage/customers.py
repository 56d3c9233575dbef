"""What a customer sent back of late, over all orders and channels of a tenant."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH

from domain.abuse import AbuseSignals, Recent
from domain.lifecycle import ENDED_EARLY
from storage.database import Database
from storage.models.returns import ReturnModel

UNITS: ColumnElement[Any] = func.jsonb_array_length(
    func.jsonb_path_query_array(ReturnModel.units, cast("$[*][1][*]", JSONPATH))
)
"""The units of a return, counted from its ``[[line_id, [unit_no, …]], …]``."""


class Customers:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def recent(
        self, tenant_id: str, customer_ref: str, limits: AbuseSignals, currency: str
    ) -> Recent:
        """Count a customer's returns, each number over its own days: one statement, one index.

        A return counts from when its units were locked for the first time, by the database's clock.
        """
        days = (limits.returns_days, limits.units_days, limits.value_days)
        within = [ReturnModel.created_at >= func.now() - timedelta(days=count) for count in days]
        of_currency = ReturnModel.currency == currency
        query = select(
            func.count().filter(within[0]),
            func.coalesce(func.sum(UNITS).filter(within[1]), 0),
            func.coalesce(func.sum(ReturnModel.value_minor).filter(within[2], of_currency), 0),
        ).where(
            ReturnModel.tenant_id == tenant_id,
            ReturnModel.customer_ref == customer_ref,
            ReturnModel.created_at >= func.now() - timedelta(days=max(days)),
            ReturnModel.authorization_state.not_in(sorted(ENDED_EARLY)),
        )
        async with self._database.tenant(tenant_id) as connection:
            returns, units, value_minor = (await connection.execute(query)).one()
        return Recent(returns, int(units), int(value_minor))
