"""One run: a stack of its own, the schedule of a seed, and the count afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chaos.carriers import connect_carriers
from chaos.counting import standing
from chaos.database import Observer, superuser_of
from chaos.journal import Journal
from chaos.outside import Outside
from chaos.packs import PACKS, STANDARD, write_pack
from chaos.playing import play
from chaos.reading import read_broken, read_cases, read_counts, read_value_ahead
from chaos.report import Report, report_of
from chaos.schedule import Schedule, schedule_for
from chaos.settling import come_to_rest, end_pending, fail_late, release_webhooks
from chaos.striking import Striker, insist
from cli.demo.actors import Actors, open_actors, patiently
from runtime.devstack.errors import StackError
from runtime.devstack.folder import DataFolder
from runtime.devstack.ports import free_port
from runtime.devstack.stack import Stack, start_stack
from runtime.settings import PREFIX

Tell = Callable[[str], None]
TIME_SCALE = 2500.0
"""A day of our own waits passes in 35 seconds: longer than a kill takes to heal."""
CONCURRENCY = 6
PATIENCE = 90.0
"""Longer than a mail is leased to a relay that was killed; half of it is longer than work stays
parked, which is a day of our own waits."""
_LOOK_EVERY = 0.5
_FILE_ERRORS = ("malformed", "disk i/o error", "file is not a database", "sql logic error")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run. ``patience`` is how many seconds nothing may move before it is counted."""

    seed: int
    returns: int
    whole_matrix: bool = False
    pack: str = STANDARD
    time_scale: float = TIME_SCALE
    concurrency: int = CONCURRENCY
    patience: float = PATIENCE


def run(asked: Asked, folder: Path, tell: Tell) -> Report:
    """Run a seed in a folder, or go on with the run that was cut off there; count at the end.

    Raises:
        OtherRunError: the folder holds another run.
        StackError: the stack could not start, or has ended.
    """
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal.open(
        folder / "chaos.json",
        seed=asked.seed,
        returns=asked.returns,
        time_scale=asked.time_scale,
        whole_matrix=asked.whole_matrix,
        pack=asked.pack,
    )
    known = DataFolder.at(folder).read_record().ports
    overrides = {
        f"{PREFIX}TIME_SCALE": f"{asked.time_scale:g}",
        f"{PREFIX}API_PORT": str(known.get("api") or free_port()),
        f"{PREFIX}LOG_LEVEL": "WARNING",
    }
    policy = write_pack(asked.pack, folder)
    if policy is not None:
        overrides[f"{PREFIX}POLICY_PACK"] = str(policy.resolve())
    with start_stack(folder, overrides=overrides, on_progress=tell) as stack:
        if "postgres" not in stack.urls or "temporal" not in stack.record.ports:
            raise StackError("chaos kills a stack of its own: unset the database and the engine")
        return asyncio.run(_while_it_lives(stack, _run(asked, stack, journal, tell)))


async def _while_it_lives(stack: Stack, work: Coroutine[Any, Any, Report]) -> Report:
    """Do the work; its end is also that of whoever would start again what is killed."""
    working = asyncio.create_task(work)
    try:
        while not working.done():
            if not stack.folder.is_locked():
                raise StackError(f"the stack has ended: {stack.failure() or 'it was stopped'}")
            await asyncio.wait((working,), timeout=_LOOK_EVERY)
        return working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _run(asked: Asked, stack: Stack, journal: Journal, tell: Tell) -> Report:
    schedule = schedule_for(
        asked.seed, asked.returns, pack=asked.pack, whole_matrix=asked.whole_matrix
    )
    async with AsyncExitStack() as cleanup:
        cleanup.enter_context(_on_the_clock(journal))
        actors = await cleanup.enter_async_context(open_actors(stack))
        database = await cleanup.enter_async_context(Observer(superuser_of(stack)))
        http = httpx.AsyncClient(base_url=stack.urls["sandbox"], timeout=30, trust_env=False)
        outside = Outside(await cleanup.enter_async_context(http))
        await database.install()
        await patiently(actors.world.open_warehouse)
        await connect_carriers(stack, PACKS[asked.pack].carriers)
        await _put_faults(schedule, outside, journal)
        async with _beside(
            end_pending(schedule, outside, journal), release_webhooks(outside, journal)
        ):
            striker = Striker(stack, database, outside, journal, tell)
            await _play(asked, schedule, actors, striker, journal)
            await _take_faults(schedule, outside, journal)
            await fail_late(schedule, outside, journal)
            tell("all told: the last refunds failed late, all comes to rest")
            await come_to_rest(
                database, outside, actors, journal, patience=asked.patience, tell=tell
            )
        counts = await read_counts(database, await outside.ledger())
        cases = await read_cases(database)
        broken = await read_broken(database)
        value_ahead = await read_value_ahead(database)
    return report_of(
        journal,
        scheduled_strikes=len(schedule.settlement) + len(schedule.elsewhere),
        counts=counts,
        standing=standing(cases, broken=broken),
        value_ahead=value_ahead,
        engine_file_errors=_file_errors(stack),
    )


async def _play(
    asked: Asked, schedule: Schedule, actors: Actors, striker: Striker, journal: Journal
) -> None:
    """Tell all stories while both rows of strikes are carried out."""
    rows = [
        asyncio.create_task(striker.carry_out("settlement", schedule.settlement)),
        asyncio.create_task(striker.carry_out("elsewhere", schedule.elsewhere)),
    ]
    insistent = PACKS[asked.pack].insistent
    try:
        await play(
            schedule,
            actors,
            journal,
            concurrency=asked.concurrency,
            are_struck=lambda: all(row.done() for row in rows[: 2 if insistent else 1]),
            tell=striker.tell,
        )
    finally:
        for row in rows:
            row.cancel()
        await asyncio.gather(*rows, return_exceptions=True)
    for point in {strike.point for strike in (*schedule.settlement, *schedule.elsewhere)}:
        await striker.let_go(point)


@contextmanager
def _on_the_clock(journal: Journal) -> Iterator[None]:
    """Add the time of this sitting to the run's, however it ends."""
    began = time.monotonic()
    try:
        yield
    finally:
        journal.seconds += time.monotonic() - began
        journal.save()


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some endless work for as long as the context is open; its failure ends the context."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        yield
        for task in tasks:
            task.cancel()


async def _put_faults(schedule: Schedule, outside: Outside, journal: Journal) -> None:
    """Switch on what was not taken away yet; one that is on keeps its count."""
    for fault in schedule.faults:
        if fault.name not in journal.faults_struck:
            await insist(lambda one=fault: outside.put_fault(one.name, one.plan))  # type: ignore[misc]  # the fault of this round


async def _take_faults(schedule: Schedule, outside: Outside, journal: Journal) -> None:
    """Switch off all that is left, and keep how often each struck."""

    async def take() -> None:
        known = await outside.faults()
        for fault in schedule.faults:
            if fault.name in known:
                journal.faults_struck[fault.name] = known[fault.name]["struck"]
                journal.save()
                await outside.delete_fault(fault.name)

    await insist(take)


def _file_errors(stack: Stack) -> int:
    """Count the lines in which the Temporal dev server complains of its own SQLite file."""
    lines = stack.folder.log("temporal").read_text(errors="replace").splitlines()
    return sum(any(error in line.lower() for error in _FILE_ERRORS) for line in lines)
