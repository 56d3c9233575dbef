"""``backhaul up | down | reset | status``: the embedded stack."""

import argparse

from runtime.devstack.errors import NotRunningError
from runtime.devstack.folder import DataFolder
from runtime.devstack.leftovers import reset
from runtime.devstack.stack import Stack, find, open_stack
from runtime.settings import load_stack_settings

_SHOWN = {
    "api": "API",
    "temporal_ui": "Temporal UI",
    "sandbox": "Sandbox",
    "temporal": "Temporal gRPC",
    "postgres": "PostgreSQL",
    "smtp": "Mail sink",
}


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    up = subparsers.add_parser("up", help="start everything and leave it running")
    up.set_defaults(run=_up)
    down = subparsers.add_parser("down", help="stop what `up` started; keeps all data")
    down.set_defaults(run=_down)
    status = subparsers.add_parser("status", help="show what runs and where")
    status.set_defaults(run=_status)
    wipe = subparsers.add_parser("reset", help="delete the embedded stack's data")
    wipe.add_argument("--yes", action="store_true", help="do not ask")
    wipe.set_defaults(run=_reset)


def address_lines(stack: Stack) -> list[str]:
    """Say where everything listens and where it keeps its data."""
    urls = stack.urls
    lines = [f"  {title:<14} {urls[name]}" for name, title in _SHOWN.items() if name in urls]
    return [*lines, f"  {'Data and logs':<14} {stack.folder.shown}"]


def _show_addresses(stack: Stack) -> None:
    for line in address_lines(stack):
        print(line)


def _up(_arguments: argparse.Namespace) -> int:
    data_dir = load_stack_settings().data_dir
    stack = open_stack(data_dir, on_progress=lambda message: print(f"  {message}"))
    print("Backhaul runs:" if stack.is_ours else "Backhaul already runs:")
    stack.release()
    _show_addresses(stack)
    print("`backhaul down` (or `make down`) stops it.")
    return 0


def _down(_arguments: argparse.Namespace) -> int:
    try:
        find(load_stack_settings().data_dir).stop()
    except NotRunningError:
        print("Backhaul does not run.")
        return 0
    print("Backhaul has stopped; its data is kept.")
    return 0


def _status(_arguments: argparse.Namespace) -> int:
    """Print the state; exit status 0 means that it is ready."""
    folder = DataFolder.at(load_stack_settings().data_dir)
    record = folder.read_record()
    state = record.state if folder.is_locked() else "stopped"
    print(f"Backhaul is {state}.")
    if state == "ready":
        _show_addresses(Stack(folder))
    elif record.message is not None:
        print(record.message)
    return 0 if state == "ready" else 1


def _reset(arguments: argparse.Namespace) -> int:
    folder = DataFolder.at(load_stack_settings().data_dir)
    if not arguments.yes:
        print(f"This deletes every return, address and secret in {folder.root}.")
        try:
            answer = input("Type reset to go on: ")
        except EOFError:
            answer = ""
        if answer.strip() != "reset":
            print("Nothing was deleted.")
            return 1
    reset(folder)
    print(f"Deleted what was in {folder.root}.")
    return 0
