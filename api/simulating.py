"""A policy tried on what was decided in the last days: read, evaluated, and nothing written."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.policies import policy_of
from api.policies_service import parsed
from domain.eligibility import Facts
from domain.law.governing import GoverningLaw
from domain.pack_reading import PolicyError
from domain.policies import Policy
from domain.simulating import Recorded, Simulation, simulate
from packs.library import shipped
from storage.decision_json import basis_from, decision_from, facts_from
from storage.decisions import Decisions, RecordedRow
from storage.policy_versions import PolicyVersions

MOST_LINES = 5_000
"""As many are evaluated within the time that a caller waits."""


@dataclass(frozen=True, slots=True)
class Tried:
    """``is_cut``: more were decided since then; the oldest were left out."""

    since: datetime
    is_cut: bool
    found: Simulation


class Simulations:
    """``operators`` is the pack that governs tenants without one of their own."""

    def __init__(self, decisions: Decisions, versions: PolicyVersions, operators: Policy) -> None:
        self._decisions = decisions
        self._versions = versions
        self._operators = operators

    async def of(self, tenant_id: str, document: dict[str, Any], *, days: int) -> Tried:
        """Try a pack on what the rules decided in the last days.

        Raises:
            RefusedError: ``invalid_policy``, whose field is the path in the pack.
        """
        draft, since = parsed(document), datetime.now(UTC) - timedelta(days=days)
        rows = await self._decisions.of_rules(tenant_id, since, limit=MOST_LINES + 1)
        is_cut = len(rows) > MOST_LINES
        if is_cut:
            # Of a return that is cut in two, no line is left.
            rows = tuple(row for row in rows if row.return_id != rows[-1].return_id)
        known = await self._known(tenant_id, rows)
        found = await asyncio.to_thread(_simulated, rows, known, draft)
        return Tried(since, is_cut, found)

    async def _known(self, tenant_id: str, rows: Sequence[RecordedRow]) -> dict[str, Policy]:
        """Return the policies by which it was decided, as far as they are at hand."""
        hashes = {row.pack_hash for row in rows} - {self._operators.content_hash}
        known = {self._operators.content_hash: self._operators}
        for stored in await self._versions.of_content(tenant_id, hashes) if hashes else ():
            try:
                known[stored.about.content_hash] = policy_of(stored)
            except PolicyError:
                continue  # written for an engine that read packs otherwise: its money is not known
        return known


def _simulated(rows: Sequence[RecordedRow], known: dict[str, Policy], draft: Policy) -> Simulation:
    recorded = [
        Recorded(
            return_id=row.return_id,
            rma_no=row.rma_no,
            quantity=row.quantity,
            currency=row.currency,
            facts=facts_from(row.facts),
            decision=decision_from(row.result),
            policy=known.get(row.pack_hash),
            basis=basis_from(row.basis),
        )
        for row in rows
    ]
    return simulate(recorded, draft, _law_of)


def _law_of(facts: Facts) -> GoverningLaw | None:
    return shipped().law_of(facts.place, facts.contract_at, facts.came_at)
