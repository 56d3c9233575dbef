"""``python -m bench.history``: the history of the demo's return (a), event by event kind.

It is the return of the demo as it is: three lines, two tenders, five mails and the survey. What a
further tender, mail, webhook and scan cost is measured beside it, by returns that differ in that.
"""

import argparse
import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from backhaul_client import BackhaulClient
from bench.ground import Ground, Tell, open_ground
from bench.histories import Counted, by_kind, group_of, read_events
from bench.outside import Json, Outside
from bench.sides import Backhaul
from bench.watching import Watcher
from domain.ids import follow_up_id_for, workflow_id_for
from runtime.devstack.composition import key_name
from runtime.devstack.errors import StackError
from runtime.leaving import leave
from runtime.settings import variable
from runtime.temporal import connect

MOST_EVENTS, MOST_BYTES = 115, 60_000
# Two days for a step of the warehouse are nine seconds, the dispute window a minute.
TIME_SCALE = 20_000.0
_SPENT_ON = {
    "workflow tasks": "three events each time something came: a message, a step's end, a timer",
    "activities": "order facts, label, courier, stock, settlement with all its refunds",
    "local activities": "a marker each: number and locks, one projection per transition, survey",
    "search attributes": "one upsert per transition, with all that changed",
    "timers": "one deadline at a time, set anew when it moves",
    "updates": "start, receipt, and one inspection per lot; its answer is kept for a repeat",
    "signals": "milestones: handed over, delivered",
    "start and end": "the request, and how it ended",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One way to run the return."""

    name: str
    lines: int = 3
    tenders: int = 2
    extra_scans: int = 0
    until_closed: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """``size`` is the server's own ``history_size_bytes``; ``mails`` are those sent by then.

    ``events_to_receipt`` do not depend on which of several steps under way ends first.
    """

    case: Case
    events: int
    events_to_receipt: int
    size: int
    kinds: dict[str, Counted]
    mails: int
    follow_up_events: int


@dataclass(frozen=True, slots=True)
class Runner:
    """Plays the world around one return after the other."""

    side: Backhaul
    outside: Outside
    watcher: Watcher
    client: Client
    database: "psycopg.AsyncConnection[Any]"

    async def play(self, case: Case) -> History:
        """Take one return to its end, each event after what it leads to is written."""
        order = await self.outside.place_order(
            f"history-{case.name.replace(' ', '-')}", lines=case.lines, tenders=case.tenders
        )
        return_id = await self.side.start(order)
        await self.watcher.until(return_id, "pickup.booked")
        parcel, pickup = await self.outside.bookings(return_id)
        await self.outside.collect(pickup)
        await self.watcher.until(return_id, "delivery.first_scan")
        for number in range(case.extra_scans):
            await self.outside.scan(parcel, "in_transit", scan_id=f"hub-{number}")
        await self._quiet()
        await self.outside.scan(parcel, "delivered")
        await self.watcher.until(return_id, "delivery.delivered")
        await self.side.receive(return_id, order, parcel)
        await self.watcher.until(return_id, "parcel.received")
        await self._inspect(return_id, order)
        await self.watcher.until(return_id, "return.completed")
        workflow_id = workflow_id_for(return_id)
        if case.until_closed:
            await self.client.get_workflow_handle(workflow_id).result()
        await self._quiet()
        events = await read_events(self.client, workflow_id)
        described = await self.client.get_workflow_handle(workflow_id).describe()
        follow_up = await self._follow_up(return_id)
        mails = (await self.outside.ledger(return_id))["mails"]
        info = described.raw_description.workflow_execution_info
        return History(
            case=case,
            events=info.history_length,
            events_to_receipt=_before_receipt(events),
            size=info.history_size_bytes,
            kinds=by_kind(events),
            mails=len(mails),
            follow_up_events=len(follow_up),
        )

    async def _inspect(self, return_id: str, order: Json) -> None:
        for number, line in enumerate(order["lines"], start=1):
            await self.side.inspect(return_id, line)
            await self.watcher.until(return_id, "inspection.completed", times=number)

    async def _quiet(self) -> None:
        """Return when every webhook has been processed and every mail has been sent."""
        async with asyncio.timeout(60):
            before = None
            while True:
                cursor = await self.database.execute(self.side.unfinished_query)
                row = await cursor.fetchone()
                assert row is not None
                if row[1] == 0 and row == before:
                    return
                before = row
                await asyncio.sleep(0.5)

    async def _follow_up(self, return_id: str) -> list[HistoryEvent]:
        return await read_events(self.client, follow_up_id_for(return_id))


def _before_receipt(events: Sequence[HistoryEvent]) -> int:
    accepted = (
        event.event_id
        for event in events
        if event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
        == "receive"
    )
    return next(accepted) - 1


CASES = (
    Case("scenario a", until_closed=True),
    Case("one line", lines=1),
    Case("one tender", lines=1, tenders=1),
    Case("three more scans", lines=1, extra_scans=3),
)


async def measure(ground: Ground, cases: Sequence[Case], tell: Tell) -> list[History]:
    stack = ground.stack
    client = await connect(
        stack.urls["temporal"], stack.environment[variable("temporal_namespace")]
    )
    async with AsyncExitStack() as cleanup:

        async def http(url: str, role: str | None = None) -> httpx.AsyncClient:
            key = {} if role is None else {"Authorization": f"Bearer {stack.secrets[role]}"}
            return await cleanup.enter_async_context(
                httpx.AsyncClient(base_url=url, headers=key, timeout=30, trust_env=False)
            )

        outside = Outside(await http(stack.urls["sandbox"]))
        await outside.open_warehouse()
        side = Backhaul(
            BackhaulClient(await http(stack.urls["api"], key_name("platform"))),
            BackhaulClient(await http(stack.urls["api"], key_name("warehouse"))),
        )
        watching = await cleanup.enter_async_context(await ground.connect())
        database = await cleanup.enter_async_context(await ground.connect())
        runner = Runner(side, outside, Watcher(watching, side.log_query), client, database)
        found = []
        for case in cases:
            tell(f"playing {case.name}")
            found.append(await runner.play(case))
        return found


def as_markdown(found: Sequence[History]) -> str:
    """Write the tables as they stand in ``docs/performance.md``."""
    first = found[0]
    groups: dict[str, Counted] = defaultdict(lambda: Counted(0, 0))
    for kind, counted in first.kinds.items():
        before = groups[group_of(kind)]
        groups[group_of(kind)] = Counted(
            before.events + counted.events, before.bytes + counted.bytes
        )
    lines = ["| spent on | events | bytes | what for |", "|---|---:|---:|---|"]
    for name, counted in sorted(groups.items(), key=lambda pair: -pair[1].events):
        lines.append(
            f"| {name} | {counted.events} | {counted.bytes:,} | {_SPENT_ON.get(name, '')} |"
        )
    lines.append(f"| **in all** | **{first.events}** | **{first.size:,}** | the server's count |")
    lines += ["", "| event kind | events | bytes |", "|---|---:|---:|"]
    for kind, counted in sorted(first.kinds.items(), key=lambda pair: -pair[1].events):
        lines.append(f"| `{kind}` | {counted.events} | {counted.bytes:,} |")
    lines += [
        "",
        "| return | lines | tenders | mails | ends | events | to the receipt | bytes |",
        "|---|---:|---:|---:|---|---:|---:|---:|",
    ]
    for one in found:
        case = one.case
        ends = "CLOSED" if case.until_closed else "COMPLETED"
        lines.append(
            f"| {case.name} | {case.lines} | {case.tenders} | {one.mails} | {ends} "
            f"| {one.events} | {one.events_to_receipt} | {one.size:,} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.history", description="write the history tables")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    asked = parser.parse_args()
    try:
        with open_ground(time_scale=TIME_SCALE, tell=_tell) as ground:
            found = asyncio.run(measure(ground, CASES, _tell))
    except (StackError, TimeoutError) as error:
        _tell(f"not measured: {str(error) or 'it took too long'}")
        return 1
    print(as_markdown(found), end="")
    if asked.json is not None:
        rows = [asdict(one) for one in found]
        asked.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


def _tell(message: str) -> None:
    print(f"  {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    leave(main())
