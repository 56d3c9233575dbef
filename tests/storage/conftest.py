"""A migrated database that every test finds with two tenants and nothing else in it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from runtime.devstack.postgres import APP_ROLE, OWNER_ROLE, PostgresServer
from storage.bookings import Bookings
from storage.database import Database
from storage.models.catalogue import METADATA
from storage.returns import Returns
from storage.settlements import Settlements
from storage.tenants import Tenants
from tests.storage.builders import OTHER, TENANT
from tests.support.postgres import PASSWORD
from tests.support.postgres import Database as Addresses

_NAME = "storage"
_EMPTY = text(f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY")


@pytest.fixture(scope="session")
def addresses(postgres_server: PostgresServer, migrated_template: str) -> Addresses:
    """One database for all of these tests: emptying it is quicker than making one each time."""
    postgres_server.ensure_database(_NAME, template=migrated_template)
    return Addresses(
        owner_url=postgres_server.url(OWNER_ROLE, PASSWORD, _NAME),
        app_url=postgres_server.url(APP_ROLE, PASSWORD, _NAME),
    )


@pytest.fixture(scope="session")
def owner(addresses: Addresses) -> Iterator[Engine]:
    """Connections as the role that owns the tables."""
    engine = create_engine(addresses.owner_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
async def processes(addresses: Addresses) -> AsyncIterator[tuple[Database, Database]]:
    """The connections of two processes, as the application role."""
    pair = (Database(addresses.app_url), Database(addresses.app_url))
    yield pair
    for one in pair:
        await one.aclose()


@pytest.fixture
async def store(owner: Engine, processes: tuple[Database, Database]) -> Database:
    """The first process's connections, to a database with the tenants acme and other."""
    with owner.begin() as connection:
        connection.execute(_EMPTY)
    first, _ = processes
    for tenant_id in (TENANT, OTHER):
        await Tenants(first).create(tenant_id, tenant_id.title())
    return first


@pytest.fixture
def second_store(store: Database, processes: tuple[Database, Database]) -> Database:
    """The second process's connections to the same database."""
    return processes[1]


@pytest.fixture
def returns(store: Database) -> Returns:
    return Returns(store)


@pytest.fixture
def settlements(store: Database) -> Settlements:
    return Settlements(store)


@pytest.fixture
def bookings(store: Database) -> Bookings:
    return Bookings(store)
