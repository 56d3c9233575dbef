"""Start, command and find returns: the engine and the read model behind plain methods."""

import re
from dataclasses import asdict, dataclass
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
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.problems import CommandRefusedError
from domain.codes import PROBLEMS, RefusedError
from domain.commands import Actor
from domain.ids import content_hash, return_id_for, workflow_id_for
from domain.requests import ReturnRequest
from storage.records import ReturnRow
from storage.returns import Returns
from workflows.messages import (
    OPEN_UPDATE_ID,
    RETURN_WORKFLOW,
    CommandAnswer,
    OpenAnswer,
    ReturnOutcome,
    StartReturn,
)

_TENANT = SearchAttributeKey.for_keyword("TenantId")
_RMA = re.compile(r"RMA-[0-9A-Z]{4}-[0-9A-Z]{2}-[0-9A-Z]", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Longer than a decision takes, shorter than a caller's patience: then 202, and it goes on.
_START_PATIENCE = timedelta(seconds=5)
_COMMAND_PATIENCE = timedelta(seconds=8)
_CHECK_PATIENCE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Started:
    """``document`` is ``None`` while no worker has answered. ``replayed``: an earlier start's."""

    return_id: str
    document: dict[str, Any] | None
    replayed: bool = False


class ReturnsService:
    def __init__(self, temporal: Client, returns: Returns, *, task_queue: str) -> None:
        self._temporal = temporal
        self._returns = returns
        self._task_queue = task_queue

    async def start(
        self, tenant_id: str, actor: Actor, key: str, request: ReturnRequest
    ) -> Started:
        """Start a return, or meet the one that the same key started, and wait for its decision.

        Raises:
            RefusedError: it cannot be a return, or the key came with another request before.
        """
        return_id = return_id_for(tenant_id, key)
        wanted = content_hash(asdict(request))
        row = await self._returns.get(tenant_id, return_id)
        if row is not None and row.request_hash != wanted:
            raise _key_reused()
        try:
            answer = await self._open(StartReturn(tenant_id, return_id, request, actor))
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            await self._check_started(return_id)
            return Started(return_id, row.snapshot if row else None, replayed=row is not None)
        except WorkflowAlreadyStartedError:
            if row is not None and row.snapshot is not None:
                return Started(return_id, row.snapshot, replayed=True)
            answer = await self._closed_answer(tenant_id, return_id)
        if answer.request_hash != wanted:
            raise _key_reused()
        if answer.refusal is not None:
            refusal = answer.refusal
            raise RefusedError(refusal.code, refusal.message, field=refusal.field)
        return Started(return_id, answer.document, replayed=row is not None)

    async def command(
        self, row: ReturnRow, name: str, payload: object, *, command_id: str, wanted_hash: str
    ) -> CommandAnswer:
        """Give a command to a running return; the same id and content answers the same again.

        Args:
            name: The update's name.
            wanted_hash: The payload's content hash without who sends it.

        Raises:
            CommandRefusedError: the return refused it; nothing changed.
            RefusedError: ``return_closed``, ``key_reused``, or ``not_confirmed`` when no worker
                answered in time.
        """
        handle = self._temporal.get_workflow_handle(workflow_id_for(row.return_id))
        try:
            answer: CommandAnswer = await handle.execute_update(
                name,
                payload,
                id=command_id,
                result_type=CommandAnswer,
                rpc_timeout=_COMMAND_PATIENCE,
            )
        except WorkflowUpdateFailedError as error:
            raise _refusal(error) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise RefusedError("not_confirmed", "no worker answered in time") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise RefusedError("return_closed", f"the return is {row.headline}") from error
            raise
        if answer.content_hash != wanted_hash:
            raise _key_reused()
        return answer

    async def find(self, tenant_id: str, reference: str) -> ReturnRow:
        """Read a return of this tenant by its id or RMA number.

        Raises:
            RefusedError: the tenant has none; another tenant's is none either.
        """
        if _RMA.fullmatch(reference):
            row = await self._returns.by_rma(tenant_id, reference.upper())
        elif _ID.fullmatch(reference):
            row = await self._returns.get(tenant_id, reference)
        else:
            row = None
        if row is None:
            raise RefusedError("return_not_found", "no such return")
        return row

    async def _open(self, start: StartReturn) -> OpenAnswer:
        lines = len(start.request.lines)
        order = f"order {start.request.order_id}"
        answer: OpenAnswer = await self._temporal.execute_update_with_start_workflow(
            "open",
            id=OPEN_UPDATE_ID,
            result_type=OpenAnswer,
            rpc_timeout=_START_PATIENCE,
            start_workflow_operation=WithStartWorkflowOperation(
                RETURN_WORKFLOW,
                start,
                id=workflow_id_for(start.return_id),
                task_queue=self._task_queue,
                result_type=ReturnOutcome,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=TypedSearchAttributes(
                    [SearchAttributePair(_TENANT, start.tenant_id)]
                ),
                static_summary=f"Return of {order}: {lines} line{'s' if lines != 1 else ''}",
            ),
        )
        return answer

    async def _check_started(self, return_id: str) -> None:
        """Raise ``RPCError`` unless the engine has the workflow: silence alone proves nothing."""
        handle = self._temporal.get_workflow_handle(workflow_id_for(return_id))
        await handle.describe(rpc_timeout=_CHECK_PATIENCE)

    async def _closed_answer(self, tenant_id: str, return_id: str) -> OpenAnswer:
        handle = self._temporal.get_workflow_handle(
            workflow_id_for(return_id), result_type=ReturnOutcome
        )
        try:
            outcome: ReturnOutcome = await handle.result(rpc_timeout=_START_PATIENCE)
        except WorkflowFailureError as error:
            raise RefusedError("return_closed", "its run was ended by an operator") from error
        opening = outcome.opening
        if opening.refusal is not None or opening.document is not None:
            return opening
        row = await self._returns.get(tenant_id, return_id)
        return OpenAnswer(return_id, opening.request_hash, document=row.snapshot if row else None)


def _refusal(error: WorkflowUpdateFailedError) -> RefusedError:
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type not in PROBLEMS:
        # The run ended while the command was under way.
        return RefusedError("return_closed", "the return ended before it took the command")
    detail: dict[str, Any] = cause.details[0] if cause.details else {}
    return CommandRefusedError(
        cause.type,
        cause.message,
        field=detail.get("field"),
        version=detail.get("version"),
        allowed_commands=tuple(detail.get("allowed_commands", ())),
    )


def _key_reused() -> RefusedError:
    return RefusedError(
        "key_reused", "the key came with another content before", field="Idempotency-Key"
    )
