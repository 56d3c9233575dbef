"""Run a worker for a while, and be sure that it stops."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from temporalio.worker import Worker

log = structlog.get_logger()

GRACE = timedelta(seconds=8)
"""How long running activities may finish after a stop; the stack's own patience is longer."""
STOPPED_AFTER = GRACE + timedelta(seconds=4)
"""When a worker that should have stopped is left alone."""


@asynccontextmanager
async def working(*workers: Worker, within: timedelta = STOPPED_AFTER) -> AsyncIterator[None]:
    """Run ``workers`` while the context is open; leaving them takes no longer than ``within``.

    If one cannot start, those that did are stopped: nothing is polled by a process that gave up.

    The SDK waits for every workflow task. One that it still holds for a local activity which nobody
    runs any more (seen with temporalio 1.35, after the event loop had stood still for longer than
    the activity may take) renews itself without end. Another worker does it again, as after a kill,
    so nothing is lost by not waiting.
    """
    started: list[Worker] = []
    try:
        for worker in workers:
            await worker.__aenter__()
            started.append(worker)
        yield
    finally:
        error = sys.exc_info()
        try:
            async with asyncio.timeout(within.total_seconds()):
                await asyncio.gather(*(worker.__aexit__(*error) for worker in started))
        except TimeoutError:
            log.warning("worker.left_behind", after_seconds=within.total_seconds())
