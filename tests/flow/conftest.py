"""A house per test: real PostgreSQL, the sandbox over HTTP, a Temporal server that skips time."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.policies import Policy
from tests.support.house import House, open_house
from tests.support.postgres import Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import EXAMPLES, SandboxClient, sandbox_client

Ruled = Callable[[Policy], Awaitable[House]]
"""Lets the house work under another pack."""
OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture(scope="session")
def outside(shared_sandbox: Sandbox) -> Iterator[SandboxClient]:
    """The shared sandbox, with the one warehouse that returns go to."""
    with sandbox_client(shared_sandbox) as client:
        locations = json.loads(Path(EXAMPLES / "locations.json").read_text())["locations"]
        warehouse = {k: v for k, v in locations[0].items() if k != "location_id"}
        client.put("locations/MAIN", warehouse)
        yield client


@pytest_asyncio.fixture
async def house(
    time_skipping_env: WorkflowEnvironment,
    database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> AsyncIterator[House]:
    async with open_house(time_skipping_env, database, shared_sandbox, outside) as opened:
        yield opened


async def under(house: House, policy: Policy) -> House:
    """Let the house work under another pack from now on."""
    await house.work_with(policy=policy)
    return house


@pytest_asyncio.fixture
async def ruled(house: House) -> AsyncIterator[Ruled]:
    """The house under another pack."""
    before = house.needs

    async def by(policy: Policy) -> House:
        return await under(house, policy)

    yield by
    if house.needs is not before:
        await house.work_with(policy=before.policy)


@pytest.fixture
def on_the_dev_server(
    dev_server: WorkflowEnvironment,
    database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> OpenHouse:
    """Opens houses on the real development server, where time passes by the clock."""
    return partial(open_house, dev_server, database, shared_sandbox, outside)


@pytest_asyncio.fixture
async def fast_house(on_the_dev_server: OpenHouse) -> AsyncIterator[House]:
    """A house where two weeks of ours pass in six seconds."""
    async with on_the_dev_server(time_scale=200_000) as opened:
        yield opened


@pytest_asyncio.fixture
async def steady_house(on_the_dev_server: OpenHouse) -> AsyncIterator[House]:
    """A house where a return may stay lost for a while: a day of ours is four seconds."""
    async with on_the_dev_server(time_scale=20_000) as opened:
        yield opened


@pytest_asyncio.fixture
async def uncached_house(on_the_dev_server: OpenHouse) -> AsyncIterator[House]:
    """A fast house whose worker forgets every run after each of its tasks.

    Not on the server that skips time: that one now and then loses the task of a forgotten run.
    """
    async with on_the_dev_server(time_scale=200_000, max_cached_workflows=0) as opened:
        yield opened
