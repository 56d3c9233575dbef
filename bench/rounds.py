"""One phase of a run: so many returns of one side, so many at a time, and what they used."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from temporalio.client import Client

from bench.outside import Outside
from bench.processes import CpuMeter
from bench.sides import Order, Side
from bench.statements import StatementCounter
from bench.watching import Watcher

_QUIET_SECONDS = 0.7
_DRAIN_SECONDS = 60.0
EVENTS = (
    ("first scan", "delivery.first_scan"),
    ("delivered", "delivery.delivered"),
    ("receipt", "parcel.received"),
    ("inspection", "inspection.completed"),
)
"""What is sent from outside, and the event by which the next step is seen."""


@dataclass
class Latencies:
    """Milliseconds, one for each time it happened."""

    start: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)
    finish: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Phase:
    """What ``returns`` returns of one side used, in all; ``cpu_ms`` is by process."""

    returns: int
    seconds: float
    latencies: Latencies
    cpu_ms: dict[str, float]
    statements: int
    transactions: int
    http_calls: int
    history_events: list[int]
    history_bytes: list[int]
    last_workflow_id: str


@dataclass(frozen=True, slots=True)
class Bench:
    """One side with everything that drives and measures it."""

    side: Side
    outside: Outside
    watcher: Watcher
    meter: CpuMeter
    counter: StatementCounter
    database: "psycopg.AsyncConnection[Any]"
    temporal: Client
    listen: Callable[[], Awaitable[None]]

    async def run(self, returns: int, *, concurrency: int) -> Phase:
        """Run the returns in a closed loop: a lane starts its next one when one is completed."""
        await self.listen()
        orders = [
            await self.outside.place_order(f"bench-{uuid.uuid4().hex[:12]}") for _ in range(returns)
        ]
        calls = await self.outside.calls()
        asked, used = await self.counter.read(), self.meter.read()
        latencies, ids = Latencies(), []

        async def lane() -> None:
            while orders:
                ids.append(await self._drive(orders.pop(), latencies))

        began = time.perf_counter()
        await asyncio.gather(*(lane() for _ in range(min(concurrency, returns))))
        seconds = time.perf_counter() - began
        await self.drain()
        used_now, asked_now = self.meter.read(), await self.counter.read()
        spent = asked_now.since(asked)
        sizes = [await self._history_size(self.side.workflow_id(one)) for one in ids]
        return Phase(
            returns=returns,
            seconds=seconds,
            latencies=latencies,
            cpu_ms={name: used_now[name] - used[name] for name in used},
            statements=spent.statements,
            transactions=spent.transactions,
            http_calls=await self.outside.calls() - calls,
            history_events=[events for events, _ in sizes],
            history_bytes=[size for _, size in sizes],
            last_workflow_id=self.side.workflow_id(ids[-1]),
        )

    async def _drive(self, order: Order, latencies: Latencies) -> str:
        """Take one return from its start to COMPLETED; each event waits for the one before."""
        began = time.perf_counter()
        return_id = await self.side.start(order)
        latencies.start.append(_since(began))
        await self.watcher.until(return_id, "pickup.booked")
        parcel, pickup = await self.outside.bookings(return_id)
        acts: Sequence[Callable[[], Awaitable[None]]] = (
            lambda: self.outside.collect(pickup),
            lambda: self.outside.scan(parcel, "delivered"),
            lambda: self.side.receive(return_id, order, parcel),
            lambda: self.side.inspect(return_id, order["lines"][0]),
        )
        sent = 0.0
        for (_, seen_as), act in zip(EVENTS, acts, strict=True):
            sent = time.perf_counter()
            seeing = asyncio.create_task(self.watcher.until(return_id, seen_as))
            await act()
            latencies.step.append(1000 * (await seeing - sent))
        completed = await self.watcher.until(return_id, "return.completed")
        latencies.finish.append(1000 * (completed - sent))
        return return_id

    async def drain(self) -> None:
        """Return when no mail or webhook is owed and nothing more is written.

        Raises:
            TimeoutError: that took longer than a minute.
        """
        async with asyncio.timeout(_DRAIN_SECONDS):
            before = None
            while True:
                cursor = await self.database.execute(self.side.unfinished_query)
                row = await cursor.fetchone()
                assert row is not None
                if row[1] == 0 and row == before:
                    return
                before = row
                await asyncio.sleep(_QUIET_SECONDS)

    async def _history_size(self, workflow_id: str) -> tuple[int, int]:
        described = await self.temporal.get_workflow_handle(workflow_id).describe()
        info = described.raw_description.workflow_execution_info
        return info.history_length, info.history_size_bytes


def _since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)
