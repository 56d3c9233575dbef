"""A tenant's session sees and writes nothing of another, in any table."""

import pytest
from sqlalchemy import Engine, Table, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from storage.database import Database
from storage.grants import FUNCTIONS, TABLES
from storage.models.catalogue import METADATA
from tests.storage.builders import OTHER, TENANT
from tests.storage.population import populate

EVERY_TABLE = pytest.mark.parametrize(
    "table", METADATA.sorted_tables, ids=[table.name for table in METADATA.sorted_tables]
)
FOUND_BEFORE_THE_TENANT = {"tenants", "connections", "api_keys", "survey_invites"}


@EVERY_TABLE
async def test_every_table_names_its_tenant(table: Table) -> None:
    """And its key or a foreign key holds the tenant, so that no row refers to another's."""
    assert "tenant_id" in table.columns
    assert not table.columns["tenant_id"].nullable


@EVERY_TABLE
async def test_a_session_sees_its_own_rows_only(store: Database, table: Table) -> None:
    """Each tenant has rows; each sees exactly those; a session without a tenant sees none."""
    for tenant_id in (TENANT, OTHER):
        await populate(store, tenant_id)

    seen = {}
    for tenant_id in (TENANT, OTHER):
        async with store.tenant(tenant_id) as connection:
            tenants = await connection.scalars(select(table.c.tenant_id))
            seen[tenant_id] = set(tenants.all())
    async with store.lookup() as connection:
        nobodys = await connection.scalar(select(func.count()).select_from(table))

    assert seen == {TENANT: {TENANT}, OTHER: {OTHER}}
    assert nobodys == 0


@EVERY_TABLE
async def test_a_session_inserts_no_row_of_another(store: Database, table: Table) -> None:
    """The policy refuses the row before any key or reference is looked at."""
    await populate(store, TENANT)
    async with store.tenant(TENANT) as connection:
        row = (await connection.execute(select(table))).mappings().first()
    assert row is not None
    values = {name: row[name] for name in row if name != "ingest_no"}

    with pytest.raises(ProgrammingError, match="row-level security policy"):
        async with store.tenant(OTHER) as connection:
            await connection.execute(insert(table).values(values))


@EVERY_TABLE
async def test_a_session_changes_no_row_of_another(store: Database, table: Table) -> None:
    """An update or deletion without any condition touches nothing of the other tenant."""
    await populate(store, TENANT)
    rights = TABLES[table.name]
    column = "position" if table.name == "return_events" else "expires_at"

    async with store.tenant(OTHER) as connection:
        changed = 0
        if "UPDATE (" in rights:
            done = await connection.execute(update(table).values({column: table.c[column]}))
            changed += done.rowcount
        elif "UPDATE" in rights:
            done = await connection.execute(update(table).values(tenant_id=OTHER))
            changed += done.rowcount
        if "DELETE" in rights:
            changed += (await connection.execute(table.delete())).rowcount

    assert changed == 0


@EVERY_TABLE
async def test_a_session_gives_no_row_away(store: Database, table: Table) -> None:
    """Its own rows cannot be moved to another tenant."""
    await populate(store, TENANT)

    with pytest.raises(ProgrammingError, match=r"row-level security policy|permission denied"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(update(table).values(tenant_id=OTHER))


@EVERY_TABLE
async def test_the_owner_is_bound_as_well(store: Database, owner: Engine, table: Table) -> None:
    """Policies are forced; the owner reads across tenants only what look-ups need."""
    await populate(store, TENANT)

    with owner.connect() as connection:
        enabled, forced = connection.execute(
            text(
                "SELECT relrowsecurity, relforcerowsecurity FROM pg_class "
                "WHERE oid = CAST(:name AS regclass)"
            ),
            {"name": table.name},
        ).one()
        rows = connection.scalar(select(func.count()).select_from(table))

    assert enabled
    assert forced
    assert (rows or 0) > 0 if table.name in FOUND_BEFORE_THE_TENANT else rows == 0


async def test_a_setting_does_not_outlive_its_transaction(
    store: Database, second_store: Database
) -> None:
    """A pooled connection that served one tenant shows the next nothing of it."""
    await populate(store, TENANT)
    for _ in range(3):
        async with store.tenant(TENANT) as connection:
            await connection.execute(text("SELECT 1"))
        async with store.lookup() as connection:
            setting = await connection.scalar(
                text("SELECT coalesce(current_setting('backhaul.tenant_id', true), '')")
            )
            assert setting == ""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE return_events SET data = '{}'",
        "UPDATE return_events SET type = 'return.closed'",
        "UPDATE return_events SET recorded_at = now()",
        "DELETE FROM return_events",
        "TRUNCATE return_events",
        "DELETE FROM returns",
        "DELETE FROM refund_intents",
        "UPDATE settlements SET amount_minor = 0",
        "UPDATE tracking_scans SET description = ''",
        "UPDATE survey_answers SET csat = 5",
        "DELETE FROM notices",
        "ALTER TABLE returns DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (x int)",
        "SELECT * FROM alembic_version",
    ],
)
async def test_the_application_role_cannot_rewrite_facts(store: Database, statement: str) -> None:
    """Events, settlements, scans and answers are appended; nothing that happened is deleted."""
    await populate(store, TENANT)

    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with store.tenant(TENANT) as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize("position", ["7", "NULL"])
async def test_a_position_is_assigned_once(store: Database, position: str) -> None:
    """What readers remember does not change under them."""
    await populate(store, TENANT)

    async with store.tenant(TENANT) as connection:
        done = await connection.execute(text(f"UPDATE return_events SET position = {position}"))

    assert done.rowcount == 0


async def test_look_ups_are_narrow_and_safe(store: Database, owner: Engine) -> None:
    """They are all that runs with the owner's rights, on a fixed path, for the application only."""
    with owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT oid::regprocedure::text AS signature, proconfig, provolatile, "
                "has_function_privilege('public', oid, 'EXECUTE') AS for_all "
                "FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            )
        ).all()

    assert {row.signature for row in rows} == set(FUNCTIONS)
    for row in rows:
        assert row.proconfig == ["search_path=pg_catalog, pg_temp"]
        assert row.provolatile == "s"
        assert not row.for_all
