"""The process that starts, watches and stops all others: ``python -m runtime.devstack.supervisor``.

It talks to whoever started it over two pipes. On standard output it writes one JSON object a line:
``{"event": "progress", "message": ...}``, then ``ready`` or ``failed``. Standard input is a leash:
when it ends before a byte came, the starter has died or given up, and the stack stops.
"""

import argparse
import json
import os
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import FrameType

import structlog

from runtime.devstack import composition
from runtime.devstack.crew import Crew
from runtime.devstack.errors import StackError
from runtime.devstack.folder import DataFolder, StackRecord
from runtime.devstack.leftovers import end_leftovers
from runtime.devstack.modules import python_launch
from runtime.devstack.ports import choose_ports, moved
from runtime.devstack.postgres import PostgresServer
from runtime.devstack.postgres_files import choose_home
from runtime.devstack.processes import identify, spawn, stop_child, tail
from runtime.devstack.services import (
    ALL,
    ENGINE,
    FOUNDATIONS,
    Service,
    api_service,
    postgres_service,
    sandbox_service,
    temporal_service,
    worker_service,
)
from runtime.logging import configure_logging
from runtime.settings import SettingsError, StackSettings, load_stack_settings
from storage.states import Role

_TEND_SECONDS = 0.5

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class StopRequestedError(Exception):
    """A signal came, or the leash broke: whatever is under way ends here."""


class Supervisor:
    """Runs the stack of one data folder in the calling process, which must be single-threaded."""

    def __init__(
        self, folder: DataFolder, settings: StackSettings, services: Sequence[str]
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._names = tuple(name for name in services if name not in _replaced(settings))
        self._record = StackRecord()
        self._stop_requested = False
        self._leashed = True
        self._wakeup, self._waker = os.pipe()
        self._crew = Crew(
            log_of=folder.log,
            pause=self._pause,
            on_change=lambda processes: self._write(processes=processes),
            on_ready=lambda name: _tell("progress", f"{name} is ready"),
        )

    def run(self) -> int:
        """Run until told to stop; return the exit status of the process."""
        self._listen()
        try:
            with self._folder.locked():
                self._run_locked()
        except StackError as error:
            log.error("stack.failed", reason=str(error))  # noqa: TRY400  # the reason is enough
            _tell("failed", str(error))
            return 1
        return 0

    def _run_locked(self) -> None:
        failure: str | None = None
        self._record = self._folder.read_record()
        try:
            self._start()
            _tell("ready", "")
            log.info("stack.ready", **self._record.urls)
            while True:
                self._pause(_TEND_SECONDS)
                self._crew.tend()
        except StopRequestedError:
            log.info("stack.stopping")
        except StackError as error:
            failure = str(error)
            raise
        finally:
            self._write(state="stopping")
            self._crew.stop()
            self._write(
                state="failed" if failure else "stopped",
                message=failure,
                supervisor=None,
                processes={},
            )

    def _start(self) -> None:
        former = self._record
        end_leftovers(former)
        wishes = composition.port_wishes(self._settings, self._names)
        ports = choose_ports(wishes, former.ports)
        for sentence in moved(wishes, ports):
            _tell("progress", sentence)
        urls = composition.addresses(self._settings, ports)
        secrets = self._folder.ensure_secrets(composition.SECRET_FACTORIES)
        secrets = composition.secret_values(self._settings, ports, secrets)
        self._folder.write_secrets(secrets)
        server: PostgresServer | None = None
        if "postgres" in self._names:
            home = choose_home(self._folder.root, former.postgres_home)
            server = PostgresServer(
                home, port=ports["postgres"], password=secrets["postgres_password"]
            )
        self._record = StackRecord(
            state="starting",
            supervisor=identify(os.getpid()),
            ports={**former.ports, **ports},
            urls=urls,
            environment=composition.plain_environment(self._settings, ports, urls),
            postgres_home=former.postgres_home if server is None else str(server.home),
        )
        self._write()
        environment = composition.full_environment(self._record, secrets)
        known = self._services(server, urls, composition.without_owner(environment))
        self._crew.start([known[name] for name in FOUNDATIONS if name in known])
        if server is not None:
            server.ensure_roles(
                owner_password=secrets["owner_password"], app_password=secrets["app_password"]
            )
            server.ensure_database()
        if "bootstrap" in self._names:
            self._bootstrap(environment)
        self._crew.start([known[name] for name in ENGINE if name in known])
        self._write(state="ready")

    def _services(
        self,
        server: PostgresServer | None,
        urls: Mapping[str, str],
        environment: Mapping[str, str],
    ) -> dict[str, Service]:
        """Return those services that were asked for, by name."""
        ports, namespace = self._record.ports, self._settings.temporal_namespace
        known: dict[str, Service] = {}
        if server is not None:
            known["postgres"] = postgres_service(server)
        if "temporal" in self._names:
            known["temporal"] = temporal_service(self._folder, ports, namespace)
        if "sandbox" in self._names:
            known["sandbox"] = sandbox_service(self._folder, ports)
        if "worker" in self._names:
            known["worker"] = worker_service(
                environment,
                address=urls["temporal"],
                namespace=namespace,
                task_queue=self._settings.task_queue,
            )
        if "api" in self._names:
            key = self._folder.read_secrets()[composition.key_name(Role.PLATFORM)]
            known["api"] = api_service(environment, urls["api"], key=key)
        return known

    def _bootstrap(self, environment: Mapping[str, str]) -> None:
        """Run what has to be in place before the engine starts, in a process of its own."""
        arguments = ("--data-dir", str(self._folder.root))
        launch = python_launch("runtime.devstack.bootstrap", *arguments, environment=environment)
        child = spawn(launch, self._folder.log("bootstrap"))
        try:
            while child.poll() is None:
                self._pause(0.1)
        finally:
            stop_child(child, launch.stop)
        if child.returncode != 0:
            words = tail(self._folder.log("bootstrap"))
            raise StackError(f"preparing the database and the tenants failed:\n{words}")
        _tell("progress", "database is migrated")

    def _write(self, **changes: object) -> None:
        self._record = replace(self._record, **changes)  # type: ignore[arg-type]  # its own fields
        self._folder.write_record(self._record)

    def _listen(self) -> None:
        """Let signals wake the loop: those that end it, and the death of a child."""
        os.set_blocking(self._waker, False)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        # The terminal it was started from may close: it has its own session and stays.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_requested = True

    def _pause(self, seconds: float) -> None:
        leash = [sys.stdin.fileno()] if self._leashed else []
        readable, _, _ = select.select([*leash, self._wakeup], [], [], seconds)
        if self._wakeup in readable:
            os.read(self._wakeup, 4096)
        if any(descriptor in readable for descriptor in leash):
            if not os.read(sys.stdin.fileno(), 1):
                self._stop_requested = True
            self._leashed = False
        if self._stop_requested:
            raise StopRequestedError


def _replaced(settings: StackSettings) -> frozenset[str]:
    """Return the services that settings replace by ones of the person's own."""
    given = {"postgres": settings.database_url, "temporal": settings.temporal_address}
    return frozenset(name for name, address in given.items() if address is not None)


def _tell(event: str, message: str) -> None:
    # The starter may have gone: its reading end is closed once it has released us.
    with suppress(BrokenPipeError):
        print(json.dumps({"event": event, "message": message}), flush=True)  # noqa: T201


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", default=",".join(ALL))
    names = parser.parse_args().services.split(",")
    try:
        settings = load_stack_settings()
        folder = DataFolder.at(settings.data_dir)
        folder.create()
    except (SettingsError, StackError) as error:
        _tell("failed", str(error))
        return 1
    configure_logging("json", "INFO")
    return Supervisor(folder, settings, names).run()


if __name__ == "__main__":
    sys.exit(main())
