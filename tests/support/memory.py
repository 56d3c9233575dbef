"""Where the files of tests are: in memory where that has room, for making files costs most.

A database of a test's own is some four hundred files: a third of a second on a disk, a hundredth
in memory. Nothing here has to survive a crash of the machine.
"""

import os
import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")  # folders below it are made with names of their own
_ROOM = 6 * 2**30


def roomy_memory(memory: Path = _MEMORY, *, room: int = _ROOM) -> Path | None:
    """Return a folder in memory with ``room`` bytes, from which programs may run; or ``None``."""
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        return None
    runs = not os.statvfs(memory).f_flag & os.ST_NOEXEC
    return memory if runs and shutil.disk_usage(memory).free >= room else None
