"""``backhaul ops``: why a return waits, and what moves it on."""

import argparse

from backhaul_client import (
    BackhaulClient,
    CorrectCommand,
    ExtendDeadlineCommand,
    ReopenCommand,
    RestartCommand,
    RetryCommand,
)
from cli import printing
from cli.asking import json_or_text, moment
from cli.calling import calls
from cli.commands import add_command, give


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ops = subparsers.add_parser("ops", help="see what is stuck and why, and move it on")
    actions = ops.add_subparsers(metavar="ACTION", required=True)
    explain = actions.add_parser("explain", help="what a return waits for, who acts, until when")
    explain.add_argument("return_id", help="id or RMA number")
    printing.add_json(explain)
    explain.set_defaults(run=calls("explain", _explain))
    retry = add_command(actions, "retry", "retry", "try parked work again now", _retry)
    retry.add_argument("--work", help="the parked work, as the wait's key without work/")
    mend = add_command(
        actions, "correct", "correct", "say what is true of a parked start's order", _correct
    )
    mend.add_argument("field", help="the field at fault, as `ops explain` shows it")
    mend.add_argument("value", type=json_or_text, help="JSON, or text that is none")
    mend.add_argument("--reason", required=True)
    extend = add_command(
        actions, "extend-deadline", "extend-deadline", "move the deadline of a wait", _extend
    )
    extend.add_argument("wait", help="the wait's key, as `ops explain` shows it")
    extend.add_argument("until", type=moment, help="a time with its offset")
    restart = add_command(
        actions, "restart", "restart-from-projection", "go on where the run is gone", _restart
    )
    restart.add_argument("--reason", required=True, help="why; kept with the run, not in the log")
    reopen = add_command(actions, "reopen", "reopen", "go on with a closed return", _reopen)
    reopen.add_argument("--reason", required=True, help="why; kept with the run, not in the log")


async def _explain(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.explain(arguments.return_id)
    if arguments.json:
        printing.show_json(found)
    else:
        printing.show_explanation(found)


async def _retry(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = RetryCommand(expected_version=arguments.version, work=arguments.work)
    await give(client.retry, arguments, command)


async def _correct(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = CorrectCommand(
        expected_version=arguments.version,
        field=arguments.field,
        value=arguments.value,
        reason=arguments.reason,
    )
    await give(client.correct, arguments, command)


async def _extend(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ExtendDeadlineCommand(
        expected_version=arguments.version, wait=arguments.wait, until=arguments.until
    )
    await give(client.extend_deadline, arguments, command)


async def _restart(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = RestartCommand(expected_version=arguments.version, reason=arguments.reason)
    await give(client.restart_from_projection, arguments, command)


async def _reopen(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ReopenCommand(expected_version=arguments.version, reason=arguments.reason)
    await give(client.reopen, arguments, command)
