"""``backhaul worker | api | sandbox``: one process in the foreground."""

import argparse
import os
import sys
from typing import NoReturn


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    worker = subparsers.add_parser("worker", help="run the Temporal worker and the outbox relay")
    worker.set_defaults(run=lambda _arguments: _become("workers.returns"))
    api = subparsers.add_parser("api", help="run the HTTP API")
    api.set_defaults(run=lambda _arguments: _become("api"))
    sandbox = subparsers.add_parser(
        "sandbox", help="run the outside world: payments, carriers, shop and mail"
    )
    sandbox.add_argument("--port", type=int, required=True)
    sandbox.add_argument("--smtp-port", type=int, required=True)
    sandbox.add_argument("--data", required=True, help="folder of its ledger")
    sandbox.set_defaults(run=_sandbox)


def _sandbox(arguments: argparse.Namespace) -> NoReturn:
    _become(
        "sandbox",
        *("--port", str(arguments.port)),
        *("--data", arguments.data),
        *("--smtp-port", str(arguments.smtp_port)),
    )


def _become(module: str, *arguments: str) -> NoReturn:
    """Replace this process, so that signals and the exit status are the program's own."""
    sys.stdout.flush()
    os.execv(  # noqa: S606  # our own program
        sys.executable, [sys.executable, "-m", module, *arguments]
    )
