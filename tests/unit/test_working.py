"""Workers run together or not at all, and one that should stop is not waited for without end."""

import asyncio
from datetime import timedelta
from typing import Any, Self

import pytest

from workers.working import working

SHORTLY = timedelta(milliseconds=50)


class NeverStops:
    """A worker that holds a task nobody will finish."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.Event().wait()


class Starts:
    """A worker that says whether it runs."""

    def __init__(self) -> None:
        self.runs = False

    async def __aenter__(self) -> Self:
        self.runs = True
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.runs = False


class NeverStarts(Starts):
    """A worker that cannot begin, nor be stopped then."""

    async def __aenter__(self) -> Self:
        raise ConnectionError("no start")

    async def __aexit__(self, *_error: object) -> None:
        raise AssertionError("never started")


async def test_is_left_behind_when_it_does_not_stop() -> None:
    """Another worker does its tasks again; the process that should end, ends."""
    worker: Any = NeverStops()

    async with asyncio.timeout(5):
        async with working(worker, within=SHORTLY):
            pass


async def test_lets_trouble_through() -> None:
    """What goes wrong while it works is told, not the worker that does not stop."""
    worker: Any = NeverStops()

    async def work() -> None:
        async with working(worker, within=SHORTLY):
            raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        await work()


async def test_stops_those_that_run_when_another_cannot_start() -> None:
    """They would take tasks for a process that gave up; those after it are never begun."""
    first, last = Starts(), Starts()
    workers: Any = (first, NeverStarts(), last)

    with pytest.raises(ConnectionError, match="no start"):
        async with working(*workers, within=SHORTLY):
            pytest.fail("one of them does not run")

    assert (first.runs, last.runs) == (False, False)
