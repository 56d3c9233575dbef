"""Tell all stories side by side, and take one that was cut off up again."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from backhaul_client import BackhaulError
from cli.demo.actors import Actors, open_actors
from cli.demo.scenarios import SCENARIOS, Scenario
from cli.demo.show import Ending, progress, show_endings
from cli.demo.story import Story, StoryError
from domain.money import Money
from runtime.devstack.stack import Stack


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the demo. It stays the same one until it has been told to its end."""

    run_id: str
    started_at: datetime

    @classmethod
    def open(cls, path: Path) -> tuple["Run", bool]:
        """Return the run that was cut off, or a new one; and whether it is taken up again."""
        if path.exists():
            known: dict[str, Any] = json.loads(path.read_text())
            if not known["finished"]:
                return cls(known["run_id"], datetime.fromisoformat(known["started_at"])), True
        run = cls(f"demo-{uuid.uuid4().hex[:6]}", datetime.now(UTC))
        run.save(path, finished=False)
        return run, False

    def save(self, path: Path, *, finished: bool) -> None:
        content = {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(),
            "finished": finished,
        }
        part = path.with_suffix(".part")
        part.write_text(json.dumps(content))
        part.replace(path)


async def play_all(stack: Stack, console: Console) -> bool:
    """Play every scenario and print the table; say whether all checks held."""
    path = stack.folder.root / "demo.json"
    run, resumed = Run.open(path)
    if resumed:
        console.print(f"Run {run.run_id} was cut off; it goes on.")
    async with open_actors(stack) as actors:
        with progress(console) as shown:

            async def play(scenario: Scenario) -> Ending:
                task = shown.add_task("", name=scenario.name, total=1)
                story = Story(
                    scenario.name,
                    run.run_id,
                    run.started_at,
                    actors,
                    lambda step: shown.update(task, description=step),
                )
                ending = await _play(story, scenario, actors)
                shown.update(task, description=ending.outcome, completed=1)
                return ending

            await actors.world.open_warehouse()
            endings = await asyncio.gather(*(play(scenario) for scenario in SCENARIOS))
    run.save(path, finished=True)
    show_endings(console, endings)
    return all(not ending.failures for ending in endings)


async def _play(story: Story, scenario: Scenario, actors: Actors) -> Ending:
    began = time.monotonic()
    try:
        await story.place_order(scenario.example)
        outcome = await scenario.play(story)
    except (StoryError, BackhaulError, httpx.HTTPError) as error:
        outcome = f"stopped: {error}"
        story.check(outcome, holds=False)
    view = story.view
    return Ending(
        scenario=scenario.name,
        rma_no=view.rma_no if view else "-",
        route=scenario.route,
        outcome=outcome,
        money=await _money(story, actors),
        seconds=time.monotonic() - began,
        failures=tuple(what for what, holds in story.checks if not holds),
        checks=len(story.checks),
    )


async def _money(story: Story, actors: Actors) -> str:
    if story.view is None:
        return "-"
    refunds = (await actors.world.ledger(story.view.return_id))["refunds"]
    total = sum(row["amount_minor"] for row in refunds if row["status"] == "succeeded")
    return str(Money(total, story.view.currency))
