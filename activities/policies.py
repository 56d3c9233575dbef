"""Read the policy pack that governs: the tenant's own, the operator's, or the shipped one."""

import json
from dataclasses import replace
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from domain.pack_reading import PolicyError
from domain.policies import Policy
from domain.policy_reading import parse_policy
from packs.files import read_document
from packs.promising import read_policy
from storage.policy_versions import PolicyVersions, StoredPolicy

_PARSED_AT_ONCE = 256


@cache
def load_policy(pack: Path | None = None) -> Policy:
    """Return the pack in this file, or the standard one, parsed and checked once per process.

    Raises:
        PolicyError: the file cannot be read, is no pack, or promises less than the law gives; the
            message says where.
    """
    if pack is None:
        return read_policy(json.loads((files("domain") / "packs" / "standard.json").read_text()))
    return read_policy(read_document(pack, name=pack.name))


class GoverningPolicies:
    """What governs each tenant's contracts: versions of its own, else the ``operators`` pack."""

    def __init__(self, versions: PolicyVersions, operators: Policy) -> None:
        self._versions = versions
        self._operators = operators

    async def of(self, tenant_id: str, day: date) -> Policy:
        """Return the policy for a contract of this local day: one statement.

        Who has published any goes by these alone. A day that none of them governs gets the nearest
        one, by whose dates the decision is found to be a person's (``M_PACK_MISSING``): nobody
        promised the operator's pack for that day, nor the newest.

        Raises:
            PolicyError: the version was published by an engine that read packs otherwise.
        """
        stored = await self._versions.governing(tenant_id, day)
        return self._operators if stored is None else policy_of(stored)

    async def waits_of(self, tenant_id: str, day: date) -> Policy:
        """Return the same for its waits alone: one that cannot be read has the operator's."""
        try:
            return await self.of(tenant_id, day)
        except PolicyError:
            return self._operators


def policy_of(stored: StoredPolicy) -> Policy:
    """Return a version as the engine reads it, with the end that a successor has set.

    Parsed once per content and process.
    """
    return replace(
        _parsed(_Content(stored.about.content_hash, stored.document)),
        governs_to=stored.about.governs_to,
    )


class _Content:
    """A document that is known by its hash."""

    def __init__(self, content_hash: str, document: dict[str, object]) -> None:
        self.content_hash = content_hash
        self.document = document

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and other.content_hash == self.content_hash


@lru_cache(maxsize=_PARSED_AT_ONCE)
def _parsed(content: _Content) -> Policy:
    return parse_policy(content.document)
