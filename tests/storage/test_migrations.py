"""Migrations make what the models say, once, and give the application its rights."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from runtime.devstack.postgres import APP_ROLE, OWNER_ROLE
from storage.database import Database
from storage.grants import TABLES
from storage.migrate import MigrationError, current, newest, upgrade
from storage.models.catalogue import METADATA
from storage.tenants import Tenants
from tests.support.postgres import Database as Addresses


def test_the_schema_is_what_the_models_say(owner: Engine) -> None:
    """A model that changed without a revision is found here."""
    with owner.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences = compare_metadata(context, METADATA)

    assert differences == []


def test_every_constraint_has_a_name(owner: Engine) -> None:
    """Names by convention, so that revisions and error messages can use them."""
    with owner.connect() as connection:
        names = connection.scalars(
            text(
                "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
                "WHERE t.relnamespace = 'public'::regnamespace AND contype IN ('p','u','f','c') "
                "AND relname <> 'alembic_version'"
            )
        ).all()

    assert names
    assert [name for name in names if name[:3] not in {"pk_", "uq_", "fk_", "ck_"}] == []


async def test_an_empty_database_is_migrated_once(empty_database: Addresses) -> None:
    """The second time nothing changes, and the rows stay."""
    before = current(empty_database.owner_url)
    upgrade(empty_database.owner_url, APP_ROLE)
    store = Database(empty_database.app_url)
    await Tenants(store).create("acme", "Acme")
    upgrade(empty_database.owner_url, APP_ROLE)

    assert before is None
    assert current(empty_database.owner_url) == newest()
    assert len(await Tenants(store).list_all()) == 1
    await store.ping()
    await store.aclose()


def test_several_processes_may_migrate_at_once(empty_database: Addresses) -> None:
    """Replicas that start together wait for the first."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: upgrade(empty_database.owner_url, APP_ROLE), range(4)))

    assert current(empty_database.owner_url) == newest()


def test_a_failed_migration_leaves_nothing(empty_database: Addresses) -> None:
    """Without the application's role nothing is created, and the message says what to do."""
    with pytest.raises(MigrationError, match="wanted a role nobody_yet"):
        upgrade(empty_database.owner_url, "nobody_yet")
    with pytest.raises(MigrationError, match="besides the owner"):
        upgrade(empty_database.owner_url, OWNER_ROLE)

    assert current(empty_database.owner_url) is None


def test_rights_that_were_given_by_hand_are_taken_back(empty_database: Addresses) -> None:
    """The application's rights are those of the program, whatever they were before."""
    upgrade(empty_database.owner_url, APP_ROLE)
    engine = create_engine(empty_database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"GRANT ALL ON return_events TO {APP_ROLE}"))
    upgrade(empty_database.owner_url, APP_ROLE)

    with engine.connect() as connection:
        may_delete = connection.scalar(
            text(f"SELECT has_table_privilege('{APP_ROLE}', 'return_events', 'DELETE')")
        )
    assert may_delete is False


def test_rights_are_stated_for_every_table() -> None:
    """No table is forgotten, and none is granted that does not exist."""
    assert set(TABLES) == set(METADATA.tables)
