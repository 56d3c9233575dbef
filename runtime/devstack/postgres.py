"""One embedded PostgreSQL: made, started and stopped with the server's own programs."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from runtime.devstack.errors import StackError
from runtime.devstack.postgres_files import choose_account, find_installation, reachable_programs
from runtime.devstack.processes import (
    Launch,
    StopStep,
    command_line,
    identify,
    stop_process,
)

OWNER_ROLE = "backhaul_owner"
APP_ROLE = "backhaul_app"
DATABASE = "backhaul"

# Fast shutdown, then immediate shutdown (recovered from the log at the next start).
STOP = (StopStep(signal.SIGINT, 30), StopStep(signal.SIGQUIT, 10))
# Recovery after a crash may take a while; nothing is gained by giving up on it early.
_READY_SECONDS = 120.0
_SOCKET_PATH_LIMIT_BYTES = 107


class PostgresServer:
    """The server whose files are in ``home / "postgres"``.

    Args:
        password: The superuser's; it must be the one the files were made with.
        options: Further ``-c`` settings, such as ``fsync=off`` for tests.
    """

    def __init__(
        self, home: Path, *, port: int, password: str, options: Sequence[str] = ()
    ) -> None:
        self.home = home
        self._files = home / "postgres"
        self._port = port
        self._password = password
        self._options = tuple(options)
        self._account = choose_account(self._files)

    def prepare(self) -> Launch:
        """Make the files unless they exist, and return how to start the server on them.

        Raises:
            StackError: there is no PostgreSQL, or its version cannot read the files.
        """
        installation = find_installation()
        version = installation.version()
        programs = reachable_programs(installation, self.home, self._account)
        major = version.split(".")[0]
        if (self._files / "PG_VERSION").exists():
            found = (self._files / "PG_VERSION").read_text().strip()
            if found != major:
                raise StackError(
                    f"the data in {self._files} was made by PostgreSQL {found}, the installed one "
                    f"is {version}: dump it with version {found} and load it again, "
                    "or start afresh with `backhaul reset`"
                )
            end_orphan(self._files)
        else:
            self._initialise(programs, int(major))
        return Launch(
            command=(str(programs / "postgres"), *self._arguments()),
            environment=self._environment(),
            death_signal=signal.SIGINT,
            stop=STOP,
            account=self._account,
            directory=Path("/"),
        )

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """Return the address of a database for SQLAlchemy with psycopg."""
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self._port}/{database}"

    def wait_ready(self, is_alive: Callable[[], bool], seconds: float = _READY_SECONDS) -> None:
        """Return once the server takes connections.

        Raises:
            StackError: it died, refuses our password, or took longer than ``seconds``.
        """
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if not is_alive():
                raise StackError("PostgreSQL stopped while it was starting")
            if time.monotonic() > deadline:
                raise StackError(f"PostgreSQL was not ready after {seconds:.0f} s")
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Return whether the server takes a real connection.

        Raises:
            StackError: it does, and refuses our password.
        """
        try:
            self.connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    f"the database in {self._files} has another password than secrets.json: "
                    "put the right secrets.json back, or start afresh with `backhaul reset`"
                ) from error
            return False
        return True

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """Return a superuser's connection that commits every statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self._port,
            user="postgres",
            password=self._password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def ensure_roles(self, *, owner_password: str, app_password: str) -> None:
        """Make the owning and the application role, or give them these passwords."""
        with self.connect() as connection:
            for role, password in ((OWNER_ROLE, owner_password), (APP_ROLE, app_password)):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
                verb = "ALTER ROLE" if known.fetchone() else "CREATE ROLE"
                connection.execute(
                    sql.SQL(
                        "{} {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}"
                    ).format(sql.SQL(verb), sql.Identifier(role), sql.Literal(password))
                )

    def ensure_database(self, name: str = DATABASE, template: str | None = None) -> None:
        """Make a database of the owning role that the application role may connect to."""
        with self.connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if known.fetchone():
                return
            database, owner = sql.Identifier(name), sql.Identifier(OWNER_ROLE)
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    database, owner, sql.Identifier(template or "template1")
                )
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    database, sql.Identifier(APP_ROLE)
                )
            )

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _arguments(self) -> tuple[str, ...]:
        socket = self._files / f".s.PGSQL.{self._port}"
        sockets = self._files if len(os.fsencode(socket)) < _SOCKET_PATH_LIMIT_BYTES else ""
        settings = (
            "listen_addresses=127.0.0.1",
            f"port={self._port}",
            f"unix_socket_directories={sockets}",
            "timezone=UTC",
            "log_timezone=UTC",
            *self._options,
        )
        return ("-D", str(self._files), *(part for one in settings for part in ("-c", one)))

    def _environment(self) -> dict[str, str]:
        # PG* variables of the person's own would steer the programs; a fixed locale keeps the
        # messages readable to is_ready().
        return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}

    def _initialise(self, programs: Path, major: int) -> None:
        """Run initdb beside the final place, so that a kill leaves nothing half made there."""
        partial = self.home / "postgres.partial"
        password_file = self.home / "postgres.password"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self._password + "\n")
        if self._account is not None:
            for path in (partial, password_file):
                os.chown(path, self._account.uid, self._account.gid)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
        try:
            answer = subprocess.run(  # noqa: S603  # a program we found ourselves
                [
                    str(programs / "initdb"),
                    f"--pgdata={partial}",
                    "--username=postgres",
                    f"--pwfile={password_file}",
                    "--auth-local=scram-sha-256",
                    "--auth-host=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    *locale,
                    "--data-checksums",
                    "--no-instructions",
                ],
                env=self._environment(),
                cwd="/",
                user=None if self._account is None else self._account.uid,
                group=None if self._account is None else self._account.gid,
                extra_groups=None if self._account is None else (),
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password_file.unlink()
        if answer.returncode != 0:
            raise StackError(f"initdb failed: {answer.stderr.strip() or answer.stdout.strip()}")
        partial.rename(self._files)


def end_orphan(files: Path) -> None:
    """Stop a server that outlived its supervisor; remove the locks of one that is dead.

    PostgreSQL refuses to start while the pid in one of its lock files belongs to any process at
    all, which may be a zombie that nobody has reaped, or after a restart of the machine anybody's.
    """
    lock = files / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(lock.read_text().splitlines()[0])
        process = identify(pid)
        if process is not None and str(files) in command_line(pid):
            stop_process(process, STOP)
        if _exists(pid):
            lock.unlink()
    for socket_lock in files.glob(".s.PGSQL.*.lock"):
        socket_lock.unlink()


def _exists(pid: int) -> bool:
    """Return whether a pid is in use, if only by a zombie: PostgreSQL does not ask further."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
