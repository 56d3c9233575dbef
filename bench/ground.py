"""The stack that is measured: embedded, in a folder of its own, gone at the end."""

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from runtime.devstack.errors import StackError
from runtime.devstack.postgres import DATABASE, PostgresServer
from runtime.devstack.stack import Stack, start_stack
from runtime.settings import PREFIX

Tell = Callable[[str], None]
# Our own waits take as long as they say: none ends while a round is measured.
REAL_TIME = 1.0


@dataclass(frozen=True, slots=True)
class Ground:
    """A running stack whose PostgreSQL counts statements, and its superuser."""

    stack: Stack
    server: PostgresServer

    def pid(self, service: str) -> int:
        return self.stack.record.processes[service].pid

    async def connect(self, database: str = DATABASE) -> "psycopg.AsyncConnection[Any]":
        """Open a superuser's connection, which sees the rows of every tenant."""
        record, secrets = self.stack.record, self.stack.secrets
        return await psycopg.AsyncConnection.connect(
            host="127.0.0.1",
            port=record.ports["postgres"],
            user="postgres",
            password=secrets["postgres_password"],
            dbname=database,
            autocommit=True,
        )


@contextmanager
def open_ground(*, time_scale: float = REAL_TIME, tell: Tell) -> Iterator[Ground]:
    """Start a stack in a temporary folder on free ports; stop it and remove the folder after.

    Raises:
        StackError: it could not start, or the environment names a database or engine to use.
    """
    folder = Path(tempfile.mkdtemp(prefix="backhaul-bench-"))
    overrides = {
        f"{PREFIX}TIME_SCALE": f"{time_scale:g}",
        f"{PREFIX}API_PORT": str(free_port()),
        f"{PREFIX}LOG_LEVEL": "WARNING",
    }
    try:
        with start_stack(folder, services=("postgres",), overrides=overrides) as stack:
            if "postgres" not in stack.urls:
                raise StackError("the benchmark measures a stack of its own: unset the database")
            _count_statements(_server(stack))
        home = Path(stack.record.postgres_home or folder)
        try:
            with start_stack(folder, overrides=overrides, on_progress=tell) as stack:
                server = _server(stack)
                with server.connect() as connection:
                    connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
                yield Ground(stack, server)
        finally:
            if home != folder:
                shutil.rmtree(home, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _count_statements(server: PostgresServer) -> None:
    """Have the server load the module that counts statements, from its next start on."""
    with server.connect() as connection:
        connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")


def _server(stack: Stack) -> PostgresServer:
    record = stack.record
    return PostgresServer(
        Path(record.postgres_home or stack.folder.root),
        port=record.ports["postgres"],
        password=stack.secrets["postgres_password"],
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
