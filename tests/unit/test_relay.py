"""The relay's loop: it goes on after trouble, and ends when it is told to."""

import asyncio
from typing import Any

from workers.relay import Relay

NOTHING: Any = None


async def test_ends_though_a_library_took_the_cancellation_for_trouble() -> None:
    """A connection that is cancelled may say that it broke; the worker would wait for ever."""
    waiting = asyncio.Event()

    async def break_when_cancelled() -> int:
        if waiting.is_set():
            return 0
        waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("broken") from None
        return 0

    relay = Relay(
        tenants=NOTHING,
        outbox=NOTHING,
        returns=NOTHING,
        connections=NOTHING,
        retry_webhooks=break_when_cancelled,
        survey_link=str,
    )
    relaying = asyncio.create_task(relay.run())
    await waiting.wait()

    relaying.cancel()
    done, _ = await asyncio.wait({relaying}, timeout=5)

    assert done == {relaying}
    assert relaying.cancelled()
