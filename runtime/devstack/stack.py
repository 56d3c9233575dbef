"""The embedded stack seen from outside: start one, find the one that runs, stop it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.devstack.composition import full_environment
from runtime.devstack.errors import AlreadyRunningError, NotRunningError, StackError
from runtime.devstack.folder import DataFolder, StackRecord
from runtime.devstack.processes import StopStep, is_alive, stop_process, wait_until
from runtime.devstack.services import ALL
from runtime.settings import PREFIX

# Longer than all services together may take to stop.
_STOP_SECONDS = 90.0
_READY_SECONDS = 300.0


class Stack:
    """A running stack. As a context manager, one that was started stops at the end.

    Args:
        supervisor: Its supervisor, when this process started it and still holds it.
    """

    def __init__(
        self, folder: DataFolder, supervisor: subprocess.Popen[bytes] | None = None
    ) -> None:
        self.folder = folder
        self._supervisor = supervisor

    @property
    def record(self) -> StackRecord:
        """What the supervisor last wrote: state, ports, processes."""
        return self.folder.read_record()

    @property
    def urls(self) -> Mapping[str, str]:
        """Addresses by name: api, public, sandbox, temporal, temporal_ui, postgres, smtp."""
        return self.record.urls

    @property
    def secrets(self) -> Mapping[str, str]:
        """Secrets by name, as in ``secrets.json``."""
        return self.folder.read_secrets()

    @property
    def environment(self) -> Mapping[str, str]:
        """Every ``BACKHAUL_*`` variable of this stack, also those for migrations."""
        return full_environment(self.record, self.secrets)

    @property
    def is_ours(self) -> bool:
        """Whether this process started it and would take it along."""
        return self._supervisor is not None

    def is_ready(self) -> bool:
        """Return whether all of it runs and answers."""
        return self.record.state == "ready" and self.folder.is_locked()

    def failure(self) -> str | None:
        """Return why the stack gave up, or None while it has not."""
        record = self.record
        return record.message if record.state == "failed" else None

    def release(self) -> None:
        """Let the stack run on after this process ends."""
        if self._supervisor is not None and self._supervisor.stdin is not None:
            self._supervisor.stdin.write(b"r")
            self._supervisor.stdin.close()
            # It is nobody's child soon; Python need not warn that it still runs.
            self._supervisor.returncode = 0
            self._supervisor = None

    def stop(self) -> None:
        """Stop everything in order and return when it has ended. No data is lost."""
        if self._supervisor is not None:
            _drop_leash(self._supervisor)
            self._supervisor = None
            return
        supervisor = self.record.supervisor
        if supervisor is None or not is_alive(supervisor):
            raise NotRunningError(f"no stack runs on {self.folder.root}")
        stop_process(supervisor, (StopStep(signal.SIGTERM, _STOP_SECONDS),))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._supervisor is not None:
            self.stop()


def start_stack(
    data_dir: Path,
    *,
    services: Sequence[str] = ALL,
    overrides: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Stack:
    """Start a stack and return when all of it is ready.

    It stops when this process ends, however it ends, unless :meth:`Stack.release` was called.

    Args:
        services: Those to start; the rest is left out.
        overrides: ``BACKHAUL_*`` settings that go before those of our own environment.
        on_progress: Called with one line for each step.

    Raises:
        AlreadyRunningError: a stack runs on this folder.
        StackError: it could not start; nothing of it runs.
    """
    folder = DataFolder.at(data_dir)
    if folder.is_locked():
        raise AlreadyRunningError(f"a stack already runs on {folder.root}")
    environment = {**os.environ, **(overrides or {}), f"{PREFIX}DATA_DIR": str(data_dir)}
    folder.create()
    with folder.log("supervisor").open("ab") as log:
        supervisor = subprocess.Popen(  # noqa: S603  # this program
            [sys.executable, "-m", "runtime.devstack.supervisor", "--services", ",".join(services)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        _await_ready(supervisor, folder, on_progress)
    except BaseException:
        _drop_leash(supervisor)
        raise
    return Stack(folder, supervisor)


def open_stack(data_dir: Path, *, on_progress: Callable[[str], None] | None = None) -> Stack:
    """Start a stack, or return the one that runs; one that is just stopping is waited for.

    Raises:
        StackError: it could not start; nothing of it runs.
    """
    try:
        return start_stack(data_dir, on_progress=on_progress)
    except AlreadyRunningError:
        with suppress(NotRunningError):
            return attach(data_dir)
    return start_stack(data_dir, on_progress=on_progress)


def attach(data_dir: Path) -> Stack:
    """Return the stack that runs on a folder, once it is ready.

    Raises:
        NotRunningError: none does.
    """
    stack = find(data_dir)
    wait_until(lambda: stack.is_ready() or not stack.folder.is_locked(), _READY_SECONDS)
    if not stack.is_ready():
        raise NotRunningError(
            f"the stack on {stack.folder.root} is {stack.record.state}"
            + (f": {stack.failure()}" if stack.failure() else "")
        )
    return stack


def find(data_dir: Path) -> Stack:
    """Return the stack that runs on a folder, in whatever state.

    Raises:
        NotRunningError: none does.
    """
    folder = DataFolder.at(data_dir)
    if not folder.is_locked():
        raise NotRunningError(f"no stack runs on {folder.root}; `backhaul up` starts one")
    return Stack(folder)


def _await_ready(
    supervisor: subprocess.Popen[bytes],
    folder: DataFolder,
    on_progress: Callable[[str], None] | None,
) -> None:
    assert supervisor.stdout is not None
    with supervisor.stdout as lines:
        for line in lines:
            told = json.loads(line)
            if told["event"] == "ready":
                return
            if told["event"] == "failed":
                raise StackError(told["message"])
            if on_progress is not None:
                on_progress(told["message"])
    raise StackError(f"the supervisor ended without a word; see {folder.log('supervisor')}")


def _drop_leash(supervisor: subprocess.Popen[bytes]) -> None:
    if supervisor.stdin is not None:
        with suppress(BrokenPipeError):
            supervisor.stdin.close()
    supervisor.wait()
