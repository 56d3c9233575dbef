"""Tenants' policies: drafts are replaced, what is published stays, and one governs each day."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from domain.codes import RefusedError
from domain.policy_versions import PolicyVersion
from storage.database import Database
from storage.policy_versions import PolicyVersions
from tests.storage.builders import NOON, OTHER, TENANT, drafted

SUMMER, AUTUMN = date(2026, 6, 1), date(2026, 9, 1)


async def publish(
    store: Database, version: str, *, key_id: str = "k2", **changes: Any
) -> PolicyVersion:
    """Draft a version and let another person publish it."""
    draft = drafted(version, **changes)
    versions = PolicyVersions(store)
    await versions.put_draft(TENANT, draft, {"version": version})
    published = await versions.publish(
        TENANT,
        draft.pack_id,
        version,
        content_hash=draft.content_hash,
        by=f"admin:{key_id}",
        key_id=key_id,
        known_as=(),
        now=NOON,
    )
    assert published is not None
    return published


def as_owner(owner: Engine, statement: str) -> None:
    """Do it as the role that owns the tables, on the tenant's rows."""
    with owner.begin() as connection:
        connection.execute(text(f"SELECT set_config('backhaul.tenant_id', '{TENANT}', true)"))
        connection.execute(text(statement))


async def test_a_draft_is_replaced_by_other_content(store: Database) -> None:
    """The later content stands, with whoever sent it; the same again changes nothing."""
    versions = PolicyVersions(store)
    _, first_is_new = await versions.put_draft(TENANT, drafted("1"), {"a": 1})
    other = drafted("1", content_hash="sha256:x", drafted_by="admin:k9")
    _, other_is_new = await versions.put_draft(TENANT, other, {"a": 2})
    again, _ = await versions.put_draft(
        TENANT, drafted("1", content_hash="sha256:x"), {"a": "not looked at"}
    )

    stored = await versions.get(TENANT, "OWN", "1")

    assert (first_is_new, other_is_new) == (True, False)
    assert again == other
    assert stored is not None
    assert (stored.about, stored.document) == (other, {"a": 2})


async def test_a_document_is_kept_as_it_was_sent(store: Database) -> None:
    """With the order of its keys and the form of its numbers."""
    sent = {"z": 1.0, "a": [1, {"y": None, "b": "Grüße"}], "big": 10**20}
    await PolicyVersions(store).put_draft(TENANT, drafted("1"), sent)

    stored = await PolicyVersions(store).get(TENANT, "OWN", "1")

    assert stored is not None
    assert repr(stored.document) == repr(sent)


async def test_a_published_version_takes_no_other_content(store: Database) -> None:
    """A draft of the same name is told what stands there."""
    published = await publish(store, "1")

    stored, _ = await PolicyVersions(store).put_draft(
        TENANT, drafted("1", content_hash="sha256:x"), {"a": 2}
    )

    assert stored == published


async def test_the_next_version_closes_the_open_end(store: Database) -> None:
    """The one before governs up to the day on which the next one begins."""
    await publish(store, "1")
    await publish(store, "2", governs_from=SUMMER)

    first, second = await PolicyVersions(store).list(TENANT)

    assert (first.governs_to, second.governs_to) == (SUMMER, None)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2025, 12, 31), "1"),
        (date(2026, 1, 1), "1"),
        (date(2026, 5, 31), "1"),
        (SUMMER, "2"),
        (date(2026, 8, 31), "2"),
        (date(2026, 9, 1), "2"),
    ],
)
async def test_a_day_has_one_version(store: Database, day: date, version: str) -> None:
    """A day before or after all of them gets the nearest, whose dates say that it does not fit."""
    await publish(store, "1")
    await publish(store, "2", governs_from=SUMMER, governs_to=AUTUMN)
    await PolicyVersions(store).put_draft(TENANT, drafted("3", governs_from=AUTUMN), {})

    found = await PolicyVersions(store).governing(TENANT, day)

    assert found is not None
    assert found.about.version == version
    assert found.about.governs(day) == (date(2026, 1, 1) <= day < AUTUMN)


async def test_drafts_and_other_tenants_govern_nothing(store: Database) -> None:
    """Without a published version of its own a tenant has none."""
    await PolicyVersions(store).put_draft(TENANT, drafted("1"), {})
    await publish(store, "2")

    assert await PolicyVersions(store).governing(OTHER, SUMMER) is None


async def test_a_repeated_publication_changes_nothing(store: Database) -> None:
    """Also when the drafter repeats it, and long after its start."""
    first = await publish(store, "1")
    again = await publish(store, "1", key_id="k1")

    assert again == first


async def test_of_two_publications_at_once_one_is_refused(
    store: Database, second_store: Database
) -> None:
    """They would begin on the same day; the second waits, and then sees the first."""
    for version in ("1", "2"):
        await PolicyVersions(store).put_draft(TENANT, drafted(version, governs_from=SUMMER), {})
    await publish(store, "0")

    both = await asyncio.gather(
        publish(store, "1", governs_from=SUMMER),
        publish(second_store, "2", governs_from=SUMMER),
        return_exceptions=True,
    )

    refused = [one for one in both if isinstance(one, RefusedError)]
    assert [error.code for error in refused] == ["policy_dates"]
    assert len([one for one in both if isinstance(one, PolicyVersion)]) == 1


@pytest.mark.parametrize(
    "change",
    [
        "document = '{}'",
        "content_hash = 'sha256:y'",
        "governs_from = '2026-02-01'",
        "published_by = NULL, published_at = NULL",
        "drafted_by = 'admin:k3'",
        "version = '9'",
    ],
)
async def test_a_published_version_never_changes(
    store: Database, owner: Engine, change: str
) -> None:
    """Neither for the application nor for the owner of the tables."""
    await publish(store, "1")
    with pytest.raises(DBAPIError, match="never changes"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(text(f"UPDATE policy_versions SET {change}"))
    with pytest.raises(DBAPIError, match="never changes"):
        as_owner(owner, f"UPDATE policy_versions SET {change}")


async def test_an_end_is_set_once(store: Database) -> None:
    """What a successor closed stays closed where it is."""
    await publish(store, "1")
    await publish(store, "2", governs_from=SUMMER)

    with pytest.raises(DBAPIError, match="never changes"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(
                text("UPDATE policy_versions SET governs_to = '2026-07-01' WHERE version = '1'")
            )


async def test_no_version_is_deleted(store: Database, owner: Engine) -> None:
    """Returns that were decided refer to them for years; drafts stay as well."""
    await PolicyVersions(store).put_draft(TENANT, drafted("1"), {})

    with pytest.raises(DBAPIError, match="permission denied"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(text("DELETE FROM policy_versions"))
    with pytest.raises(DBAPIError, match="never deleted"):
        as_owner(owner, "DELETE FROM policy_versions")
