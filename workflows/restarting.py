"""What a run does first that follows a lost one: say so, and take in what that one forgot."""

from contextlib import suppress
from dataclasses import replace
from inspect import signature
from typing import Any

from pydantic import TypeAdapter, ValidationError
from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.command_kinds import do_restart
from workflows.commands import Commands
from workflows.messages import GivenAgain, Restarted
from workflows.recording import Case


def restart(run: object, case: Case, commands: Commands, restarted: Restarted) -> None:
    """Log the restart, then give the lost run's messages to ``run`` again, in their order.

    A command that is refused now changes nothing, and answers its refusal when it comes again;
    a command that is carried out again has its old id, so a repeat meets the answer.
    """
    command_id = restarted.command.info.command_id
    ids = tuple(one.command_id for one in restarted.given_again if one.command_id is not None)
    answer = commands.carry_out(case, restarted.command, lambda ret: do_restart(ret, ids))
    case.answers[command_id] = replace(answer, given_again=ids)
    for message in restarted.given_again:
        _give_again(run, message)


def _give_again(run: object, message: GivenAgain) -> None:
    is_command = message.command_id is not None
    find = workflow.get_update_handler if is_command else workflow.get_signal_handler
    handler = find(message.name)
    if handler is None:
        return
    # Anybody may have sent a signal that cannot be read: the lost run dropped it too.
    with suppress(ApplicationError, ValidationError):
        payload = _read(handler, message.payload)
        if is_command:
            # Its version was right when it was accepted; the restart is an event after that.
            payload = replace(payload, info=replace(payload.info, expected_version=None))
            getattr(run, f"check_{message.name}")(payload)
        handler(payload)


def _read(handler: Any, payload: dict[str, Any]) -> Any:
    (message,) = signature(handler).parameters.values()
    return TypeAdapter(message.annotation).validate_python(payload)
