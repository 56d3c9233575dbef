"""A whole run: both sides on one stack, in turns, and what it found."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from statistics import median

import httpx
from temporalio.client import Client

from backhaul_client import BackhaulClient
from bench import bare_worker
from bench.ground import Ground, Tell, free_port
from bench.histories import read_events, steps_of
from bench.outside import Outside
from bench.processes import CpuMeter
from bench.report import CPU_OF, Report, figures, machine
from bench.rounds import Bench, Phase
from bench.sides import Backhaul, Bare, Side
from bench.statements import StatementCounter
from bench.watching import Watcher
from runtime.devstack.composition import key_name
from runtime.devstack.modules import python_launch
from runtime.devstack.postgres import OWNER_ROLE
from runtime.devstack.processes import spawn, stop_child
from runtime.devstack.temporal import has_worker
from runtime.devstack.tenant import prepare_tenant
from runtime.settings import variable
from runtime.temporal import connect

BARE_DATABASE = "bare"
_READY_SECONDS = 60.0
_REST_SECONDS = 3.0
_REQUESTS = 15


@dataclass(frozen=True, slots=True)
class BareProcess:
    pid: int
    webhooks: str


@contextmanager
def bare_process(ground: Ground) -> Iterator[BareProcess]:
    """Start the bare side's worker in a process of its own; stop it at the end."""
    stack = ground.stack
    ground.server.ensure_database(BARE_DATABASE)
    port = free_port()
    address = stack.urls["temporal"]
    namespace = stack.environment[variable("temporal_namespace")]
    url = ground.server.url(OWNER_ROLE, stack.secrets["owner_password"], BARE_DATABASE)
    launch = python_launch(
        "bench.bare_worker",
        *("--temporal", address, "--namespace", namespace, "--sandbox", stack.urls["sandbox"]),
        *("--smtp-port", str(stack.record.ports["smtp"]), "--port", str(port)),
        environment={bare_worker.DATABASE_VARIABLE: url},
    )
    child = spawn(launch, stack.folder.log("bare"))
    try:
        yield BareProcess(child.pid, f"http://127.0.0.1:{port}/")
    finally:
        stop_child(child, launch.stop)


async def measure(
    ground: Ground, bare: BareProcess, *, returns: int, concurrency: int, rounds: int, tell: Tell
) -> Report:
    """Run so many returns of each side, in rounds that take turns in who is first.

    Raises:
        TimeoutError: a return did not come to its end.
    """
    rounds = min(rounds, returns)
    async with AsyncExitStack() as cleanup:
        ours, other, client, http = await cleanup.enter_async_context(_sides(ground, bare))
        for side in (ours, other):
            tell(f"warming up {side.side.name}")
            await side.run(min(concurrency, returns), concurrency=concurrency)
        tell("at rest")
        at_rest = await _at_rest(ours, other)
        found: dict[str, list[Phase]] = {ours.side.name: [], other.side.name: []}
        for number in range(rounds):
            share = returns // rounds + (number < returns % rounds)
            for side in (ours, other) if number % 2 == 0 else (other, ours):
                phase = await side.run(share, concurrency=concurrency)
                found[side.side.name].append(phase)
                used = sum(phase.cpu_ms.values()) / share
                tell(f"round {number + 1} of {rounds}: {side.side.name} {used:.0f} CPU ms a return")
        mine, theirs = found[ours.side.name], found[other.side.name]
        steps = {
            name: steps_of(await read_events(client, phases[-1].last_workflow_id))
            for name, phases in found.items()
        }
        requests = await _requests(ours, http, mine[-1].last_workflow_id.rpartition("/")[2])
    return Report(
        machine=machine(),
        returns=returns,
        concurrency=concurrency,
        rounds=rounds,
        figures=figures(mine, theirs),
        steps=steps,
        requests=requests,
        at_rest=at_rest,
    )


@asynccontextmanager
async def _sides(
    ground: Ground, bare: BareProcess
) -> AsyncIterator[tuple[Bench, Bench, Client, httpx.AsyncClient]]:
    stack = ground.stack
    namespace = stack.environment[variable("temporal_namespace")]
    client = await connect(stack.urls["temporal"], namespace)
    await _until_working(stack.urls["temporal"], namespace, bare)
    async with AsyncExitStack() as cleanup:

        async def http(role: str) -> httpx.AsyncClient:
            key = stack.secrets[key_name(role)]
            return await cleanup.enter_async_context(
                httpx.AsyncClient(
                    base_url=stack.urls["api"],
                    headers={"Authorization": f"Bearer {key}"},
                    timeout=30,
                    trust_env=False,
                )
            )

        sandbox = httpx.AsyncClient(base_url=stack.urls["sandbox"], timeout=30, trust_env=False)
        outside = Outside(await cleanup.enter_async_context(sandbox))
        await outside.open_warehouse()
        shop = await http("platform")
        ours = Backhaul(BackhaulClient(shop), BackhaulClient(await http("warehouse")))
        counting = await cleanup.enter_async_context(await ground.connect("postgres"))

        async def open_side(side: Side, database: str, workers: dict[str, int]) -> Bench:
            watching = await cleanup.enter_async_context(await ground.connect(database))
            own = await cleanup.enter_async_context(await ground.connect(database))
            roots = workers | {
                **{name: ground.pid(name) for name in ("temporal", "postgres", "sandbox")},
                "client": os.getpid(),
            }
            watchers = [connection.info.backend_pid for connection in (counting, watching, own)]
            return Bench(
                side=side,
                outside=outside,
                watcher=Watcher(watching, side.log_query),
                # In the order of the report, whoever the side's own processes are.
                meter=CpuMeter(
                    {name: roots[name] for name in CPU_OF if name in roots},
                    alone=("client",),
                    left_out=watchers,
                ),
                counter=StatementCounter(counting, database),
                database=own,
                temporal=client,
                listen=lambda: prepare_tenant(stack),
            )

        mine = await open_side(
            ours, "backhaul", {"worker": ground.pid("worker"), "api": ground.pid("api")}
        )
        size = await _document_bytes(mine)
        theirs = await open_side(
            Bare(client, document_bytes=size), BARE_DATABASE, {"worker": bare.pid}
        )
        theirs = replace(theirs, listen=lambda: outside.tell_bare(bare.webhooks))
        yield mine, theirs, client, shop


async def _document_bytes(ours: Bench) -> int:
    """Run one return of ours, and read how large what it writes at a transition is."""
    await ours.run(1, concurrency=1)
    cursor = await ours.database.execute("SELECT max(length(snapshot::text)) FROM returns")
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def _until_working(address: str, namespace: str, bare: BareProcess) -> None:
    async with asyncio.timeout(_READY_SECONDS), httpx.AsyncClient(trust_env=False) as http:
        while True:
            with suppress(httpx.TransportError):
                await http.post(bare.webhooks, json={"type": "ping"})
                queue = bare_worker.TASK_QUEUE
                if await asyncio.to_thread(has_worker, address, namespace, queue):
                    return
            await asyncio.sleep(0.2)


async def _at_rest(ours: Bench, other: Bench) -> dict[str, float]:
    """Return what each process uses a second while no return is under way."""
    before = ours.meter.read() | {"bare worker": other.meter.read()["worker"]}
    await asyncio.sleep(_REST_SECONDS)
    after = ours.meter.read() | {"bare worker": other.meter.read()["worker"]}
    return {name: (after[name] - before[name]) / _REST_SECONDS for name in before}


async def _requests(ours: Bench, http: httpx.AsyncClient, return_id: str) -> dict[str, int]:
    """Count the statements of single requests; the median leaves out what others ask meanwhile."""
    found = {}
    for name, path in (
        ("GET one return", f"/v1/returns/{return_id}"),
        ("list of 50 returns", "/v1/returns?limit=50"),
        ("timeline of a return", f"/v1/returns/{return_id}/timeline"),
    ):
        counts = []
        for _ in range(_REQUESTS):
            before = await ours.counter.read()
            (await http.get(path, headers={"X-Request-Id": uuid.uuid4().hex})).raise_for_status()
            counts.append((await ours.counter.read()).since(before).statements)
        found[name] = int(median(counts))
    return found
