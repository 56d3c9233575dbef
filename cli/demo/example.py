"""``backhaul example``: put a paid order of ``examples/`` into the sandbox's shop."""

import argparse
import asyncio
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from cli.demo.actors import open_actors
from cli.demo.scenarios import SCENARIOS
from runtime.devstack.stack import Stack, attach
from runtime.settings import load_stack_settings

_ORDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    example = subparsers.add_parser(
        "example", help="put a paid order of examples/ into the sandbox's shop"
    )
    example.add_argument(
        "name",
        choices=sorted({scenario.example for scenario in SCENARIOS}),
        help="examples/README.md says what each is",
    )
    example.add_argument("--order", type=_order_id, help="the order's id; a new one unless stated")
    example.set_defaults(run=_example)


def _order_id(text: str) -> str:
    """Read an id that goes into an address as it is."""
    if not _ORDER_ID.fullmatch(text):
        raise argparse.ArgumentTypeError(
            "wanted letters, digits, dots, dashes and underscores, the first a letter or digit"
        )
    return text


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
