"""Kills processes where the schedule says: at the n-th passage of a point, held while it dies."""

import asyncio
import math
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx
import psycopg

from chaos.database import Observer
from chaos.journal import Journal
from chaos.outside import Outside
from chaos.points import POINTS, ChangePoint, Process
from chaos.schedule import Strike
from runtime.devstack.processes import is_alive
from runtime.devstack.stack import Stack

_AWAY = (httpx.TransportError, psycopg.OperationalError, psycopg.InterfaceError)
_LOOK_EVERY = 0.05
# The stack gives up a service that dies five times in a row within ten seconds of its start: after
# so many such strikes the next one is armed only when its process has lived longer. That paces the
# strikes; it does not choose where they hit.
_SOON_AT_MOST = 2
# Ten seconds of life, after the pause before its start and its recovery.
_SOON_SECONDS, _LATE_SECONDS = 3.0, 20.0


class Striker:
    """Carries rows of strikes out, each row one after the other."""

    def __init__(
        self,
        stack: Stack,
        database: Observer,
        outside: Outside,
        journal: Journal,
        tell: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._database = database
        self._outside = outside
        self._journal = journal
        self.tell = tell
        self._killed_at: dict[Process, float] = {}
        self._soon: dict[Process, int] = {}

    async def carry_out(self, row: str, strikes: tuple[Strike, ...]) -> None:
        """Strike one after the other, from where the journal stands."""
        for strike in strikes[self._journal.struck.get(row, 0) :]:
            await self._strike(strike)
            self._journal.strike(row, f"{strike.point}/{strike.process}", strike.process)

    async def let_go(self, name: str) -> None:
        """Hold nothing at a point any more."""
        point = POINTS[name]
        if isinstance(point, ChangePoint):
            await insist(lambda: self._database.disarm(point.name))
        else:
            await insist(lambda: self._outside.disarm(point))

    async def _strike(self, strike: Strike) -> None:
        point = POINTS[strike.point]
        while True:
            while not self._may_die(strike.process):  # noqa: ASYNC110  # another process decides
                await asyncio.sleep(_LOOK_EVERY)
            if isinstance(point, ChangePoint):
                await insist(lambda: self._database.arm(point.name, strike.passes))
                await self._until_held(lambda: self._database.holds(point.name), strike)
            else:
                await insist(lambda: self._outside.arm(point, strike.passes))
                await self._until_held(lambda: self._outside.holds(point), strike)
            killed = self._kill(strike)
            await self.let_go(strike.point)
            if killed:
                return

    def _may_die(self, process: Process) -> bool:
        """Return whether it lives, and its last death is long enough ago."""
        known = self._stack.record.processes.get(process)
        lives = known is not None and is_alive(known)
        patient = self._soon.get(process, 0) >= _SOON_AT_MOST
        return lives and self._since_killed(process) > (_LATE_SECONDS if patient else _SOON_SECONDS)

    def _since_killed(self, process: Process) -> float:
        """Return the seconds since its last death by a strike, or forever."""
        return time.monotonic() - self._killed_at.get(process, -math.inf)

    async def _until_held(self, holds: Callable[[], Awaitable[bool]], strike: Strike) -> None:
        """Wait for the passage; after PostgreSQL was killed by the other row, count anew."""
        point = POINTS[strike.point]
        armed_at = time.monotonic()
        while True:
            with suppress(*_AWAY):
                if await holds():
                    return
            died_at = self._killed_at.get(Process.POSTGRES, 0.0)
            if isinstance(point, ChangePoint) and died_at > armed_at:
                # A sequence may skip numbers when its server is killed.
                armed_at = time.monotonic()
                await insist(lambda: self._database.arm(point.name, strike.passes))
            await asyncio.sleep(_LOOK_EVERY)

    def _kill(self, strike: Strike) -> bool:
        if not self._may_die(strike.process):
            return False
        victim = self._stack.record.processes[strike.process]
        soon = self._since_killed(strike.process) <= _LATE_SECONDS
        os.kill(victim.pid, signal.SIGKILL)
        self._soon[strike.process] = self._soon.get(strike.process, 0) + 1 if soon else 0
        self._killed_at[strike.process] = time.monotonic()
        self.tell(f"kill -9 {strike.process}: {POINTS[strike.point].tells}")
        return True


async def insist(call: Callable[[], Awaitable[None]]) -> None:
    """Do a thing that may be repeated until what it talks to is there."""
    while True:
        try:
            return await call()
        except _AWAY:
            await asyncio.sleep(_LOOK_EVERY)
