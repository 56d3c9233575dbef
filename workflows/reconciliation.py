"""Reconciliation: every day our refunds are laid beside the providers'."""

from collections import Counter
from dataclasses import asdict, replace
from datetime import date, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.reconciling import ReconcileActivities, ReconcileDay, ToTell
from activities.reopening import RefundTold, ReopenActivities, ReopenFor
from domain.ids import workflow_id_for
from workflows.messages import RefundNews
from workflows.options import RECONCILE, RECONCILE_DAYS
from workflows.round_messages import Reconciliation, ReconciliationOutcome
from workflows.steps import call


@workflow.defn
class ReconciliationWorkflow:
    @workflow.run
    async def run(self, asked: Reconciliation) -> ReconciliationOutcome:
        yesterday = workflow.now().date() - timedelta(days=1)
        done = asked.so_far or ReconciliationOutcome(asked.day or yesterday)
        days = [done.day - timedelta(days=n) for n in range(1 if asked.day else RECONCILE_DAYS)]
        for tenant_id in await _tenants(asked):
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(replace(asked, so_far=done))
            failed = False
            for day in days:
                try:
                    done = _with(done, await _compare(tenant_id, day))
                except FailureError as error:
                    if is_cancelled_exception(error):
                        raise
                    failed = True
                    if not _is_of_its_day(error):
                        break
            if failed:
                done = replace(done, failed=(*done.failed, tenant_id))
            asked = replace(asked, after=tenant_id)
        return done


def _is_of_its_day(error: FailureError) -> bool:
    """Say whether other days may well be compared: a refusal is, a provider that is down is not.

    Each day of one that is down is waited for as long as :data:`RECONCILE` has it.
    """
    return isinstance(error.cause, ApplicationError) and error.cause.non_retryable


def _with(done: ReconciliationOutcome, counts: dict[str, int]) -> ReconciliationOutcome:
    return replace(done, counts=dict(Counter(done.counts) + Counter(counts)))


async def _tenants(asked: Reconciliation) -> tuple[str, ...]:
    if asked.tenant_id is not None:
        return (asked.tenant_id,)
    everybody = await workflow.execute_activity_method(
        ReconcileActivities.list_tenants, **RECONCILE
    )
    return tuple(tenant_id for tenant_id in everybody if tenant_id > asked.after)


async def _compare(tenant_id: str, day: date) -> dict[str, int]:
    done = await call(
        ReconcileActivities.reconcile,
        ReconcileDay(tenant_id, day),
        summary=f"{tenant_id} on {day}",
        options=RECONCILE,
    )
    for told in done.to_tell:
        await _tell(tenant_id, told)
    return done.counts


async def _tell(tenant_id: str, told: ToTell) -> None:
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
        # The return has ended, or is to be restarted: the ledger has the word. One that closed
        # and is owed a refund again goes on.
        await call(
            ReopenActivities.reopen_for,
            ReopenFor(tenant_id, told.return_id, RefundTold(**asdict(news))),
            summary=f"{told.return_id} has no run to tell",
            options=RECONCILE,
        )
