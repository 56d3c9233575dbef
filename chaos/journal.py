"""What a run has done so far, on disk after every step, so that one that was cut off goes on."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class OtherRunError(Exception):
    """The folder holds a run of another seed, size, pace or pack."""


@dataclass
class Journal:
    """``struck`` counts by row of strikes; ``told`` is the outcome by story, empty as it should be.

    ``kills`` counts by process; ``late`` are refunds that failed after they had succeeded.
    """

    path: Path
    seed: int
    returns: int
    time_scale: float
    whole_matrix: bool
    pack: str
    started_at: datetime
    seconds: float = 0.0
    struck: dict[str, int] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    kills: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    endings: dict[str, str] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    lost_runs: list[str] = field(default_factory=list)
    faults_struck: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        seed: int,
        returns: int,
        time_scale: float,
        whole_matrix: bool,
        pack: str,
    ) -> "Journal":
        """Take up the run of a folder, or begin one.

        Raises:
            OtherRunError: the folder's run is another; the message names what differs.
        """
        asked = {
            "seed": seed,
            "returns": returns,
            "time_scale": time_scale,
            "whole_matrix": whole_matrix,
            "pack": pack,
        }
        if not path.exists():
            journal = cls(path=path, started_at=datetime.now(UTC), **asked)  # type: ignore[arg-type]  # its own fields
            journal.save()
            return journal
        known: dict[str, Any] = json.loads(path.read_text())
        for name, value in asked.items():
            if known[name] != value:
                raise OtherRunError(
                    f"{path.parent} holds a run with {name} {known[name]}, asked for {value}: "
                    "name another folder, or remove this one"
                )
        known["started_at"] = datetime.fromisoformat(known["started_at"])
        return cls(path=path, **known)

    def save(self) -> None:
        content = asdict(self) | {"started_at": self.started_at.isoformat()}
        del content["path"]
        part = self.path.with_suffix(".part")
        with part.open("w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)

    def strike(self, row: str, cell: str, process: str) -> None:
        """Note that the next strike of a row is over."""
        self.struck[row] = self.struck.get(row, 0) + 1
        self.cells.append(cell)
        self.kills[process] = self.kills.get(process, 0) + 1
        self.save()
