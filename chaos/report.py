"""What a run found: its table, its verdict, and the row that is kept of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.counting import Count, Standing
from chaos.journal import Journal

_LOSES_AN_ANSWER = ("worker", "sandbox", "postgres")


@dataclass(frozen=True, slots=True)
class Report:
    """One run, counted.

    ``mails_may_repeat`` is how many mails may have come twice: one for each final answer of the
    mail server that was lost, by a fault or by killing who gave it, waited for it or noted it.
    ``value_ahead`` is how often value went out before its goods.
    ``lost_runs`` and ``engine_file_errors`` are the Temporal dev server's own, kept apart.
    """

    seed: int
    returns: int
    pack: str
    scheduled_strikes: int
    cells: tuple[str, ...]
    kills: Mapping[str, int]
    faults: Mapping[str, int]
    counts: tuple[Count, ...]
    standing: Standing
    mails_may_repeat: int
    told_otherwise: tuple[str, ...]
    value_ahead: int
    lost_runs: int
    engine_file_errors: int
    seconds: float

    @property
    def differences(self) -> tuple[str, ...]:
        """Everything that must not be; empty when the proof holds."""
        found = [line for one in self.counts for line in one.differences]
        repeated = next((one.double for one in self.counts if one.kind == "mail"), 0)
        if repeated > self.mails_may_repeat:
            found.append(f"mail: {repeated} came twice, {self.mails_may_repeat} answers were lost")
        return (*found, *self.standing.stuck, *self.standing.broken)

    def to_json(self) -> dict[str, Any]:
        """Return what is kept: one JSON object."""
        return {
            "seed": self.seed,
            "pack": self.pack,
            "scheduled_returns": self.returns,
            "returns": self.standing.returns,
            "strikes": len(self.cells),
            "scheduled_strikes": self.scheduled_strikes,
            "cells": [*self.cells],
            "kills": dict(self.kills),
            "faults": dict(self.faults),
            "counts": {
                one.kind: [one.asked, one.found, one.double, one.missing] for one in self.counts
            },
            "ended": self.standing.ended,
            "parked": dict(self.standing.parked),
            "stuck": len(self.standing.stuck),
            "broken": len(self.standing.broken),
            "mails_may_repeat": self.mails_may_repeat,
            "told_otherwise": len(self.told_otherwise),
            "value_ahead": self.value_ahead,
            "lost_runs": self.lost_runs,
            "engine_file_errors": self.engine_file_errors,
            "differences": [*self.differences],
            "seconds": round(self.seconds),
        }

    def as_text(self) -> str:
        """Write the table and the verdict."""
        stand = self.standing
        parked = ", ".join(f"{n} {code}" for code, n in stand.parked)
        lines = [
            f"seed {self.seed}, pack {self.pack}: {stand.returns} returns in {self.seconds:.0f} s",
            f"killed {_counts(self.kills)}",
            f"strikes {len(self.cells)} of {self.scheduled_strikes}: {', '.join(self.cells)}",
            f"faults {_counts(self.faults)}",
            "",
            f"{'effect':<18}{'asked':>8}{'found':>8}{'double':>8}{'missing':>8}",
            *(
                f"{one.kind:<18}{one.asked:>8}{one.found:>8}{one.double:>8}{one.missing:>8}"
                for one in self.counts
            ),
            "",
            f"ended {stand.ended} of {stand.returns}" + (f", open with {parked}" if parked else ""),
            f"stuck without a named wait {len(stand.stuck)}, invariants broken {len(stand.broken)}",
            f"mails that may have come twice {self.mails_may_repeat}",
            f"value went out before its goods {self.value_ahead} times",
            f"Temporal dev server, apart: {self.lost_runs} runs lost and restarted",
            f"Temporal dev server, apart: {self.engine_file_errors} errors of its file",
            *(f"told otherwise: {line}" for line in self.told_otherwise),
            *(f"DIFFERENCE: {line}" for line in self.differences),
            "",
            "no difference" if not self.differences else f"{len(self.differences)} differences",
        ]
        return "\n".join(lines) + "\n"


def report_of(
    journal: Journal,
    *,
    scheduled_strikes: int,
    counts: tuple[Count, ...],
    standing: Standing,
    value_ahead: int,
    engine_file_errors: int,
) -> Report:
    """Put together what a run found."""
    struck: Counter[str] = Counter()
    for name, times in journal.faults_struck.items():
        # A fault's name ends with its system and kind.
        struck[" ".join(name.rsplit("-", 2)[1:])] += times
    return Report(
        seed=journal.seed,
        returns=journal.returns,
        pack=journal.pack,
        scheduled_strikes=scheduled_strikes,
        cells=tuple(journal.cells),
        kills=journal.kills,
        faults=dict(struck),
        counts=counts,
        standing=standing,
        mails_may_repeat=struck["smtp lost_reply"]
        + sum(journal.kills.get(process, 0) for process in _LOSES_AN_ANSWER),
        told_otherwise=tuple(f"{key}: {text}" for key, text in journal.told.items() if text),
        value_ahead=value_ahead,
        lost_runs=len(journal.lost_runs),
        engine_file_errors=engine_file_errors,
        seconds=journal.seconds,
    )


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counted.items())) or "nothing"
