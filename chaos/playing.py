"""The closed loop of returns: the demo's stories, a few at a time, told to their ends."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import count, cycle

import httpx
from temporalio.service import RPCError

from backhaul_client import BackhaulError
from chaos.journal import Journal
from chaos.packs import PACKS, Pack
from chaos.schedule import Schedule
from chaos.sending_ahead import AHEAD
from cli.demo.actors import Actors
from cli.demo.scenarios import SCENARIOS, Scenario
from cli.demo.story import Story, StoryError

_BY_NAME = {scenario.name: scenario for scenario in (*SCENARIOS, *AHEAD)}
_EXTRA_PER_STRIKE = 5
Tell = Callable[[str], None]


async def play(
    schedule: Schedule,
    actors: Actors,
    journal: Journal,
    *,
    concurrency: int,
    are_struck: Callable[[], bool],
    tell: Tell,
) -> None:
    """Tell every story that was not told yet, and more of them until all strikes are over.

    At most a few for each strike: what is not struck by then is reported.
    """
    numbers = _numbers(schedule, PACKS[journal.pack], are_struck)

    async def one_after_another() -> None:
        for number, name in numbers:
            key = f"{number:03d}-{name}"
            if key in journal.told:
                continue
            outcome = await _tell_story(key, _BY_NAME[name], actors, journal)
            journal.told[key] = outcome
            journal.save()
            tell(f"{len(journal.told)} told: {key}{f' ({outcome})' if outcome else ''}")

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(one_after_another())


def _numbers(
    schedule: Schedule, pack: Pack, are_struck: Callable[[], bool]
) -> Iterator[tuple[int, str]]:
    yield from enumerate(schedule.stories)
    awaited = len(schedule.settlement) + pack.insistent * len(schedule.elsewhere)
    most = len(schedule.stories) + _EXTRA_PER_STRIKE * awaited
    for number, name in zip(count(len(schedule.stories)), cycle(pack.extra), strict=False):
        if are_struck() or number >= most:
            return
        yield number, name


async def _tell_story(key: str, scenario: Scenario, actors: Actors, journal: Journal) -> str:
    """Return what went otherwise than the story has it, most often nothing.

    No judgement depends on it: a deadline that passes while everything is down may turn a story.
    """
    story = Story(key, f"chaos-{journal.seed}", journal.started_at, actors, lambda _: None)
    try:
        await story.place_order(scenario.example)
        await scenario.play(story)
    except (StoryError, BackhaulError, httpx.HTTPError, RPCError, LookupError) as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(what for what, holds in story.checks if not holds)
