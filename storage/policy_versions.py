"""Versions of tenants' policies: drafts that may be replaced, published ones that stay."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.policy_versions import PolicyVersion, check_publication
from storage.database import Database
from storage.models.policies import PolicyVersionModel

_COLUMNS = tuple(getattr(PolicyVersionModel, name) for name in PolicyVersion.__slots__)
_IS_PUBLISHED = PolicyVersionModel.published_at.is_not(None)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A version with its document, as it was sent."""

    about: PolicyVersion
    document: dict[str, Any]


class PolicyVersions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_draft(
        self, tenant_id: str, draft: PolicyVersion, document: dict[str, Any]
    ) -> tuple[PolicyVersion, bool]:
        """Store a draft, or replace it by other content; return what is stored, and if it is new.

        The same content changes nothing, also not who drafted it. A published version is returned
        as it is: the caller looks whether it is what was wanted.
        """
        row = upsert(PolicyVersionModel).values(
            tenant_id=tenant_id,
            pack_id=draft.pack_id,
            version=draft.version,
            content_hash=draft.content_hash,
            document=document,
            governs_from=draft.governs_from,
            governs_to=draft.governs_to,
            drafted_by=draft.drafted_by,
            drafted_at=draft.drafted_at,
        )
        replaced = ("content_hash", "document", "governs_from", "governs_to")
        put = row.on_conflict_do_update(
            index_elements=["tenant_id", "pack_id", "version"],
            set_={name: row.excluded[name] for name in (*replaced, "drafted_by", "drafted_at")},
            where=PolicyVersionModel.published_at.is_(None)
            & (PolicyVersionModel.content_hash != row.excluded.content_hash),
        )
        async with self._database.tenant(tenant_id) as connection:
            before = await _one(connection, tenant_id, draft.pack_id, draft.version)
            await connection.execute(put)
            after = await _one(connection, tenant_id, draft.pack_id, draft.version)
        assert after is not None
        return after.about, before is None

    async def get(self, tenant_id: str, pack_id: str, version: str) -> StoredPolicy | None:
        """Read one version: one statement."""
        async with self._database.tenant(tenant_id) as connection:
            return await _one(connection, tenant_id, pack_id, version)

    async def list(self, tenant_id: str) -> tuple[PolicyVersion, ...]:
        """List all versions by the day that they begin on, drafts too: one statement."""
        query = (
            select(*_COLUMNS)
            .where(PolicyVersionModel.tenant_id == tenant_id)
            .order_by(
                PolicyVersionModel.governs_from,
                PolicyVersionModel.pack_id,
                PolicyVersionModel.version,
            )
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple(PolicyVersion(**row._asdict()) for row in await connection.execute(query))

    async def of_content(self, tenant_id: str, hashes: Collection[str]) -> tuple[StoredPolicy, ...]:
        """Read the versions of these contents, with their documents: one statement."""
        query: Select[Any] = select(*_COLUMNS, PolicyVersionModel.document).where(
            PolicyVersionModel.tenant_id == tenant_id,
            PolicyVersionModel.content_hash.in_(hashes),
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = (await connection.execute(query)).all()
        return tuple(stored for row in rows if (stored := _stored(row)) is not None)

    async def governing(self, tenant_id: str, day: date) -> StoredPolicy | None:
        """Read the published version for a contract of a local day: one statement.

        A day outside of all of them gets the nearest one, whose dates say that it does not govern;
        ``None``: the tenant has published nothing.
        """
        begun = PolicyVersionModel.governs_from <= day
        query: Select[Any] = (
            select(*_COLUMNS, PolicyVersionModel.document)
            .where(PolicyVersionModel.tenant_id == tenant_id, _IS_PUBLISHED)
            .order_by(
                case((begun, PolicyVersionModel.governs_from)).desc().nulls_last(),
                PolicyVersionModel.governs_from,
            )
            .limit(1)
        )
        async with self._database.tenant(tenant_id) as connection:
            return _stored((await connection.execute(query)).one_or_none())

    async def publish(
        self,
        tenant_id: str,
        pack_id: str,
        version: str,
        *,
        content_hash: str,
        by: str,
        key_id: str,
        known_as: Collection[str],
        now: datetime,
    ) -> PolicyVersion | None:
        """Publish a draft, and close the open end of the one before it; a repeat changes nothing.

        One at a time for a tenant. ``None``: there is no such version.

        Raises:
            RefusedError: see :func:`check_publication`; of a published version, ``policy_changed``
                where it is not the content that is wanted.
        """
        query = (
            select(*_COLUMNS)
            .where(PolicyVersionModel.tenant_id == tenant_id)
            .order_by(PolicyVersionModel.pack_id, PolicyVersionModel.version)
            .with_for_update()
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = [PolicyVersion(**r._asdict()) for r in await connection.execute(query)]
            wanted = next((r for r in rows if (r.pack_id, r.version) == (pack_id, version)), None)
            if wanted is None:
                return None
            if wanted.published_by is not None and wanted.content_hash == content_hash:
                return wanted
            closed = check_publication(
                wanted,
                [row for row in rows if row.published_by is not None],
                content_hash=content_hash,
                by=key_id,
                known_as=known_as,
                now=now,
            )
            if closed is not None:
                await connection.execute(
                    _of(tenant_id, closed).values(governs_to=wanted.governs_from)
                )
            await connection.execute(
                _of(tenant_id, wanted).values(published_by=by, published_at=func.now())
            )
            after = await _one(connection, tenant_id, pack_id, version)
        assert after is not None
        return after.about


def _of(tenant_id: str, version: PolicyVersion) -> Any:
    return update(PolicyVersionModel).where(
        PolicyVersionModel.tenant_id == tenant_id,
        PolicyVersionModel.pack_id == version.pack_id,
        PolicyVersionModel.version == version.version,
    )


async def _one(
    connection: AsyncConnection, tenant_id: str, pack_id: str, version: str
) -> StoredPolicy | None:
    query: Select[Any] = select(*_COLUMNS, PolicyVersionModel.document).where(
        PolicyVersionModel.tenant_id == tenant_id,
        PolicyVersionModel.pack_id == pack_id,
        PolicyVersionModel.version == version,
    )
    return _stored((await connection.execute(query)).one_or_none())


def _stored(row: Row[Any] | None) -> StoredPolicy | None:
    if row is None:
        return None
    values = row._asdict()
    document = values.pop("document")
    return StoredPolicy(PolicyVersion(**values), document)
