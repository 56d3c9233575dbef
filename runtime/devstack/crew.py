"""A crew of services: started together, started again when they die, stopped last to first."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from runtime.devstack.errors import StackError
from runtime.devstack.processes import Launch, ProcessId, identify, spawn, stop_child, tail
from runtime.devstack.services import Service

# A death sooner than this after its start is a quick one; so many in a row and it will not heal.
# At the first start somebody waits for the answer, and most often it is a mistake of theirs.
_QUICK_SECONDS = 10.0
_QUICK_DEATHS = 5
_QUICK_DEATHS_AT_START = 3
_FIRST_BACK_OFF_SECONDS = 0.2
_POLL_SECONDS = 0.1

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Member:
    service: Service
    launch: Launch
    child: subprocess.Popen[bytes]
    started_at: float
    quick_deaths: int = 0
    restart_at: float | None = None


class Crew:
    """Runs services as children of this process.

    Args:
        log_of: The log file of a service.
        pause: Waits some seconds, or raises to end whatever is being waited for.
        on_change: Called with the processes that run, whenever one has started.
        on_ready: Called with the name of each service that became ready at the start.
    """

    def __init__(
        self,
        *,
        log_of: Callable[[str], Path],
        pause: Callable[[float], None],
        on_change: Callable[[Mapping[str, ProcessId]], None],
        on_ready: Callable[[str], None],
    ) -> None:
        self._log_of = log_of
        self._pause = pause
        self._on_change = on_change
        self._on_ready = on_ready
        self._members: dict[str, _Member] = {}

    def start(self, services: Sequence[Service]) -> None:
        """Start all of them at once and return when each is ready.

        Raises:
            StackError: one kept dying before it was ready, or took too long.
        """
        for service in services:
            launch = service.prepare()
            self._begin(service, launch)
        for service in services:
            self._wait_ready(service)
            self._on_ready(service.name)

    def tend(self, quick_deaths: int = _QUICK_DEATHS) -> None:
        """Start again what has died, after a wait that grows with every quick death.

        Raises:
            StackError: one of them has died so quickly ``quick_deaths`` times in a row.
        """
        now = time.monotonic()
        for member in tuple(self._members.values()):
            status = member.child.poll()
            if status is None:
                continue
            if member.restart_at is None:
                member.restart_at = now + self._back_off(member, status, quick_deaths)
            if now >= member.restart_at:
                launch = member.service.prepare()
                self._begin(member.service, launch, quick_deaths=member.quick_deaths)

    def stop(self) -> None:
        """End all of them, the last one started first."""
        for name, member in reversed(tuple(self._members.items())):
            began = time.monotonic()
            stop_child(member.child, member.launch.stop)
            log.info("service.stopped", service=name, seconds=round(time.monotonic() - began, 2))
        self._members.clear()

    def _begin(self, service: Service, launch: Launch, quick_deaths: int = 0) -> None:
        child = spawn(launch, self._log_of(service.name))
        log.info("service.started", service=service.name, pid=child.pid)
        self._members[service.name] = _Member(
            service, launch, child, started_at=time.monotonic(), quick_deaths=quick_deaths
        )
        self._report_processes()

    def _report_processes(self) -> None:
        found = {name: identify(member.child.pid) for name, member in self._members.items()}
        self._on_change({name: process for name, process in found.items() if process is not None})

    def _wait_ready(self, service: Service) -> None:
        deadline = time.monotonic() + service.ready_seconds
        while not service.is_ready():
            self.tend(_QUICK_DEATHS_AT_START)
            if time.monotonic() > deadline:
                raise StackError(
                    f"{service.name} was not ready after {service.ready_seconds:.0f} s"
                    f"{self._last_words(service.name)}"
                )
            self._pause(_POLL_SECONDS)

    def _back_off(self, member: _Member, status: int, limit: int) -> float:
        """Count this death and return how many seconds to wait before the next start."""
        name = member.service.name
        quick = time.monotonic() - member.started_at < _QUICK_SECONDS
        member.quick_deaths = member.quick_deaths + 1 if quick else 0
        if member.quick_deaths >= limit:
            raise StackError(
                f"{name} stopped {limit} times in a row soon after its start "
                f"({_ended(status)}){self._last_words(name)}"
            )
        seconds = _FIRST_BACK_OFF_SECONDS * float(2**member.quick_deaths)
        log.warning("service.died", service=name, how=_ended(status), restart_in_seconds=seconds)
        return seconds

    def _last_words(self, name: str) -> str:
        words = tail(self._log_of(name))
        return f"; the end of {self._log_of(name)}:\n{words}" if words else ""


def _ended(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"signal {-status}"
