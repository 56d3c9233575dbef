"""``backhaul``: the front door. Each family of commands is a module here with ``register()``."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from runtime.devstack.errors import StackError
from runtime.settings import SettingsError

# A module of each family; its ``register(subparsers)`` adds parsers whose default ``run`` is a
# function of the parsed arguments that returns the exit status, or None for success.
FAMILIES = (
    "stack",
    "doctor",
    "demo.command",
    "demo.example",
    "processes",
    "database",
    "returns",
    "ops",
    "policy",
    "finance",
    "credit",
    "keys",
    "tenants",
)
# What a shell shows of a program that ends by SIGPIPE.
_READER_GONE = 141


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(
        prog="backhaul", description="Run product returns from request to refund."
    )
    parser.add_argument("--version", action="version", version=f"backhaul {version('backhaul')}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for family in FAMILIES:
        import_module(f"cli.{family}").register(subparsers)
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed, 2 misspelt."""
    parsed = build_parser().parse_args(arguments)
    try:
        return parsed.run(parsed) or 0
    except (StackError, SettingsError) as error:
        print(f"backhaul: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("backhaul: interrupted", file=sys.stderr)
        return 130


def main() -> None:
    """End the process with the status of the command.

    A process that has opened a Temporal client may crash on its ordinary way out, after all of
    its work is done, and then reports a failure that is none: so leave without it.
    """
    try:
        status = _run_and_say()
    except BrokenPipeError:  # whoever reads has seen enough, as `head` has
        status = _READER_GONE
    sys.stderr.flush()
    os._exit(status)


def _run_and_say() -> int:
    try:
        status = run()
    except SystemExit as leaving:  # argparse: --help, --version, a misspelt command
        status = leaving.code if isinstance(leaving.code, int) else 1
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    main()
