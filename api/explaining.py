"""Why a return waits: the read model and the engine's own word, side by side."""

from temporalio.service import RPCError

from api.customer_history import history_of
from api.services import Services
from api.views import row_view
from backhaul_client.listing import EngineView, Explanation, PendingActivity
from domain.blockers import WAITS
from domain.codes import RefusedError
from domain.ids import workflow_id_for
from domain.lifecycle import UNDER_REVIEW
from runtime.explain import EngineState, engine_state
from storage.rows import ReturnRow


async def explain(services: Services, tenant_id: str, reference: str) -> Explanation:
    """Answer from whichever of the two is there; no worker is asked.

    Raises:
        RefusedError: the tenant has no such return, registered or under way.
    """
    try:
        row = await services.returns.find(tenant_id, reference)
    except RefusedError as refusal:
        return await _unregistered(services, tenant_id, reference, refusal)
    state = await _engine(services, row)
    if is_lost := state is not None and not state.has_run:
        # It may have ended between the two readings.
        row = await services.returns.find(tenant_id, row.return_id)
        is_lost = not row.has_ended
    view = row_view(row)
    in_review = row.authorization_state in UNDER_REVIEW
    return Explanation(
        return_id=row.return_id,
        rma_no=row.rma_no,
        headline=row.headline,
        version=row.version,
        waiting_on=view.waiting_on,
        blocker_codes=row.blocker_codes,
        broken_invariants=view.broken_invariants,
        # The sweep marks such a return within minutes; who asks before that is told the same.
        allowed_commands=WAITS["workflow_missing"].exits if is_lost else view.allowed_commands,
        engine=_engine_view(state, is_lost=is_lost) if state is not None else None,
        proposed_settlement=view.proposed_settlement,
        currency=row.currency,
        review=view.review,
        tier=view.tier,
        clocks=view.clocks,
        customer_history=await history_of(row, services.histories) if in_review else None,
    )


async def _engine(services: Services, row: ReturnRow) -> EngineState | None:
    try:
        return await engine_state(services.temporal, workflow_id_for(row.return_id))
    except RPCError:
        return None


async def _unregistered(
    services: Services, tenant_id: str, reference: str, refusal: RefusedError
) -> Explanation:
    """Explain a start that no worker has answered yet: it has no row, but a workflow."""
    state = await engine_state(services.temporal, workflow_id_for(reference))
    if state.tenant_id != tenant_id or state.status != "running":
        raise refusal
    return Explanation(
        return_id=reference,
        rma_no=None,
        headline=None,
        version=None,
        waiting_on=(),
        blocker_codes=(),
        broken_invariants=(),
        allowed_commands=(),
        engine=_engine_view(state, is_lost=False),
    )


def _engine_view(state: EngineState, *, is_lost: bool) -> EngineView:
    lost = ("its run is gone, and the return has not ended: ops restart it",) if is_lost else ()
    return EngineView(
        status=state.status,
        workflow_id=state.workflow_id,
        workers=state.workers,
        pending_activities=tuple(
            PendingActivity(
                activity=step.activity,
                state=step.state,
                attempt=step.attempt,
                last_error=step.last_error,
                next_attempt_at=step.next_attempt_at,
            )
            for step in state.steps
        ),
        workflow_task_error=state.workflow_task_error,
        findings=(*state.findings, *lost),
    )
