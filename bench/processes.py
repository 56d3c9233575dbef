"""CPU time of processes, with all their children, as the kernel counts it (Linux)."""

import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Counted in proc(5) from the field after the program's name, which may hold blanks.
_PARENT = 1
_TIMES = slice(11, 15)


class CpuMeter:
    """Reads what each named process has used so far; its resolution is 10 ms.

    Args:
        roots: The pid of each process by name; what it started counts as its own.
        alone: Names of those that do not answer for what they started.
        left_out: Pids below them that only watch.
    """

    def __init__(
        self,
        roots: Mapping[str, int],
        *,
        alone: Collection[str] = (),
        left_out: Collection[int] = (),
    ) -> None:
        self._roots = roots
        self._alone = frozenset(alone)
        self._left_out = frozenset(left_out)

    def read(self) -> dict[str, float]:
        """Return CPU milliseconds by name, those of children that have ended included."""
        known = _all_processes()
        children: dict[int, list[int]] = defaultdict(list)
        for pid, process in known.items():
            children[process.parent].append(pid)
        used = {}
        for name, root in self._roots.items():
            if name in self._alone:
                used[name] = _milliseconds(known[root].own)
                continue
            total, left = 0, [root]
            while left:
                pid = left.pop()
                left += children[pid]
                if pid in known and pid not in self._left_out:
                    total += known[pid].own + known[pid].reaped
            used[name] = _milliseconds(total)
        return used


def _milliseconds(ticks: int) -> float:
    return 1000 * ticks / _TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class _Process:
    """A process's ticks, and those of the children it has waited for."""

    parent: int
    own: int
    reaped: int


def _all_processes() -> dict[int, _Process]:
    found = {}
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        user, system, reaped_user, reaped_system = map(int, fields[_TIMES])
        found[int(entry.name)] = _Process(
            int(fields[_PARENT]), user + system, reaped_user + reaped_system
        )
    return found
