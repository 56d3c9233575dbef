"""API keys: shown once, kept as a hash, found before the tenant is known."""

import hashlib
import hmac
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, or_, select, text, update

from storage.database import Database
from storage.models.tenants import ApiKeyModel
from storage.rows import KeyRow
from storage.states import Role

_FORM = re.compile(r"bh_([a-z0-9]{8})_([A-Za-z0-9_-]{32,128})")
_COLUMNS = tuple(getattr(ApiKeyModel, name) for name in KeyRow.__slots__)
_FIND = text(
    "SELECT key_hash, key_id::text, tenant_id, prefix, role, label, created_at, expires_at, "
    "revoked_at, last_used_at FROM lookup_api_key(:key_hash)"
)
# A row written at every request would be the busiest of the database.
_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class MalformedKeyError(ValueError):
    """A key that does not look like ours."""


class ApiKeys:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        tenant_id: str,
        role: Role,
        label: str,
        *,
        key: str | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[str, str]:
        """Create a key and return its id and its plain text, which cannot be read again.

        Args:
            key: A plain text chosen by the caller, so that a repeat finds the key it made.

        Raises:
            MalformedKeyError: ``key`` is not ``bh_<8 of a-z, 0-9>_<32 or more URL-safe>``.
            IntegrityError: ``key`` belongs to another tenant, or there is no such tenant.
        """
        plaintext = key or generate()
        prefix = _prefix(plaintext)
        digest = _digest(plaintext)
        async with self._database.tenant(tenant_id) as connection:
            known: str | None = await connection.scalar(
                select(ApiKeyModel.key_id).where(
                    ApiKeyModel.tenant_id == tenant_id, ApiKeyModel.key_hash == digest
                )
            )
            if known is not None:
                return known, plaintext
            key_id = str(uuid.uuid4())
            await connection.execute(
                insert(ApiKeyModel).values(
                    key_id=key_id,
                    tenant_id=tenant_id,
                    prefix=prefix,
                    key_hash=digest,
                    role=Role(role),
                    label=label,
                    expires_at=expires_at,
                )
            )
        return key_id, plaintext

    async def find(self, plaintext: str) -> KeyRow | None:
        """Return the key if it is valid now: neither revoked nor expired.

        One statement, and at most once a minute a second one that notes the use.
        """
        if not _FORM.fullmatch(plaintext):
            return None
        digest = _digest(plaintext)
        async with self._database.lookup() as connection:
            row = (await connection.execute(_FIND, {"key_hash": digest})).one_or_none()
        if row is None:
            return None
        values = row._asdict()
        # An index answers sooner for some hashes than for others; this comparison does not.
        if not hmac.compare_digest(bytes(values.pop("key_hash")), digest):
            return None
        found = KeyRow(**{**values, "role": Role(values["role"])})
        now = datetime.now(UTC)
        if found.revoked_at is not None or (found.expires_at and found.expires_at <= now):
            return None
        if found.last_used_at is None or now - found.last_used_at > _USE_IS_NOTED_EVERY:
            await self._note_use(found)
        return found

    async def valid(self, tenant_id: str, key_id: str) -> KeyRow | None:
        """Return a key by its id if it is neither revoked nor expired: one statement."""
        query = select(*_COLUMNS).where(
            ApiKeyModel.tenant_id == tenant_id,
            ApiKeyModel.key_id == key_id,
            ApiKeyModel.revoked_at.is_(None),
            or_(ApiKeyModel.expires_at.is_(None), ApiKeyModel.expires_at > func.now()),
        )
        async with self._database.tenant(tenant_id) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else KeyRow(**{**row._asdict(), "role": Role(row.role)})

    async def revoke(self, tenant_id: str, key_id: str) -> bool:
        """End a key now; ``False`` when the tenant has no such key. The first end stays."""
        async with self._database.tenant(tenant_id) as connection:
            ended = await connection.execute(
                update(ApiKeyModel)
                .where(ApiKeyModel.tenant_id == tenant_id, ApiKeyModel.key_id == key_id)
                .values(revoked_at=func.coalesce(ApiKeyModel.revoked_at, func.now()))
            )
        return ended.rowcount == 1

    async def list(self, tenant_id: str) -> tuple[KeyRow, ...]:
        """List a tenant's keys, revoked ones too, oldest first."""
        query = (
            select(*_COLUMNS)
            .where(ApiKeyModel.tenant_id == tenant_id)
            .order_by(ApiKeyModel.created_at, ApiKeyModel.key_id)
        )
        async with self._database.tenant(tenant_id) as connection:
            rows = [row._asdict() for row in await connection.execute(query)]
        return tuple(KeyRow(**{**values, "role": Role(values["role"])}) for values in rows)

    async def of_same_holder(self, tenant_id: str, key_id: str) -> tuple[str, ...]:
        """Return the ids of all keys, ended ones too, under the label of this one: one person's."""
        mine = (
            select(func.lower(ApiKeyModel.label))
            .where(ApiKeyModel.tenant_id == tenant_id, ApiKeyModel.key_id == key_id)
            .scalar_subquery()
        )
        query = (
            select(ApiKeyModel.key_id)
            .where(ApiKeyModel.tenant_id == tenant_id, func.lower(ApiKeyModel.label) == mine)
            .order_by(ApiKeyModel.key_id)
        )
        async with self._database.tenant(tenant_id) as connection:
            return tuple((await connection.scalars(query)).all())

    async def _note_use(self, key: KeyRow) -> None:
        async with self._database.tenant(key.tenant_id) as connection:
            await connection.execute(
                update(ApiKeyModel)
                .where(ApiKeyModel.tenant_id == key.tenant_id, ApiKeyModel.key_id == key.key_id)
                .values(last_used_at=func.now())
            )


def generate() -> str:
    """Return a new key: a prefix to recognise it by, and 256 bits of chance."""
    return f"bh_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"


def _prefix(plaintext: str) -> str:
    form = _FORM.fullmatch(plaintext)
    if form is None:
        raise MalformedKeyError("wanted bh_<8 of a-z, 0-9>_<32 or more URL-safe characters>")
    return form[1]


def _digest(plaintext: str) -> bytes:
    # The secret is chance, not a password: a slow hash would add nothing.
    return hashlib.sha256(plaintext.encode()).digest()
