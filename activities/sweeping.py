"""Compare the returns that need a run with the runs that the engine has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity
from temporalio.client import Client

from activities.engine import goes_on, latest_run, visibly_running
from activities.errors import translated
from domain.ids import workflow_id_for
from storage.missing import MissingRuns
from storage.rows import OpenReturn
from storage.tenants import Tenants

RESTART_WITHIN = timedelta(hours=24)
"""As long as the standard policy parks work; shorter where time is scaled."""
_PAGE = 200
"""Ids in one question to visibility: ten kilobytes of query, well below every limit."""
_PAGES = 20
"""Pages in one activity: a sweep of a hundred thousand returns is 25 activities."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SweepFrom:
    """Where to go on: after this return of this tenant; both empty at the beginning."""

    tenant_id: str = ""
    return_id: str | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """``changed`` counts returns newly marked or told of again; no ``following``: all is seen."""

    looked_at: int
    changed: int
    following: SweepFrom | None = None


class SweepActivities:
    def __init__(self, tenants: Tenants, missing: MissingRuns, *, time_scale: float) -> None:
        self._tenants = tenants
        self._missing = missing
        self._restart_within = RESTART_WITHIN / time_scale

    @activity.defn
    async def sweep(self, start: SweepFrom) -> Swept:
        """Look at the next pages of returns that need a run, and mark those without one.

        A page of 200 costs one statement and one question to visibility; each return not found
        there one question more, and one that is marked five statements. Repeats change nothing.
        """
        looked_at = changed = pages = 0
        with translated():
            tenant_ids = sorted(tenant.tenant_id for tenant in await self._tenants.list_all())
            for tenant_id in (one for one in tenant_ids if one >= start.tenant_id):
                after, more = start.return_id if tenant_id == start.tenant_id else None, True
                while more:
                    if pages == _PAGES:
                        return Swept(looked_at, changed, SweepFrom(tenant_id, after))
                    page = await self._missing.open_returns(tenant_id, after=after, limit=_PAGE)
                    for seen in await _without_run(activity.client(), page):
                        changed += await self._note(tenant_id, seen)
                    looked_at, pages = looked_at + len(page), pages + 1
                    after, more = page[-1].return_id if page else after, len(page) == _PAGE
        return Swept(looked_at, changed)

    async def _note(self, tenant_id: str, seen: OpenReturn) -> bool:
        now = datetime.now(UTC)
        noted = await self._missing.note(
            tenant_id, seen, at=now, deadline=now + self._restart_within
        )
        if noted:
            _log.warning("workflow.missing", tenant_id=tenant_id, return_id=seen.return_id)
        return noted


async def _without_run(client: Client, page: Sequence[OpenReturn]) -> list[OpenReturn]:
    if not page:
        return []
    by_id = {workflow_id_for(seen.return_id): seen for seen in page}
    running = await visibly_running(client, tuple(by_id))
    return [
        seen
        for workflow_id, seen in by_id.items()
        if workflow_id not in running and not goes_on(await latest_run(client, workflow_id))
    ]
