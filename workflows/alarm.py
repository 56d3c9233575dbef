"""One timer for the next deadline of a return."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow

from domain.waiting_for.wait import Waiting


class Alarm:
    """Rings at one time. Setting it to the time it has already costs no history."""

    def __init__(self) -> None:
        self._timer: asyncio.Task[None] | None = None
        self._ends: datetime | None = None

    @property
    def has_rung(self) -> bool:
        return self._timer is not None and self._timer.done()

    def set_for(self, waiting: Sequence[Waiting]) -> None:
        """Ring at the first deadline, at once if that has passed; without any, not at all."""
        ends = waiting[0].deadline if waiting else None
        if ends == self._ends:
            return
        self.stop()
        if ends is not None:
            left = max(ends - workflow.now(), timedelta())
            self._timer = asyncio.create_task(workflow.sleep(left, summary=waiting[0].code))
            self._ends = ends

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._ends = None
