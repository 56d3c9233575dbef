"""A carrier's news of a return that has expired: a new run of it sees whether it goes on."""

from dataclasses import replace
from datetime import UTC, datetime

import structlog
from temporalio.client import Client

from activities.engine import begin_again_with_news
from domain.late_scans import may_revive
from storage.returns import Returns
from workflows import resuming
from workflows.messages import CarrierMilestones

_log = structlog.get_logger(__name__)


class LateScans:
    def __init__(self, client: Client, returns: Returns, *, task_queue: str) -> None:
        self._client = client
        self._returns = returns
        self._task_queue = task_queue

    async def revive(self, tenant_id: str, return_id: str, told: CarrierMilestones) -> bool:
        """Start a new run of an expired return, with the news; say whether there is one.

        Of two that race one starts it and the other tells it. The run goes on from the projection,
        and decides.
        """
        kept = await self._returns.resume_from(tenant_id, return_id)
        start = resuming.load(kept)
        if start is None or start.resumed is None:
            return False
        ret, now = start.resumed.ret, datetime.now(UTC)
        if not may_revive(ret, told.delivery_id, told.milestones, at=now):
            return False
        await begin_again_with_news(
            self._client,
            replace(start, restarts=start.restarts + 1),
            tenant_id=tenant_id,
            return_id=return_id,
            task_queue=self._task_queue,
            signal="carrier_milestones",
            told=told,
            summary=f"{ret.rma_no}: scanned after it had expired",
        )
        _log.info("return.scanned_late", tenant_id=tenant_id, return_id=return_id)
        return True
