"""Tenants, their connections with encrypted secrets, and their API keys."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.keys import ApiKeys, MalformedKeyError, generate
from storage.models.tenants import ApiKeyModel, ConnectionModel
from storage.rows import ConnectionAddress, ConnectionRow, TenantRow
from storage.secrets import SecretBox, SecretsUnreadableError
from storage.states import Role
from storage.tenants import Tenants
from tests.storage.builders import OTHER, TENANT

OLD_KEY, NEW_KEY = (Fernet.generate_key().decode() for _ in range(2))


def _connection(**changes: Any) -> ConnectionRow:
    facts: dict[str, Any] = {
        "connection_id": str(uuid4()),
        "tenant_id": TENANT,
        "kind": "payments",
        "adapter": "stripe",
        "base_url": "http://127.0.0.1:1/stripe",
        "secrets": {"api_key": "sk_test_1"},
        "settings": {"account": "acct_1"},
    }
    return ConnectionRow(**facts | changes)


async def test_a_tenant_has_several_carriers_and_one_of_each_other_kind(store: Database) -> None:
    """A carrier replaces the one of the same adapter alone; a provider replaces any other."""
    tenants = Tenants(store, SecretBox(OLD_KEY))
    for kind, adapter in (
        ("carrier", "easypost"),
        ("carrier", "other"),
        ("carrier", "easypost"),
        ("payments", "stripe"),
        ("payments", "paypal"),
    ):
        await tenants.put_connection(_connection(kind=kind, adapter=adapter))

    found = [(one.kind, one.adapter) for one in await tenants.connections(TENANT)]

    assert found == [("carrier", "easypost"), ("carrier", "other"), ("payments", "paypal")]


async def test_a_tenant_is_created_once(store: Database) -> None:
    """Creating it again changes nothing."""
    tenants = Tenants(store)

    assert await tenants.create("third", "Third")
    assert not await tenants.create("third", "Renamed")
    assert await tenants.get("third") == TenantRow("third", "Third")
    assert await tenants.get("fourth") is None
    assert [one.tenant_id for one in await tenants.list_all()] == [TENANT, OTHER, "third"]


@pytest.mark.parametrize("tenant_id", ["Acme", "-a", "a b", "ä", "a" * 64])
async def test_a_tenant_id_is_a_slug(store: Database, tenant_id: str) -> None:
    """It stands in addresses, logs and search attributes."""
    with pytest.raises(IntegrityError, match="tenant_id_is_slug"):
        await Tenants(store).create(tenant_id, "Name")


async def test_no_session_has_an_empty_tenant(store: Database) -> None:
    """An empty id is what a forgotten setting looks like."""
    with pytest.raises(ValueError, match="empty"):
        await Tenants(store).get("")


async def test_a_connection_keeps_its_id_when_it_is_replaced(store: Database) -> None:
    """Webhook addresses hold the id; secrets and settings are replaced as a whole."""
    tenants = Tenants(store, SecretBox(NEW_KEY))
    first = await tenants.put_connection(_connection())

    second = await tenants.put_connection(_connection(secrets={"api_key": "sk_test_2"}))

    assert second.connection_id == first.connection_id
    assert await tenants.connections(TENANT) == (second,)
    assert await tenants.connection_by_id(first.connection_id) == second
    assert second.secrets == {"api_key": "sk_test_2"}
    assert await tenants.connections(OTHER) == ()


@pytest.mark.parametrize("unknown", ["x", "", str(UUID(int=7))])
async def test_an_unknown_connection_is_none(store: Database, unknown: str) -> None:
    """A webhook to a made-up address finds nothing, whatever stands in it."""
    assert await Tenants(store, SecretBox(NEW_KEY)).connection_by_id(unknown) is None


async def test_secrets_are_nowhere_in_plain_text(store: Database) -> None:
    """Neither in the table nor in what a log line would print."""
    tenants = Tenants(store, SecretBox(NEW_KEY))
    row = await tenants.put_connection(_connection())

    async with store.tenant(TENANT) as connection:
        stored = await connection.scalar(select(ConnectionModel.secrets_encrypted))

    assert stored is not None
    assert b"sk_test_1" not in bytes(stored)
    assert "sk_test_1" not in repr(row)


async def test_a_replaced_key_still_reads_older_secrets(store: Database) -> None:
    """With the old key second, all is read; without it, the error says what to do."""
    await Tenants(store, SecretBox(OLD_KEY)).put_connection(_connection())
    both = SecretBox(NEW_KEY, OLD_KEY)

    (row,) = await Tenants(store, both).connections(TENANT)
    await Tenants(store, both).put_connection(row)
    (renewed,) = await Tenants(store, SecretBox(NEW_KEY)).connections(TENANT)

    assert renewed.secrets == {"api_key": "sk_test_1"}
    with pytest.raises(SecretsUnreadableError, match="bring the old key back"):
        await Tenants(store, SecretBox(OLD_KEY)).connections(TENANT)


async def test_all_connections_tell_where_they_point(store: Database) -> None:
    """The check at start needs no secret and no key."""
    tenants = Tenants(store, SecretBox(NEW_KEY))
    mine = await tenants.put_connection(_connection())
    theirs = await tenants.put_connection(_connection(tenant_id=OTHER, kind="carriers"))

    assert await Tenants(store).all_connections() == (
        ConnectionAddress(TENANT, mine.connection_id, "payments", mine.base_url),
        ConnectionAddress(OTHER, theirs.connection_id, "carriers", theirs.base_url),
    )


async def test_connections_need_a_cipher(store: Database) -> None:
    """Forgetting it is a clear mistake, not an unencrypted row."""
    with pytest.raises(ValueError, match="SecretBox"):
        await Tenants(store).put_connection(_connection())


async def test_a_key_is_found_by_its_plain_text_only(store: Database) -> None:
    """It tells tenant and role; what is stored does not open anything."""
    keys = ApiKeys(store)
    key_id, plaintext = await keys.create(TENANT, Role.WAREHOUSE, "dock 4")

    found = await keys.find(plaintext)

    assert found is not None
    assert (found.key_id, found.tenant_id, found.role) == (key_id, TENANT, Role.WAREHOUSE)
    assert plaintext.startswith(f"bh_{found.prefix}_")
    async with store.tenant(TENANT) as connection:
        stored = await connection.scalar(select(ApiKeyModel.key_hash))
    assert stored is not None
    assert len(bytes(stored)) == 32


KEY = f"bh_0123abcd_{'k' * 43}"
"""A key of the right form that nobody was given."""


@pytest.mark.parametrize("plaintext", ["", "x", "bh_", KEY, KEY + "\n", "bh_é", "bh_a_b", " "])
async def test_an_unknown_key_is_none(store: Database, plaintext: str) -> None:
    """Made-up keys of any form find nothing."""
    assert await ApiKeys(store).find(plaintext) is None


async def test_a_revoked_or_expired_key_is_none(store: Database) -> None:
    """Both ends take effect at once; revoking twice keeps the first time."""
    keys = ApiKeys(store)
    past = datetime.now(UTC) - timedelta(seconds=1)
    _, expired = await keys.create(TENANT, Role.OPS, "old", expires_at=past)
    key_id, revoked = await keys.create(TENANT, Role.OPS, "leaked")

    assert await keys.revoke(TENANT, key_id)
    first_end = [key.revoked_at for key in await keys.list(TENANT)]
    assert await keys.revoke(TENANT, key_id)

    assert await keys.find(expired) is None
    assert await keys.find(revoked) is None
    assert [key.revoked_at for key in await keys.list(TENANT)] == first_end


async def test_a_tenant_cannot_revoke_anothers_key(store: Database) -> None:
    """Its id is unknown there."""
    keys = ApiKeys(store)
    key_id, plaintext = await keys.create(TENANT, Role.ADMIN, "mine")

    assert not await keys.revoke(OTHER, key_id)
    assert await keys.find(plaintext) is not None
    assert await keys.list(OTHER) == ()


async def test_a_given_key_is_created_once(store: Database) -> None:
    """A demo that starts twice finds the key that it made."""
    keys, given = ApiKeys(store), generate()

    first = await keys.create(TENANT, Role.PLATFORM, "demo", key=given)
    second = await keys.create(TENANT, Role.PLATFORM, "demo", key=given)

    assert first == second
    assert first[1] == given
    with pytest.raises(IntegrityError):
        await keys.create(OTHER, Role.PLATFORM, "demo", key=given)
    with pytest.raises(MalformedKeyError):
        await keys.create(TENANT, Role.PLATFORM, "demo", key="password")


async def test_use_is_noted_once_a_minute(store: Database) -> None:
    """Enough to find keys that nobody uses, without a write at each request."""
    keys = ApiKeys(store)
    _, plaintext = await keys.create(TENANT, Role.OPS, "console")

    await keys.find(plaintext)
    (noted,) = await keys.list(TENANT)
    await keys.find(plaintext)
    (soon_after,) = await keys.list(TENANT)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    async with store.tenant(TENANT) as connection:
        await connection.execute(update(ApiKeyModel).values(last_used_at=an_hour_ago))
    await keys.find(plaintext)
    (later,) = await keys.list(TENANT)

    assert noted.last_used_at is not None
    assert soon_after.last_used_at == noted.last_used_at
    assert later.last_used_at is not None
    assert later.last_used_at >= noted.last_used_at
