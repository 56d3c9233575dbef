"""Tell all stories side by side, and take one that was cut off up again."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from backhaul_client import BackhaulError
from cli.demo.actors import open_actors, patiently
from cli.demo.scenarios import SCENARIOS, Scenario
from cli.demo.show import STOPPED, Ending, progress
from cli.demo.story import Story, StoryError
from domain.money import Money
from runtime.devstack.errors import StackError
from runtime.devstack.stack import Stack
from runtime.settings import variable

# Waits go on while nothing runs. The first one to change a story, that for the survey's answer,
# takes 10 days; the rest is for the stories to come to their end.
_TAKEN_UP_WITHIN = timedelta(days=8)
_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the demo. It stays the same one until it has been told to its end."""

    run_id: str
    started_at: datetime

    @classmethod
    def cut_off(cls, path: Path) -> "Run | None":
        """Return the run that was not told to its end, if there is one."""
        if not path.exists():
            return None
        known: dict[str, Any] = json.loads(path.read_text())
        if known["finished"]:
            return None
        return cls(known["run_id"], datetime.fromisoformat(known["started_at"]))

    def save(self, path: Path, *, finished: bool) -> None:
        content = {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(),
            "finished": finished,
        }
        part = path.with_suffix(".part")
        part.write_text(json.dumps(content))
        part.replace(path)


def open_run(path: Path, console: Console, *, time_scale: float) -> Run:
    """Take the run up that was cut off, unless its waits have passed meanwhile; or begin one."""
    former = Run.cut_off(path)
    limit = _TAKEN_UP_WITHIN / time_scale
    now = datetime.now(UTC)
    if former is not None and now - former.started_at < limit:
        console.print(f"Run {former.run_id} was cut off; it goes on.")
        return former
    if former is not None:
        console.print(
            f"Run {former.run_id} began more than {limit.total_seconds():.0f} s ago and was cut "
            "off; a new one begins."
        )
    run = Run(f"demo-{uuid.uuid4().hex[:6]}", now)
    run.save(path, finished=False)
    return run


async def play_all(stack: Stack, console: Console) -> list[Ending]:
    """Play every scenario, whatever is killed meanwhile and started again.

    Raises:
        StackError: the stack itself has ended.
    """
    path = stack.folder.root / "demo.json"
    run = open_run(path, console, time_scale=float(stack.environment[variable("time_scale")]))
    playing = asyncio.create_task(_play_run(run, stack, console))
    watching = asyncio.create_task(_watch(stack))
    try:
        await asyncio.wait((playing, watching), return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            watching.result()
        endings = await playing
    finally:
        for task in (playing, watching):
            task.cancel()
        await asyncio.gather(playing, watching, return_exceptions=True)
    run.save(path, finished=True)
    return endings


async def _watch(stack: Stack) -> None:
    """Wait until nobody would start again what dies."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if not stack.folder.is_locked():
            why = stack.failure() or "it was stopped"
            raise StackError(
                f"the stack has ended: {why}. Another `backhaul demo` goes on from here"
            )


async def _play_run(run: Run, stack: Stack, console: Console) -> list[Ending]:
    async with open_actors(stack) as actors:
        await patiently(actors.world.open_warehouse)
        with progress(console) as shown:

            async def play(scenario: Scenario) -> Ending:
                task = shown.add_task("", name=scenario.name, total=1, held=True)
                story = Story(
                    scenario.name,
                    run.run_id,
                    run.started_at,
                    actors,
                    lambda step: shown.update(task, description=step),
                )
                ending = await _play(story, scenario)
                shown.update(
                    task, description=ending.outcome, completed=1, held=not ending.failures
                )
                return ending

            return await asyncio.gather(*(play(scenario) for scenario in SCENARIOS))


async def _play(story: Story, scenario: Scenario) -> Ending:
    began = time.monotonic()
    try:
        await story.place_order(scenario.example)
        outcome = await scenario.play(story)
        money = await _money(story)
    except (StoryError, BackhaulError, httpx.HTTPError) as error:
        outcome, money = STOPPED, "-"
        story.check(str(error) or type(error).__name__, holds=False)
    return Ending(
        scenario=scenario.name,
        rma_no=story.view.rma_no if story.view else "-",
        route=scenario.route,
        outcome=outcome,
        money=money,
        seconds=time.monotonic() - began,
        failures=tuple(what for what, holds in story.checks if not holds),
        checks=len(story.checks),
        note=story.note,
    )


async def _money(story: Story) -> str:
    refunds = (await story.ledger())["refunds"]
    total = sum(row["amount_minor"] for row in refunds if row["status"] == "succeeded")
    return str(Money(total, story.ret.currency))
