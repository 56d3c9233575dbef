"""A real PostgreSQL for tests: one server a session, one freshly migrated database a test."""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from runtime.devstack.ports import free_port
from runtime.devstack.postgres import APP_ROLE, OWNER_ROLE, PostgresServer
from runtime.devstack.postgres_files import choose_home
from runtime.devstack.processes import spawn, stop_child
from storage.migrate import upgrade
from tests.support.memory import roomy_memory

PASSWORD = "not-a-secret"
_TEMPLATE = "migrated"
# Nothing here has to survive a crash.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@dataclass(frozen=True, slots=True)
class Database:
    """Addresses of one migrated database, for SQLAlchemy with psycopg."""

    owner_url: str
    app_url: str


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One embedded PostgreSQL on a free port; its files are removed at the end."""
    with contextlib.ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix="backhaul-tests-", dir=roomy_memory()))
        cleanup.callback(shutil.rmtree, folder)
        home = choose_home(folder, recorded=None)
        if home != folder:
            cleanup.callback(shutil.rmtree, home)
        server = PostgresServer(home, port=free_port(), password=PASSWORD, options=_FAST)
        launch = server.prepare()
        child = spawn(launch, folder / "postgres.log")
        cleanup.callback(stop_child, child, launch.stop)
        server.wait_ready(lambda: child.poll() is None)
        server.ensure_roles(owner_password=PASSWORD, app_password=PASSWORD)
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The name of a database with every migration applied and no rows, to copy from."""
    postgres_server.ensure_database(_TEMPLATE)
    upgrade(postgres_server.url(OWNER_ROLE, PASSWORD, _TEMPLATE), app_role=APP_ROLE)
    return _TEMPLATE


_numbers = itertools.count(1)


@pytest.fixture
def database(postgres_server: PostgresServer, migrated_template: str) -> Iterator[Database]:
    """A database of this test's own, migrated and empty."""
    name = f"test_{next(_numbers)}"
    postgres_server.ensure_database(name, template=migrated_template)
    yield Database(
        owner_url=postgres_server.url(OWNER_ROLE, PASSWORD, name),
        app_url=postgres_server.url(APP_ROLE, PASSWORD, name),
    )
    postgres_server.drop_database(name)


@pytest.fixture
def empty_database(postgres_server: PostgresServer) -> Iterator[Database]:
    """A database of this test's own that no migration has touched."""
    name = f"empty_{next(_numbers)}"
    postgres_server.ensure_database(name)
    yield Database(
        owner_url=postgres_server.url(OWNER_ROLE, PASSWORD, name),
        app_url=postgres_server.url(APP_ROLE, PASSWORD, name),
    )
    postgres_server.drop_database(name)


@contextlib.contextmanager
def out_of_reach(database: Database, table: str) -> Iterator[None]:
    """Hold a table, so that every write to it fails."""
    with psycopg.connect(database.owner_url.replace("+psycopg", "")) as connection:
        connection.execute(
            sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(table))
        )
        yield
