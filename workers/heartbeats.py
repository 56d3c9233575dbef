"""Every activity heartbeats by itself, so a killed worker is noticed in seconds."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from workflows.options import HEARTBEAT


class Heartbeats(Interceptor):
    """Beats at a third of the heartbeat time-out while an activity runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK calls it by this name
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK calls it by this name
        if activity.info().is_local:
            return await self.next.execute_activity(input)
        beating = asyncio.create_task(_beat())
        try:
            return await self.next.execute_activity(input)
        finally:
            beating.cancel()


async def _beat() -> None:
    while True:
        await asyncio.sleep(HEARTBEAT.total_seconds() / 3)
        activity.heartbeat()
