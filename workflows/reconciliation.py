"""Reconciliation: every day our refunds are laid beside the providers'."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.reconciling import ReconcileActivities, ReconcileDay, ToTell
from domain.ids import workflow_id_for
from workflows.messages import RefundNews
from workflows.options import RECONCILE, RECONCILE_DAYS
from workflows.steps import call


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What to compare: of one tenant or of all; of one day (UTC) or of the last thirty."""

    tenant_id: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class ReconciliationOutcome:
    """``counts`` by verdict over all; ``failed`` are tenants that could not be compared."""

    day: date
    counts: dict[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()


@workflow.defn
class ReconciliationWorkflow:
    @workflow.run
    async def run(self, asked: Reconciliation) -> ReconciliationOutcome:
        last = asked.day or workflow.now().date() - timedelta(days=1)
        days = [last - timedelta(days=back) for back in range(1 if asked.day else RECONCILE_DAYS)]
        counts: dict[str, int] = {}
        failed: list[str] = []
        for tenant_id in await _tenants(asked):
            try:
                for day in days:
                    await _compare(tenant_id, day, counts)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                failed.append(tenant_id)
        return ReconciliationOutcome(last, counts, tuple(failed))


async def _tenants(asked: Reconciliation) -> tuple[str, ...]:
    if asked.tenant_id is not None:
        return (asked.tenant_id,)
    return await workflow.execute_activity_method(ReconcileActivities.list_tenants, **RECONCILE)


async def _compare(tenant_id: str, day: date, counts: dict[str, int]) -> None:
    done = await call(
        ReconcileActivities.reconcile,
        ReconcileDay(tenant_id, day),
        summary=f"{tenant_id} on {day}",
        options=RECONCILE,
    )
    for verdict, number in done.counts.items():
        counts[verdict] = counts.get(verdict, 0) + number
    for told in done.to_tell:
        await _tell(told)


async def _tell(told: ToTell) -> None:
    """Tell a return of its refund, as a webhook that was lost would have."""
    run = workflow.get_external_workflow_handle(workflow_id_for(told.return_id))
    news = RefundNews(
        intent_id=told.intent_id,
        state=told.state,
        refund_ref=told.refund_ref,
        failure=told.failure,
        event_id=f"reconciled/{told.refund_ref}/{told.state}",
    )
    try:
        await run.signal("refund_news", news)
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        # The return has ended, or is to be restarted: the ledger has the word.
        workflow.logger.info("nobody to tell", extra={"return_id": told.return_id})
