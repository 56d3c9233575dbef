"""``backhaul demo``: start the stack if none runs, play the returns, show where to look."""

import argparse
import asyncio
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from cli.demo.actors import open_actors
from cli.demo.run import play_all
from cli.demo.scenarios import SCENARIOS
from cli.stack import show_addresses
from runtime.devstack.errors import AlreadyRunningError
from runtime.devstack.stack import Stack, attach, start_stack
from runtime.settings import load_stack_settings, variable

_SLOWEST_SCALE = 1000.0


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = subparsers.add_parser("demo", help="watch real returns run, from request to survey")
    demo.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="leave a stack that was started here running until Ctrl-C (default: at a terminal)",
    )
    demo.set_defaults(run=_demo)
    example = subparsers.add_parser(
        "example", help="put a paid order of examples/ into the sandbox's shop"
    )
    example.add_argument("name", choices=sorted(scenario.example for scenario in SCENARIOS))
    example.add_argument("--order", help="the order's id; a new one unless stated")
    example.set_defaults(run=_example)


def _demo(arguments: argparse.Namespace) -> int:
    console = Console()
    data_dir = load_stack_settings().data_dir
    try:
        stack = start_stack(data_dir, on_progress=lambda message: console.print(f"  {message}"))
    except AlreadyRunningError:
        return _play(attach(data_dir), console)
    with stack:
        status = _play(stack, console)
        keep = sys.stdin.isatty() if arguments.keep is None else arguments.keep
        if keep:
            console.print("Everything keeps running until Ctrl-C; `make up` leaves it running.")
            _wait_for_interrupt()
            console.print("Stopping; all data is kept.")
    return status


def _example(arguments: argparse.Namespace) -> int:
    order_id = arguments.order or f"order-{uuid.uuid4().hex[:8]}"
    order = asyncio.run(_place(attach(load_stack_settings().data_dir), arguments.name, order_id))
    print(f"{order_id}: {order['currency']}, delivered to {order['ship_to']['country']}")
    for line in order["lines"]:
        print(f"  {line['line_id']}  {line['quantity']} × {line['sku']}")
    first = order["lines"][0]
    print(f"Ask for it back: backhaul returns start {order_id} {first['line_id']}")
    return 0


async def _place(stack: Stack, example: str, order_id: str) -> dict[str, Any]:
    async with open_actors(stack) as actors:
        await actors.world.open_warehouse()
        return await actors.world.place_order(example, order_id=order_id, now=datetime.now(UTC))


def _play(stack: Stack, console: Console) -> int:
    scale = float(stack.environment[variable("time_scale")])
    if scale < _SLOWEST_SCALE:
        console.print(
            f"[red]This stack runs its waits at a scale of {scale:g}, so the demo would take days. "
            f"Start it with {variable('time_scale')} at {_SLOWEST_SCALE:g} or more."
        )
        return 1
    console.print(
        f"Our own waits run {scale:g} times faster here (a day in {86400 / scale:.0f} s); "
        "statutory dates do not."
    )
    all_held = asyncio.run(play_all(stack, console))
    show_addresses(stack)
    return 0 if all_held else 1


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
