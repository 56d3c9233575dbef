"""A tenant's policies: drafted, compared, and published by a second person."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from domain.codes import RefusedError
from domain.commands import Actor
from domain.pack_reading import PolicyError
from domain.policies import Policy
from domain.policy_diff import Difference, differences
from domain.policy_versions import PolicyVersion, read_ref
from domain.texts import WANTED, bad_text_in_json
from packs.library import shipped
from packs.promising import read_policy
from storage.keys import ApiKeys
from storage.policy_versions import PolicyVersions, StoredPolicy


@dataclass(frozen=True, slots=True)
class Compared:
    before: PolicyVersion
    after: PolicyVersion
    differences: tuple[Difference, ...]


class PoliciesService:
    def __init__(self, versions: PolicyVersions, keys: ApiKeys) -> None:
        self._versions = versions
        self._keys = keys

    async def put_draft(
        self, tenant_id: str, ref: str, document: dict[str, Any], *, actor: Actor
    ) -> tuple[PolicyVersion, bool]:
        """Store a draft, or replace it; say too whether it is new. The same again changes nothing.

        Raises:
            RefusedError: ``invalid_policy``, whose field is the path in the pack, or
                ``policy_published`` where other content stands under this version.
        """
        pack_id, version = read_ref(ref)
        draft = _drafted(pack_id, version, document, actor)
        stored, is_new = await self._versions.put_draft(tenant_id, draft, document)
        if stored.content_hash != draft.content_hash:
            raise RefusedError(
                "policy_published", f"{ref} never changes again: put another version", field="ref"
            )
        return stored, is_new

    async def publish(
        self, tenant_id: str, ref: str, *, content_hash: str, actor: Actor
    ) -> PolicyVersion:
        """Let a draft govern the contracts of its days; a repeat changes nothing.

        It is read as it stands now: since it was drafted the law that is shipped may have grown.

        Raises:
            RefusedError: ``policy_not_found``, ``policy_changed``, ``four_eyes``, ``policy_dates``,
                ``invalid_policy``.
        """
        pack_id, version = read_ref(ref)
        draft = await self._versions.get(tenant_id, pack_id, version)
        if draft is not None and draft.about.published_by is None:
            parsed(draft.document)
        published = await self._versions.publish(
            tenant_id,
            pack_id,
            version,
            content_hash=content_hash,
            by=str(actor),
            key_id=actor.actor_id,
            known_as=await self._keys.of_same_holder(tenant_id, actor.actor_id),
            now=datetime.now(UTC),
        )
        if published is None:
            raise _unknown(ref)
        return published

    async def list(self, tenant_id: str) -> tuple[PolicyVersion, ...]:
        """List all versions by the day that they begin on, drafts too."""
        return await self._versions.list(tenant_id)

    async def get(self, tenant_id: str, ref: str) -> StoredPolicy:
        """Read one version with its document: of the tenant's own, or of the law that is shipped.

        Raises:
            RefusedError: ``policy_not_found``.
        """
        found = await self._versions.get(tenant_id, *read_ref(ref))
        found = found if found is not None else _of_law(ref)
        if found is None:
            raise _unknown(ref)
        return found

    async def current(self, tenant_id: str, day: date) -> StoredPolicy:
        """Read the version that governs contracts of a day.

        Raises:
            RefusedError: ``policy_not_found``; without any of its own, the operator's governs.
        """
        found = await self._versions.governing(tenant_id, day)
        if found is None or not found.about.governs(day):
            raise RefusedError("policy_not_found", f"none of the tenant's own governs {day}")
        return found

    async def diff(self, tenant_id: str, before: str, after: str) -> Compared:
        """Say how two versions differ, by path.

        Raises:
            RefusedError: ``policy_not_found``.
        """
        old, new = await self.get(tenant_id, before), await self.get(tenant_id, after)
        return Compared(old.about, new.about, differences(old.document, new.document))


def _of_law(ref: str) -> StoredPolicy | None:
    shelved = shipped().find(ref)
    if shelved is None:
        return None
    governs = shelved.pack.governs
    begins = datetime.combine(governs.start, time(), UTC)
    about = PolicyVersion(
        pack_id=shelved.pack.id,
        version=str(shelved.pack.version),
        content_hash=shelved.content_hash,
        governs_from=governs.start,
        governs_to=governs.end,
        drafted_by=_SHIPPED,
        drafted_at=begins,
        published_by=_SHIPPED,
        published_at=begins,
    )
    return StoredPolicy(about, dict(shelved.document))


_SHIPPED = "engine:shipped"


def parsed(document: dict[str, Any]) -> Policy:
    """Return the policy that a pack is.

    Raises:
        RefusedError: ``invalid_policy``, whose field is the path in the pack.
    """
    if place := bad_text_in_json(document):
        raise RefusedError("invalid_policy", WANTED, field=place)
    try:
        return read_policy(document)
    except PolicyError as error:
        path, _, message = str(error).partition(": ")
        raise RefusedError("invalid_policy", message, field=path) from error


def _drafted(pack_id: str, version: str, document: dict[str, Any], actor: Actor) -> PolicyVersion:
    policy = parsed(document)
    if pack_id in shipped().packs:
        raise RefusedError("invalid_policy", "it names a pack of law", field="id")
    for name, found, wanted in (
        ("id", policy.pack_id, pack_id),
        ("version", policy.version, version),
    ):
        if found != wanted:
            raise RefusedError(
                "invalid_policy", f"wanted {wanted}, as its address says", field=name
            )
    return PolicyVersion(
        pack_id=pack_id,
        version=version,
        content_hash=policy.content_hash,
        governs_from=policy.governs_from,
        governs_to=policy.governs_to,
        drafted_by=str(actor),
        drafted_at=datetime.now(UTC),
    )


def _unknown(ref: str) -> RefusedError:
    return RefusedError("policy_not_found", f"no version {ref}", field="ref")
