"""The commands of ``backhaul returns`` that move a return on."""

import argparse
import uuid
from collections.abc import Awaitable, Callable

from pydantic import BaseModel

from backhaul_client import (
    ApproveCommand,
    BackhaulClient,
    ChooseResolutionCommand,
    CommandLeft,
    CommandView,
    DenyCommand,
    InspectionCommand,
    PickupOutcomeCommand,
    ReceiveCommand,
    WithdrawCommand,
)
from cli import printing
from cli.asking import counted, idempotency_key, line_reason, units
from cli.calling import Action, calls
from domain.inspection import Fault, Grade
from domain.pickups import PickupOutcome
from domain.requests import HandoverMethod


def add_commands(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    withdraw = add_command(actions, "withdraw", "withdraw", "take the request back", _withdraw)
    withdraw.add_argument("--reason", default="")
    approve = add_command(actions, "approve", "approve", "grant lines under review", _approve)
    approve.add_argument("lines", nargs="+", metavar="LINE")
    approve.add_argument("--reason", default="", help="why the other lines are declined")
    approve.add_argument(
        "--reason-for",
        dest="reasons",
        action="append",
        default=[],
        type=line_reason,
        metavar="LINE=REASON",
        help="why this line is declined; repeatable",
    )
    approve.add_argument(
        "--handover",
        choices=[*map(str, HandoverMethod)],
        help="the way back, if not the one that was wished; KEEP leaves the goods where they are",
    )
    deny = add_command(actions, "deny", "deny", "refuse all lines under review", _deny)
    deny.add_argument("--reason", required=True)
    missed = add_command(
        actions,
        "pickup-outcome",
        "report-pickup-outcome",
        "tell that a courier has no parcel",
        _report_pickup_outcome,
    )
    missed.add_argument("delivery", help="the parcel's id, as `returns get` shows it")
    missed.add_argument("attempt", type=int, help="the number of the visit")
    missed.add_argument("outcome", choices=[*map(str, PickupOutcome)])
    missed.add_argument("--note", default="")
    receive = add_command(actions, "receive", "receive", "count what a parcel holds", _receive)
    receive.add_argument("counts", nargs="+", type=units, metavar="SKU[:QUANTITY]")
    receive.add_argument("--receipt", required=True, help="the warehouse's own id of this count")
    receive.add_argument("--parcel", required=True, help="tracking code or any mark")
    receive.add_argument("--location", help="that of the return unless stated")
    inspect = add_command(actions, "inspect", "record-inspection", "grade a lot", _inspect)
    inspect.add_argument("lot")
    inspect.add_argument("grade", choices=[*map(str, Grade)])
    inspect.add_argument("--fault", choices=[*map(str, Fault)], default=Fault.NONE)
    inspect.add_argument("--check", action="append", default=[], help="what was found; repeatable")
    inspect.add_argument("--reason-found")
    inspect.add_argument("--note", default="")
    inspect.add_argument("--lot-version", type=int, help="refuse unless the lot is at it")
    choose = add_command(
        actions, "choose", "choose-resolution", "choose again when out of stock", _choose
    )
    choose.add_argument("lot")
    choose.add_argument("resolution", choices=["REFUND", "STORE_CREDIT"])


def add_command(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: str,
    meaning: str,
    action: Action,
) -> argparse.ArgumentParser:
    """Add the parser of one command to a return."""
    parser = actions.add_parser(name, help=meaning)
    parser.add_argument("return_id", help="id or RMA number")
    parser.add_argument("--key", type=idempotency_key, help="command id; a new one unless stated")
    parser.add_argument("--version", type=int, help="refuse unless the return is at it")
    printing.add_json(parser)
    parser.set_defaults(run=calls(command, action))
    return parser


def key_of(arguments: argparse.Namespace) -> str:
    return arguments.key or str(uuid.uuid4())


async def give(
    method: Callable[..., Awaitable[CommandView | CommandLeft]],
    arguments: argparse.Namespace,
    command: BaseModel,
) -> None:
    """Give a command by the client's method for it, and show the answer."""
    answer = await method(arguments.return_id, command, idempotency_key=key_of(arguments))
    if arguments.json:
        printing.show_json(answer)
    elif isinstance(answer, CommandLeft):
        print(
            "kept: no worker answers now, it counts once when one is back; "
            f"repeat with --key {answer.command_id} to learn how it went"
        )
    else:
        printing.show_command(answer)


async def _withdraw(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = WithdrawCommand(expected_version=arguments.version, reason=arguments.reason)
    await give(client.withdraw, arguments, command)


async def _approve(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ApproveCommand(
        expected_version=arguments.version,
        line_ids=tuple(arguments.lines),
        reason=arguments.reason,
        reasons=tuple(arguments.reasons),
        handover=arguments.handover,
    )
    await give(client.approve, arguments, command)


async def _deny(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = DenyCommand(expected_version=arguments.version, reason=arguments.reason)
    await give(client.deny, arguments, command)


async def _report_pickup_outcome(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = PickupOutcomeCommand(
        expected_version=arguments.version,
        delivery_id=arguments.delivery,
        attempt=arguments.attempt,
        outcome=arguments.outcome,
        note=arguments.note,
    )
    await give(client.report_pickup_outcome, arguments, command)


async def _receive(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ReceiveCommand(
        expected_version=arguments.version,
        receipt_id=arguments.receipt,
        parcel=arguments.parcel,
        entries=counted(arguments),
        location_id=arguments.location,
    )
    await give(client.receive, arguments, command)
    if not arguments.json:
        printing.show_count(await client.get_return(arguments.return_id), arguments.receipt)


async def _inspect(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = InspectionCommand(
        expected_version=arguments.version,
        lot_id=arguments.lot,
        grade=arguments.grade,
        fault=arguments.fault,
        lot_version=arguments.lot_version,
        checklist=tuple(arguments.check),
        reason_found=arguments.reason_found,
        note=arguments.note,
    )
    await give(client.record_inspection, arguments, command)


async def _choose(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    command = ChooseResolutionCommand(
        expected_version=arguments.version,
        lot_id=arguments.lot,
        resolution=arguments.resolution,
    )
    await give(client.choose_resolution, arguments, command)
