"""Processes and files that an earlier stack left behind."""

import shutil
import signal
from pathlib import Path

from runtime.devstack import postgres
from runtime.devstack.errors import AlreadyRunningError
from runtime.devstack.folder import DataFolder, StackRecord
from runtime.devstack.postgres_files import FALLBACK
from runtime.devstack.processes import StopStep, stop_process

_STOP = (StopStep(signal.SIGTERM, 5),)

# What a stack makes in its data folder, or in the one that stands in for it.
_MADE = (
    "postgres",
    "postgres.partial",
    "postgres.password",
    "pgbin",
    "temporal",
    "sandbox",
    "logs",
    "stack.json",
    "secrets.json",
    "lock",
)


def end_leftovers(record: StackRecord) -> None:
    """Stop processes of a stack whose supervisor was killed where no kernel ends them with it."""
    for name, process in reversed(tuple(record.processes.items())):
        stop_process(process, postgres.STOP if name == "postgres" else _STOP)


def reset(folder: DataFolder) -> None:
    """Remove everything a stack made here, and nothing else.

    Raises:
        AlreadyRunningError: the stack runs.
    """
    if folder.is_locked():
        raise AlreadyRunningError(
            f"the stack on {folder.root} runs; stop it first with `backhaul down`"
        )
    record = folder.read_record()
    end_leftovers(record)
    homes = [folder.root]
    if record.postgres_home is not None and Path(record.postgres_home) != folder.root:
        homes.insert(0, Path(record.postgres_home))
    for home in homes:
        postgres.end_orphan(home / "postgres")
        for name in _MADE:
            _remove(home / name)
        _remove_if_empty(home)
        if home.parent == FALLBACK:
            _remove_if_empty(FALLBACK)


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
