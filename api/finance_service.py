"""Refunds beside the provider's: compared when asked, and read as they were last compared."""

import asyncio
from datetime import UTC, date, datetime

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from api.starting import Patience
from domain.codes import RefusedError
from domain.ids import comparison_id_for
from storage.reconciliations import ReconciliationRow, Reconciliations
from workflows.reconciliation import ReconciliationWorkflow
from workflows.round_messages import Reconciliation

_FIRST_DAY = date(2000, 1, 1)
"""Before every refund that a provider still shows."""


class StillComparingError(RefusedError):
    """The comparison takes longer than one waits: it goes on, and is read later."""

    def __init__(self) -> None:
        super().__init__("not_confirmed", "it goes on: read the day in a moment")


class FinanceService:
    def __init__(
        self,
        temporal: Client,
        reconciliations: Reconciliations,
        *,
        task_queue: str,
        patience: Patience,
    ) -> None:
        self._temporal = temporal
        self._reconciliations = reconciliations
        self._task_queue = task_queue
        self._patience = patience

    async def compare(self, tenant_id: str, day: date) -> ReconciliationRow:
        """Compare a day (UTC) now; one that is being compared is waited for, not begun again.

        Raises:
            RefusedError: the day lies ahead, there is no provider or it cannot be asked.
            StillComparingError: it takes longer than one waits.
        """
        if not _FIRST_DAY <= day <= datetime.now(UTC).date():
            raise RefusedError("invalid_request", "wanted a day that has begun", field="day")
        try:
            async with asyncio.timeout(self._patience.command.total_seconds()):
                done = await self._temporal.execute_workflow(
                    ReconciliationWorkflow.run,
                    Reconciliation(tenant_id, day),
                    id=comparison_id_for(tenant_id, day),
                    task_queue=self._task_queue,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    # Later than ours: of two clocks that ring at once either may be heard first.
                    rpc_timeout=self._patience.command + self._patience.check,
                )
        except TimeoutError:
            raise StillComparingError from None
        if done.failed:
            raise RefusedError("not_confirmed", "the provider could not be asked")
        row = await self._reconciliations.get(tenant_id, day)
        if row is None:
            raise RefusedError("command_not_allowed", "you have no payment provider")
        return row

    async def days(
        self, tenant_id: str, *, limit: int, before: date | None = None
    ) -> tuple[ReconciliationRow, ...]:
        """Read the days that were compared, newest first."""
        return await self._reconciliations.days(tenant_id, limit=limit, before=before)

    async def is_compared(self, tenant_id: str, day: date) -> bool:
        """Say whether a day was compared before, and so can be read."""
        return await self._reconciliations.get(tenant_id, day) is not None

    async def report(self, tenant_id: str, day: date) -> ReconciliationRow:
        """Read a day as it was last compared.

        Raises:
            RefusedError: it was not.
        """
        row = await self._reconciliations.get(tenant_id, day)
        if row is None:
            raise RefusedError("reconciliation_not_found", f"{day} was not compared yet")
        return row
