"""The points of a chaos run in the database: they count, hold, and say what a death does there."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest

from chaos.database import Observer
from runtime.devstack.postgres import PostgresServer
from tests.support.postgres import PASSWORD, Database

INSERT = """
INSERT INTO returns (tenant_id, return_id, rma_no, order_id, request_hash, units, headline,
    authorization_state, logistics_state, settlement_state)
VALUES ('acme', gen_random_uuid(), %s, 'O-1', 'x', '[]', 'DRAFT', 'DRAFT', 'x', 'NONE')
"""
NOTICE = """
INSERT INTO notices (tenant_id, notice_id, return_id, kind, data)
SELECT tenant_id, gen_random_uuid(), return_id, 'x', '{}' FROM returns
"""
SENT = "UPDATE notices SET state = 'sent' WHERE state = 'due'"
Client = psycopg.AsyncConnection[Any]
Connect = Callable[[], Awaitable[Client]]


@pytest.fixture
def connect(postgres_server: PostgresServer, database: Database) -> Connect:
    async def open_one() -> Client:
        url = postgres_server.url("postgres", PASSWORD, database.app_url.rpartition("/")[2])
        return await psycopg.AsyncConnection.connect(url.replace("+psycopg", ""))

    return open_one


@pytest.fixture
async def observer(connect: Connect) -> AsyncIterator[Observer]:
    async def committing() -> Client:
        connection = await connect()
        await connection.set_autocommit(True)
        return connection

    async with Observer(committing) as one:
        await one.rows("INSERT INTO tenants (tenant_id, name) VALUES ('acme', 'Acme')")
        await one.install()
        yield one


@pytest.fixture
async def client(connect: Connect) -> AsyncIterator[Client]:
    connection = await connect()
    yield connection
    await connection.close()


async def open_return(client: Client, rma_no: str) -> None:
    await client.execute(INSERT, (rma_no,))
    await client.commit()


async def until_held(observer: Observer, point: str) -> None:
    async with asyncio.timeout(20):
        while not await observer.holds(point):  # noqa: ASYNC110  # the database decides
            await asyncio.sleep(0.02)


async def until_let_go(observer: Observer, point: str) -> None:
    async with asyncio.timeout(20):
        while await observer.holds(point):  # noqa: ASYNC110  # the database decides
            await asyncio.sleep(0.02)


def die(client: Client) -> None:
    """Break the connection as the end of its process does."""
    with socket.socket(fileno=os.dup(client.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


async def count(observer: Observer, what: str) -> int:
    (row,) = await observer.rows(f"SELECT count(*) AS number FROM {what}")
    return int(row["number"])


async def test_the_passage_that_was_asked_for_is_held(observer: Observer, client: Client) -> None:
    """The first goes by, the second stands at its commit until it is let go."""
    await observer.arm("opened", 2)
    await open_return(client, "A")

    second = asyncio.create_task(open_return(client, "B"))
    await until_held(observer, "opened")
    assert await count(observer, "returns") == 1
    await observer.disarm("opened")
    await second

    assert await count(observer, "returns") == 2


async def test_it_is_counted_anew_when_it_is_armed_again(
    observer: Observer, client: Client
) -> None:
    """What went by before does not count."""
    await observer.arm("opened", 2)
    await open_return(client, "A")
    await observer.arm("opened", 2)
    await open_return(client, "B")

    assert not await observer.holds("opened")
    assert await count(observer, "returns") == 2


async def test_what_is_held_at_its_commit_is_done_though_its_client_dies(
    observer: Observer, client: Client
) -> None:
    """So a process is killed after it said what is to be, and before it hears that it is."""
    await observer.arm("opened", 1)
    task = asyncio.create_task(open_return(client, "A"))
    await until_held(observer, "opened")

    die(client)
    await observer.disarm("opened")
    await until_let_go(observer, "opened")

    with pytest.raises(psycopg.OperationalError):
        await task
    async with asyncio.timeout(20):
        while not await count(observer, "returns"):  # noqa: ASYNC110  # the database decides
            await asyncio.sleep(0.02)


async def test_what_is_held_as_it_is_written_is_undone_when_its_client_dies(
    observer: Observer, client: Client
) -> None:
    """So a process is killed with an answer that nobody has recorded."""
    await open_return(client, "A")
    await client.execute(NOTICE)
    await client.commit()
    await observer.arm("mailed", 1)
    task = asyncio.create_task(client.execute(SENT))
    await until_held(observer, "mailed")

    die(client)
    await observer.disarm("mailed")
    await until_let_go(observer, "mailed")

    with pytest.raises(psycopg.OperationalError):
        await task
    assert await count(observer, "notices WHERE state = 'due'") == 1


async def test_installing_again_changes_nothing(observer: Observer, client: Client) -> None:
    """A run that goes on finds its points as they were."""
    await observer.arm("opened", 1)
    await observer.install()

    task = asyncio.create_task(open_return(client, "A"))
    await until_held(observer, "opened")
    await observer.disarm("opened")

    await task
