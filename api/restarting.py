"""Restart a return whose run the engine has lost, from what the projection kept of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from api.returns_service import refusal_of
from api.starting import Patience, heard, key_reused, start_or_meet
from domain.codes import RefusedError
from domain.ids import workflow_id_for
from storage.returns import Returns
from storage.rows import ReturnRow
from workflows import resuming
from workflows.commands import Command, payload_hash
from workflows.messages import (
    CommandAnswer,
    GivenAgain,
    Restarted,
    RestartFromProjection,
    StartReturn,
)

_UPDATE = "restart_from_projection"


class Restarter:
    def __init__(
        self, temporal: Client, returns: Returns, *, task_queue: str, patience: Patience
    ) -> None:
        self._temporal = temporal
        self._returns = returns
        self._task_queue = task_queue
        self._patience = patience

    async def restart(self, row: ReturnRow, command: RestartFromProjection) -> CommandAnswer:
        """Start one new run of the return; the same id and content answers the same again.

        The engine decides: a run that is there takes no restart, and of two that race the second
        meets the run of the first.

        Raises:
            CommandRefusedError: the return has a run.
            RefusedError: ``return_closed``, ``no_restart_point``, ``stale_version``,
                ``key_reused``, or ``not_confirmed`` when no worker answered in time.
        """
        kept = await self._returns.resume_from(row.tenant_id, row.return_id)
        start = resuming.load(kept)
        if start is not None and (known := answered(start, command)) is not None:
            return known
        if row.has_ended:
            raise RefusedError("return_closed", f"the return is {row.headline}")
        if command.info.expected_version not in (None, row.version):
            found = f"expected {command.info.expected_version}, found {row.version}"
            raise RefusedError("stale_version", found)
        if start is None:
            raise RefusedError("no_restart_point", "the projection holds no state to go on from")
        restarted = Restarted(command, await self._forgotten(start))
        following = replace(start, restarted=restarted, restarts=start.restarts + 1)
        return await begin_again(
            self._temporal,
            following,
            command,
            update=_UPDATE,
            task_queue=self._task_queue,
            patience=self._patience,
            summary=f"Restart of {row.rma_no}",
        )

    async def _forgotten(self, start: StartReturn) -> tuple[GivenAgain, ...]:
        """Read what the lost run took in and the projection does not know, in its order.

        What the kept state has already is left out: commands by their answers, signals by their
        ids. Nothing is found where the engine forgot the history too.
        """
        handle = self._temporal.get_workflow_handle(workflow_id_for(start.return_id))
        found: list[GivenAgain] = []
        try:
            async for event in handle.fetch_history_events(rpc_timeout=self._patience.check):
                found += await self._messages(event)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        known = _known(start)
        return tuple(one for one in found if not known & {one.command_id, _signal_id(one)})

    async def _messages(self, event: HistoryEvent) -> tuple[GivenAgain, ...]:
        decode = self._temporal.data_converter.decode
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                # A restart that was lost itself, before it wrote anything down.
                begun = event.workflow_execution_started_event_attributes.input.payloads
                (before,) = await decode(begun, [StartReturn])
                return before.restarted.given_again if before.restarted is not None else ()
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                sent = await decode(signal.input.payloads)
                return tuple(GivenAgain(signal.signal_name, one) for one in _readable(sent))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                request = event.workflow_execution_update_accepted_event_attributes.accepted_request
                if request.input.name in ("open", _UPDATE):
                    return ()
                name, command_id = request.input.name, request.meta.update_id
                sent = await decode(request.input.args.payloads)
                return tuple(GivenAgain(name, one, command_id) for one in _readable(sent))
        return ()


async def begin_again(
    temporal: Client,
    start: StartReturn,
    command: Command,
    *,
    update: str,
    task_queue: str,
    patience: Patience,
    summary: str,
) -> CommandAnswer:
    """Start one more run of a return for a command, and wait until it has answered it.

    Raises:
        CommandRefusedError: the return has a run.
        RefusedError: ``key_reused``, or ``not_confirmed`` when no worker answered in time.
    """
    operation = start_or_meet(
        start,
        task_queue=task_queue,
        # Only for these commands: the run before was lost, or closed and is to go on.
        reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        summary=summary,
    )
    try:
        async with heard(operation):
            answer: CommandAnswer = await temporal.execute_update_with_start_workflow(
                update,
                command,
                id=command.info.command_id,
                result_type=CommandAnswer,
                rpc_timeout=patience.command,
                start_workflow_operation=operation,
            )
    except WorkflowUpdateFailedError as error:
        raise refusal_of(error) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise RefusedError("not_confirmed", "no worker answered in time") from error
    if answer.content_hash != payload_hash(command):
        raise key_reused()
    return answer


def _readable(sent: Sequence[object]) -> list[dict[str, Any]]:
    """Return the one message that was sent, unless it is none that a return could read."""
    return [one for one in sent if isinstance(one, dict)][:1]


def answered(start: StartReturn, command: Command) -> CommandAnswer | None:
    """Return what an earlier run answered the same command."""
    for answer in _answers(start):
        if answer.command_id == command.info.command_id:
            if answer.content_hash != payload_hash(command):
                raise key_reused()
            return answer
    return None


def _known(start: StartReturn) -> set[str | None]:
    taken = start.resumed.taken if start.resumed is not None else ()
    return {*taken, *(answer.command_id for answer in _answers(start))}


def _signal_id(message: GivenAgain) -> str | None:
    """Return the name by which a run remembers a signal of news; a command has none."""
    event_id = message.payload.get("event_id")
    return None if event_id is None else f"{message.name}/{event_id}"


def _answers(start: StartReturn) -> tuple[CommandAnswer, ...]:
    return start.resumed.answers if start.resumed is not None else ()
