"""Go on with a closed return, from what the projection kept of it and the ledger knows since."""

from dataclasses import replace

from temporalio.client import Client

from api.restarting import answered, begin_again
from api.starting import Patience
from domain.codes import RefusedError
from domain.reopening import check_closed
from domain.returns import Return
from storage.returns import Returns
from storage.rows import IntentRow, ReturnRow
from storage.settlements import Settlements
from storage.states import IntentState
from workflows import reopening, resuming
from workflows.messages import CommandAnswer, RefundNews, Reopen, Reopened


class ClosedReturns:
    def __init__(
        self,
        temporal: Client,
        returns: Returns,
        settlements: Settlements,
        *,
        task_queue: str,
        patience: Patience,
    ) -> None:
        self._temporal = temporal
        self._returns = returns
        self._settlements = settlements
        self._task_queue = task_queue
        self._patience = patience

    async def reopen(self, row: ReturnRow, command: Reopen) -> CommandAnswer:
        """Start one new run of a closed return; the same id and content answers the same again.

        It takes in what the ledger knows of its refunds and the closed run did not: one that came
        back is owed again.

        Raises:
            CommandRefusedError: the return has a run.
            RefusedError: ``command_not_allowed`` for one that goes on, ``return_closed`` for one
                that ended without effect, ``no_restart_point``, ``stale_version``, ``key_reused``,
                or ``not_confirmed`` when no worker answered.
        """
        kept = await self._returns.resume_from(row.tenant_id, row.return_id)
        start = resuming.load(kept)
        if start is not None and (known := answered(start, command)) is not None:
            return known
        check_closed(row.headline)
        if command.info.expected_version not in (None, row.version):
            found = f"expected {command.info.expected_version}, found {row.version}"
            raise RefusedError("stale_version", found)
        if start is None or start.resumed is None:
            raise RefusedError("no_restart_point", "the projection holds no state to go on from")
        intents = await self._settlements.of_return(row.tenant_id, row.return_id)
        news = tuple(_news(one) for one in intents if _came_back(start.resumed.ret, one))
        return await begin_again(
            self._temporal,
            replace(start, reopened=Reopened(command, news), restarts=start.restarts + 1),
            command,
            update=reopening.UPDATE,
            task_queue=self._task_queue,
            patience=self._patience,
            summary=f"{row.rma_no} reopened",
        )


def _came_back(ret: Return, found: IntentRow) -> bool:
    states = {i.intent_id: i.state for s in ret.settlements for i in s.intents}
    paid = states.get(found.intent_id) == IntentState.SUCCEEDED
    return paid and found.state is IntentState.REJECTED


def _news(found: IntentRow) -> RefundNews:
    return RefundNews(
        intent_id=found.intent_id,
        state=found.state.value,
        refund_ref=found.refund_ref or "",
        failure=found.failure,
        event_id=f"reopened/{found.refund_ref}/{found.state}",
    )
