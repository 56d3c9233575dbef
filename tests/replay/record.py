"""``make corpus``: play every scenario on the development server, and keep what it leaves.

Not collected with the tests, whose fixtures it uses. Most of its time is waiting: two minutes for a
provider that stays down, one for returns that end by time.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.testing import WorkflowEnvironment

from runtime.devstack.postgres import APP_ROLE, OWNER_ROLE, PostgresServer
from runtime.devstack.temporal import dynamic_config_arguments, find_program
from runtime.temporal import DATA_CONVERTER, ensure_search_attributes
from tests.replay.corpus import SCENARIOS, Corpus
from tests.replay.groups import GROUPS, Play
from tests.replay.keeping import Keep
from tests.support import fingerprint
from tests.support.house import House, open_house
from tests.support.postgres import PASSWORD, Database
from tests.support.sandbox import running_sandbox
from tests.support.sandbox_client import EXAMPLES, sandbox_client

_SUGGEST_A_NEW_RUN = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=15")
# More at once would make each other late for the brisk waits.
_AT_ONCE = 6


async def test_record(
    postgres_server: PostgresServer, migrated_template: str, tmp_path: Path
) -> None:
    """Every scenario is recorded, with what the code decides on it."""
    corpus = Corpus()
    corpus.freeze()
    corpus.start_over()
    room = asyncio.Semaphore(_AT_ONCE)
    keeps: list[Keep] = []

    async with AsyncExitStack() as houses:
        usual = await houses.enter_async_context(_temporal())
        forgetful = await houses.enter_async_context(_temporal(*_SUGGEST_A_NEW_RUN))
        plays: list[Coroutine[Any, Any, None]] = []
        for group in GROUPS:
            postgres_server.ensure_database(group.name, template=migrated_template)
            folder = tmp_path / group.name
            folder.mkdir()
            house = await houses.enter_async_context(
                _house(
                    forgetful if group.forgets else usual,
                    Database(
                        owner_url=postgres_server.url(OWNER_ROLE, PASSWORD, group.name),
                        app_url=postgres_server.url(APP_ROLE, PASSWORD, group.name),
                    ),
                    folder,
                    group.time_scale,
                )
            )
            keep = Keep(corpus, house.client, group.workflow)
            keeps.append(keep)
            plays += [_within(room, play, house, keep) for play in group.plays]
        async with asyncio.TaskGroup() as playing:
            for play in plays:
                playing.create_task(play)
    fingerprint.record(corpus)

    assert sorted(name for keep in keeps for name in keep.kept) == sorted(
        f"{workflow}/{name}" for workflow, names in SCENARIOS.items() for name in names
    )


@asynccontextmanager
async def _house(
    temporal: WorkflowEnvironment, database: Database, folder: Path, time_scale: float
) -> AsyncIterator[House]:
    """A house with a database and a sandbox of its own: a fault there strikes nobody else."""
    with running_sandbox(folder) as sandbox, sandbox_client(sandbox) as outside:
        warehouse = json.loads((EXAMPLES / "locations.json").read_text())["locations"][0]
        del warehouse["location_id"]
        outside.put("locations/MAIN", warehouse)
        async with open_house(temporal, database, sandbox, outside, time_scale=time_scale) as house:
            yield house


async def _within(room: asyncio.Semaphore, play: Play, house: House, keep: Keep) -> None:
    async with room:
        await play(house, keep)


@asynccontextmanager
async def _temporal(*options: str) -> AsyncIterator[WorkflowEnvironment]:
    environment = await WorkflowEnvironment.start_local(
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=find_program("temporal"),
        dev_server_extra_args=[*dynamic_config_arguments(), *options],
        dev_server_log_level="error",
    )
    async with environment:
        await ensure_search_attributes(environment.client)
        yield environment
