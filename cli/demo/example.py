"""``backhaul example``: put a paid order of ``examples/`` into the sandbox's shop."""

import argparse
import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

from cli.demo.actors import open_actors
from cli.demo.scenarios import SCENARIOS
from runtime.devstack.stack import Stack, attach
from runtime.settings import load_stack_settings


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    example = subparsers.add_parser(
        "example", help="put a paid order of examples/ into the sandbox's shop"
    )
    example.add_argument("name", choices=sorted(scenario.example for scenario in SCENARIOS))
    example.add_argument("--order", help="the order's id; a new one unless stated")
    example.set_defaults(run=_example)


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
