"""Who acts in the demo, each with a client of the API and the patience of a real caller."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from backhaul_client import BackhaulClient, BackhaulError
from cli.demo.world import World
from runtime.devstack.composition import key_name
from runtime.devstack.stack import Stack
from runtime.settings import variable
from runtime.temporal import connect

T = TypeVar("T")

_TRY_AGAIN_AFTER = 0.5
_PATIENCE = 120.0
_SERVER_ERRORS = 500


@dataclass(frozen=True, slots=True)
class Actors:
    """The shop's backend, those who work with returns, the engine, and the world outside."""

    shop: BackhaulClient
    warehouse: BackhaulClient
    reviewer: BackhaulClient
    ops: BackhaulClient
    engine: Client
    world: World


@asynccontextmanager
async def open_actors(stack: Stack) -> AsyncIterator[Actors]:
    urls, secrets = stack.urls, stack.secrets
    async with AsyncExitStack() as cleanup:

        async def client(role: str) -> BackhaulClient:
            http = httpx.AsyncClient(
                base_url=urls["api"],
                headers={"Authorization": f"Bearer {secrets[key_name(role)]}"},
                timeout=30,
                trust_env=False,
            )
            return BackhaulClient(await cleanup.enter_async_context(http))

        outside = await cleanup.enter_async_context(
            httpx.AsyncClient(base_url=urls["sandbox"], timeout=30, trust_env=False)
        )
        yield Actors(
            shop=await client("platform"),
            warehouse=await client("warehouse"),
            reviewer=await client("reviewer"),
            ops=await client("ops"),
            engine=await connect(
                urls["temporal"], stack.environment[variable("temporal_namespace")]
            ),
            world=World(outside, commerce_token=secrets["commerce_token"]),
        )


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call as a good caller does: the same again while nobody answers, for two minutes.

    Raises:
        BackhaulError: a refusal, or no answer in all that time.
    """
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        try:
            return await call()
        except (httpx.TransportError, RPCError):
            if asyncio.get_running_loop().time() > deadline:
                raise
        except BackhaulError as error:
            if error.status < _SERVER_ERRORS or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(_TRY_AGAIN_AFTER)
