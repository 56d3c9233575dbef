"""Start returns in the engine: once per key, whatever happens to the answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.engine import of_tenant
from domain.codes import RefusedError
from domain.commands import Actor
from domain.ids import RETURN_WORKFLOW, return_id_for, workflow_id_for
from domain.lifecycle import Headline
from domain.requests import ReturnRequest, request_hash
from storage.returns import Returns
from storage.rows import ReturnRow
from workflows.messages import (
    OPEN_UPDATE_ID,
    OpenAnswer,
    ReturnOutcome,
    StartReturn,
)

# A start is usually answered before the first look.
_LOOK_EVERY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is awaited: longer than it takes, shorter than a caller's own patience.

    After ``start`` it is 202 and goes on; after ``command`` nothing is confirmed. ``check`` is for
    asking the engine itself, without any worker.
    """

    start: timedelta = timedelta(seconds=5)
    command: timedelta = timedelta(seconds=8)
    check: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Started:
    """``document`` is ``None`` while nothing is decided. ``replayed``: an earlier start's.

    ``parked``: it cannot be decided yet, and explains itself; otherwise no worker has answered.
    """

    return_id: str
    document: dict[str, Any] | None
    replayed: bool = False
    parked: bool = False


class Starter:
    def __init__(
        self, temporal: Client, returns: Returns, *, task_queue: str, patience: Patience
    ) -> None:
        self._temporal = temporal
        self._returns = returns
        self._task_queue = task_queue
        self._patience = patience

    async def start(
        self, tenant_id: str, actor: Actor, key: str, request: ReturnRequest
    ) -> Started:
        """Start a return, or meet the one that the same key started, and wait for its decision.

        Raises:
            RefusedError: it cannot be a return, or the key came with another request before.
        """
        return_id = return_id_for(tenant_id, key)
        wanted = request_hash(request)
        row = await self._returns.get(tenant_id, return_id)
        if row is not None and row.request_hash != wanted:
            raise key_reused()
        if row is not None and row.headline == Headline.DRAFT:
            return Started(return_id, None, parked=True)
        if row is not None and row.snapshot is not None:
            return await self._replayed(row, row.snapshot)
        try:
            opened = await self._opened_or_parked(StartReturn(tenant_id, return_id, request, actor))
            if opened is None:
                return Started(return_id, None, parked=True)
            answer = opened
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            await self._check_started(return_id)
            return Started(return_id, None)
        except (WorkflowAlreadyStartedError, WorkflowUpdateFailedError):
            answer = await self._closed_answer(tenant_id, return_id)
        if answer.request_hash != wanted:
            raise key_reused()
        if answer.refusal is not None:
            refusal = answer.refusal
            raise RefusedError(refusal.code, refusal.message, field=refusal.field)
        return Started(return_id, answer.document, replayed=row is not None)

    async def _replayed(self, row: ReturnRow, snapshot: dict[str, Any]) -> Started:
        """Repeat a registered return's first answer.

        The engine is not asked: it forgets closed runs after a while, our row does not.

        Raises:
            RefusedError: it was parked, and refused when it could be decided.
        """
        if refused := snapshot.get("refused"):
            raise RefusedError(refused["code"], refused["message"], field=refused["field"])
        first = await self._returns.first_answer(row.tenant_id, row.return_id)
        return Started(row.return_id, first or snapshot, replayed=True)

    async def _opened_or_parked(self, start: StartReturn) -> OpenAnswer | None:
        """Wait for the decision, or for a draft (``None``), whichever is first.

        The workflow answers nothing before it has decided, so that nobody takes a draft for a
        decision; its row tells of the draft.
        """
        opening = asyncio.create_task(self._open(start))
        try:
            while not (await asyncio.wait({opening}, timeout=_LOOK_EVERY_SECONDS))[0]:
                row = await self._returns.get(start.tenant_id, start.return_id)
                if row is not None and row.headline == Headline.DRAFT:
                    return None
            return await opening
        finally:
            opening.cancel()
            # Its end is heard even where nobody wants it: Python complains of errors left alone.
            await asyncio.gather(opening, return_exceptions=True)

    async def _open(self, start: StartReturn) -> OpenAnswer:
        lines = len(start.request.lines)
        order = f"order {start.request.order_id}"
        operation = start_or_meet(
            start,
            task_queue=self._task_queue,
            reuse=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            summary=f"Return of {order}: {lines} line{'s' if lines != 1 else ''}",
        )
        async with heard(operation):
            answer: OpenAnswer = await self._temporal.execute_update_with_start_workflow(
                "open",
                id=OPEN_UPDATE_ID,
                result_type=OpenAnswer,
                rpc_timeout=self._patience.start,
                start_workflow_operation=operation,
            )
        return answer

    async def _check_started(self, return_id: str) -> None:
        """Raise ``RPCError`` unless the engine has the workflow: silence alone proves nothing."""
        handle = self._temporal.get_workflow_handle(workflow_id_for(return_id))
        await handle.describe(rpc_timeout=self._patience.check)

    async def _closed_answer(self, tenant_id: str, return_id: str) -> OpenAnswer:
        handle = self._temporal.get_workflow_handle(
            workflow_id_for(return_id), result_type=ReturnOutcome
        )
        try:
            outcome: ReturnOutcome = await handle.result(rpc_timeout=self._patience.start)
        except WorkflowFailureError as error:
            raise RefusedError("return_closed", "its run was ended by an operator") from error
        opening = outcome.opening
        if opening.refusal is not None or opening.document is not None:
            return opening
        first = await self._returns.first_answer(tenant_id, return_id)
        return OpenAnswer(return_id, opening.request_hash, document=first)


def start_or_meet(
    start: StartReturn, *, task_queue: str, reuse: WorkflowIDReusePolicy, summary: str
) -> WithStartWorkflowOperation[Any, ReturnOutcome]:
    """Return the operation that starts a return's run unless it has one.

    ``reuse`` says whether a closed run of the same id may be followed by another.
    """
    return WithStartWorkflowOperation(
        RETURN_WORKFLOW,
        start,
        id=workflow_id_for(start.return_id),
        task_queue=task_queue,
        result_type=ReturnOutcome,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=reuse,
        search_attributes=of_tenant(start.tenant_id),
        static_summary=summary,
    )


@asynccontextmanager
async def heard(operation: WithStartWorkflowOperation[Any, Any]) -> AsyncIterator[None]:
    """Update with start: the operation keeps the error too, and would complain if nobody asked."""
    try:
        yield
    except Exception:
        with suppress(Exception):
            await asyncio.wait_for(operation.workflow_handle(), timeout=1)
        raise


def key_reused() -> RefusedError:
    return RefusedError(
        "key_reused", "the key came with another content before", field="Idempotency-Key"
    )
