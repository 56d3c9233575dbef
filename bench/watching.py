"""Sees when something is written: one reader for all returns under way, ten milliseconds apart."""

import asyncio
import time
from typing import Any, LiteralString

import psycopg

RESOLUTION_SECONDS = 0.01
_PATIENCE_SECONDS = 60.0


class Watcher:
    """Waits for rows of either side's log.

    Args:
        query: Answers return id and event type for the return ids given as ``ANY(%s)``.
    """

    def __init__(self, connection: "psycopg.AsyncConnection[Any]", query: LiteralString) -> None:
        self._connection = connection
        self._query = query
        self._wanted: dict[tuple[str, str], tuple[int, asyncio.Future[float]]] = {}
        self._watching: asyncio.Task[None] | None = None

    async def until(self, return_id: str, event_type: str, *, times: int = 1) -> float:
        """Return when, on :func:`time.perf_counter`, the event was seen in the log so often.

        Raises:
            TimeoutError: it did not come within a minute.
        """
        seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._wanted[return_id, event_type] = (times, seen)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        try:
            return await asyncio.wait_for(seen, _PATIENCE_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"{event_type} of return {return_id} did not come") from None
        finally:
            self._wanted.pop((return_id, event_type), None)

    async def _watch(self) -> None:
        while self._wanted:
            ids = list({return_id for return_id, _ in self._wanted})
            try:
                rows = await (await self._connection.execute(self._query, (ids,))).fetchall()
            except psycopg.Error as error:
                for _, seen in self._wanted.values():
                    if not seen.done():
                        seen.set_exception(error)
                return
            now = time.perf_counter()
            found = [(return_id, event_type) for return_id, event_type in rows]
            for key, (times, seen) in self._wanted.items():
                if not seen.done() and found.count(key) >= times:
                    seen.set_result(now)
            await asyncio.sleep(RESOLUTION_SECONDS)
