"""A tenant's own policies: read, drafted, compared, published."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from backhaul_client.policies import (
    DecidedUnderPage,
    DecidedUnderView,
    NewPublication,
    NewSimulation,
    PolicyDiff,
    PolicyVersionList,
    PolicyVersionView,
    PolicyView,
    SimulationView,
)
from backhaul_client.transport import Transport


class PolicyClient:
    """Reached as ``client.policies``. A ``ref`` is ``ID@VERSION``, as decisions name it."""

    def __init__(self, api: Transport) -> None:
        self._api = api

    async def list(self) -> tuple[PolicyVersionView, ...]:
        """List all versions by the day that they begin on, drafts too."""
        return (await self._api.get("/v1/policies", PolicyVersionList)).items

    async def get(self, ref: str) -> PolicyView:
        """Read one version with its document, as it was sent."""
        return await self._api.get(_policy(ref), PolicyView)

    async def current(self, on: date | None = None) -> PolicyView:
        """Read the version that governs contracts of a day; of today (UTC) unless stated."""
        query = {} if on is None else {"on": on.isoformat()}
        return await self._api.get("/v1/policies/current", PolicyView, query)

    async def put(self, ref: str, document: Mapping[str, Any]) -> PolicyVersionView:
        """Store a draft, or replace it by other content. The same again changes nothing."""
        return await self._api.put(_policy(ref), dict(document), PolicyVersionView)

    async def diff(self, before: str, after: str) -> PolicyDiff:
        """Ask how two versions differ, path by path."""
        return await self._api.get(f"{_policy(before)}/diff", PolicyDiff, {"to": after})

    async def decided_under(
        self, ref: str, *, page_size: int = 100
    ) -> AsyncIterator[DecidedUnderView]:
        """Read the returns that a version decided, newest first, a page at a time as you go on."""
        pages = self._api.pages(f"{_policy(ref)}/returns", DecidedUnderPage, {"limit": page_size})
        async for page in pages:
            for item in page.items:
                yield item

    async def simulate(self, simulation: NewSimulation) -> SimulationView:
        """Ask what a pack would have made of the returns of the last days. Writes nothing."""
        return await self._api.post("/v1/policies/simulate", simulation, SimulationView)

    async def publish(
        self, ref: str, publication: NewPublication, *, idempotency_key: str
    ) -> PolicyVersionView:
        """Let a draft that somebody else made govern the contracts of its days."""
        path = f"{_policy(ref)}/publish"
        return await self._api.post(path, publication, PolicyVersionView, key=idempotency_key)


def _policy(ref: str) -> str:
    return f"/v1/policies/{quote(ref, safe='@')}"
