"""The data folder of an embedded stack: its paths, its lock, its record and its secrets."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TextIO

from runtime.devstack.errors import AlreadyRunningError, StackError
from runtime.devstack.processes import ProcessId, wait_until

_LOCK_PATIENCE_SECONDS = 0.5

State = Literal["starting", "ready", "stopping", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class StackRecord:
    """What ``stack.json`` says about a stack, running or not; it holds no secret.

    Attributes:
        ports: By service; kept after a stop, so that addresses stay what they were.
        environment: The ``BACKHAUL_*`` variables of its processes, without secret ones.
        postgres_home: Where the database files are, when not in the data folder itself.
        message: Why the state is ``failed``.
    """

    state: State = "stopped"
    supervisor: ProcessId | None = None
    ports: Mapping[str, int] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, ProcessId] = field(default_factory=dict)
    postgres_home: str | None = None
    message: str | None = None

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        supervisor = raw.pop("supervisor")
        processes = raw.pop("processes")
        return cls(
            supervisor=ProcessId(**supervisor) if supervisor else None,
            processes={name: ProcessId(**process) for name, process in processes.items()},
            **raw,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths below one data folder; nothing outside it is touched through this class."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        return cls(Path(os.path.abspath(path)))  # noqa: PTH100  # resolve() would follow links

    @property
    def shown(self) -> Path:
        """The folder as people are told of it: short where they stand in the one above it."""
        here = Path.cwd()
        return self.root.relative_to(here) if self.root.is_relative_to(here) else self.root

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def temporal(self) -> Path:
        return self.root / "temporal"

    @property
    def sandbox(self) -> Path:
        return self.root / "sandbox"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Make the folder and those of its parts that everybody here writes to."""
        try:
            for path in (self.root, self.logs, self.temporal, self.sandbox):
                path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StackError(f"cannot create the data folder {self.root}: {error}") from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder alone. The kernel drops the lock when the holder dies, however it dies.

        Raises:
            AlreadyRunningError: another process holds it.
        """
        with (self.root / "lock").open("a") as handle:
            # is_locked() below holds the lock for an instant: that is no other stack.
            if not wait_until(lambda: _try_lock(handle), _LOCK_PATIENCE_SECONDS):
                raise AlreadyRunningError(
                    f"a stack already runs on {self.root}; `backhaul down` stops it"
                )
            yield

    def is_locked(self) -> bool:
        """Return whether a supervisor holds the folder."""
        if not (self.root / "lock").exists():
            return False
        with (self.root / "lock").open("a") as handle:
            return not _try_lock(handle)

    def read_record(self) -> StackRecord:
        """Return what was last written, or an empty record."""
        try:
            text = (self.root / "stack.json").read_text()
        except FileNotFoundError:
            return StackRecord()
        try:
            return StackRecord.from_json(text)
        except (ValueError, KeyError, TypeError) as error:
            raise StackError(f"{self.root / 'stack.json'} is damaged: {error}") from error

    def write_record(self, record: StackRecord) -> None:
        """Replace ``stack.json`` in one step: a reader sees the old one or the new one."""
        _write(self.root / "stack.json", record.to_json(), mode=0o644)

    def read_secrets(self) -> dict[str, str]:
        """Return the secrets by name; none before the first start."""
        try:
            secrets: dict[str, str] = json.loads((self.root / "secrets.json").read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise StackError(f"{self.root / 'secrets.json'} is damaged: {error}") from error
        return secrets

    def write_secrets(self, secrets: Mapping[str, str]) -> None:
        """Replace ``secrets.json``, readable by its owner only."""
        _write(self.root / "secrets.json", json.dumps(dict(secrets), indent=2) + "\n", mode=0o600)

    def ensure_secrets(self, factories: Mapping[str, Callable[[], str]]) -> dict[str, str]:
        """Make the secrets that are not there yet and return all of them."""
        secrets = self.read_secrets()
        missing = {name: make() for name, make in factories.items() if name not in secrets}
        if missing:
            secrets |= missing
            self.write_secrets(secrets)
        return secrets


def _try_lock(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, text: str, *, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as handle:
        os.fchmod(descriptor, mode)
        handle.write(text)
        handle.flush()
        os.fsync(descriptor)
    temporary.replace(path)
