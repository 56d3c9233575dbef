"""Command and find returns: the engine and the read model behind plain methods."""

import re
from typing import Any

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.problems import CommandRefusedError
from api.starting import Patience, key_reused
from domain.blockers import WAITS
from domain.codes import PROBLEMS, RefusedError
from domain.ids import is_id, workflow_id_for
from storage.returns import Returns
from storage.rows import ReturnRow
from workflows.messages import CommandAnswer

_RMA = re.compile(r"RMA-[0-9A-Z]{4}-[0-9A-Z]{2}-[0-9A-Z]", re.IGNORECASE)


class ReturnsService:
    def __init__(self, temporal: Client, returns: Returns, *, patience: Patience) -> None:
        self._temporal = temporal
        self._returns = returns
        self._patience = patience

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
                rpc_timeout=self._patience.command,
            )
        except WorkflowUpdateFailedError as error:
            raise refusal_of(error) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise RefusedError("not_confirmed", "no worker answered in time") from error
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise await self._without_run(row) from error
            raise
        if answer.content_hash != wanted_hash:
            raise key_reused()
        return answer

    async def leave(self, row: ReturnRow, signal: str, payload: object) -> None:
        """Leave a fact for a return that no worker attends to now; it is taken when one is back.

        Raises:
            RefusedError: ``return_closed``, or ``command_not_allowed`` while its run is gone.
        """
        handle = self._temporal.get_workflow_handle(workflow_id_for(row.return_id))
        try:
            await handle.signal(signal, payload, rpc_timeout=self._patience.check)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise await self._without_run(row) from error
            raise

    async def find(self, tenant_id: str, reference: str) -> ReturnRow:
        """Read a return of this tenant by its id or RMA number.

        Raises:
            RefusedError: the tenant has none; another tenant's is none either.
        """
        if _RMA.fullmatch(reference):
            row = await self._returns.by_rma(tenant_id, reference.upper())
        elif is_id(reference):
            row = await self._returns.get(tenant_id, reference)
        else:
            row = None
        if row is None:
            raise RefusedError("return_not_found", "no such return")
        return row

    async def _without_run(self, row: ReturnRow) -> RefusedError:
        """Say why the engine has no run of a return: it ended, or its run was lost."""
        now = await self._returns.get(row.tenant_id, row.return_id) or row
        if now.has_ended:
            return RefusedError("return_closed", f"the return is {now.headline}")
        return CommandRefusedError(
            "command_not_allowed",
            "its run is gone from the engine; ops restart it",
            field=None,
            version=now.version,
            allowed_commands=WAITS["workflow_missing"].exits,
        )


def refusal_of(error: WorkflowUpdateFailedError) -> RefusedError:
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
