"""Writes the tables of docs/reliability.md from the rows of docs/reliability.jsonl."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos.marks import fill
from chaos.packs import PACKS, STANDARD
from chaos.points import BOOKING, ELSEWHERE, HOLDING, SETTLEMENT, Point, Process

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "reliability.md"
RESULTS = DOCS / "reliability.jsonl"
_MARKS = "<!-- from reliability.jsonl, by `make docs` -->", "<!-- end -->"
_COLUMNS = (
    *(
        "seed",
        "pack",
        "returns",
        "killed",
        "faults",
        "refunds",
        "double",
        "missing",
        "stuck",
        "broken",
    ),
    *("mails twice, at most", "open, named", "engine's own", "s"),
)
Row = dict[str, Any]
_NONE = (0, 0, 0, 0)
"""The counts of a kind that a run made before it was counted does not have."""


def read_rows(results: Path) -> list[Row]:
    """Return the kept rows by seed; of a run that was made again the last one counts."""
    lines = results.read_text().splitlines() if results.exists() else []
    rows = {
        (row["scheduled_returns"], pack_of(row), row["seed"]): row for row in map(json.loads, lines)
    }
    order = sorted(rows, key=lambda key: (key[0], [*PACKS].index(key[1]), key[2]))
    return [rows[key] for key in order]


def pack_of(row: Row) -> str:
    """Return the pack of a run; those made before there were others had the shipped one."""
    return str(row.get("pack", STANDARD))


def render(page: str, rows: Sequence[Row]) -> str:
    """Return the page with the tables of these rows between its two marks."""
    return fill(page, _MARKS, tables(rows))


def tables(rows: Sequence[Row]) -> str:
    """Write all sums, the matrix of boundaries and processes, and a line for each run."""
    lines = [*_sums(rows), ""]
    cells = Counter(cell for row in rows for cell in row["cells"])
    lines += [*_matrix("boundary of a settlement", SETTLEMENT, cells), ""]
    lines += [*_matrix("elsewhere", ELSEWHERE, cells), ""]
    lines += [*_matrix("boundary of a hold", HOLDING, cells), ""]
    lines += [*_matrix("boundary of a booking", BOOKING, cells), ""]
    lines += [
        f"| {' | '.join(_COLUMNS)} |",
        "|" + "---:|" * len(_COLUMNS),
        *map(_line, rows),
    ]
    return "\n".join(lines) + "\n"


def _sums(rows: Sequence[Row]) -> list[str]:
    kinds = dict.fromkeys(kind for row in rows for kind in row["counts"])
    summed = (
        (len(rows), "runs"),
        (sum(row["returns"] for row in rows), "returns"),
        (sum(sum(row["kills"].values()) for row in rows), "processes killed"),
        (sum(sum(row["faults"].values()) for row in rows), "faults struck"),
        (sum(len(row["differences"]) for row in rows), "differences"),
    )
    lines = [
        ", ".join(f"{number} {what}" for number, what in summed) + ".",
        "",
        "| effect | asked for | found | double | missing |",
        "|---|---:|---:|---:|---:|",
    ]
    for kind in kinds:
        numbers = [sum(row["counts"].get(kind, _NONE)[place] for row in rows) for place in range(4)]
        lines.append(f"| {kind} | " + " | ".join(map(str, numbers)) + " |")
    return lines


def _matrix(title: str, points: Sequence[Point], cells: Counter[str]) -> list[str]:
    lines = [
        f"| {title} | " + " | ".join(Process) + " |",
        "|---" + "|---:" * len(Process) + "|",
    ]
    for point in points:
        struck = (str(cells[f"{point.name}/{process}"]) for process in Process)
        lines.append(f"| {point.tells} | " + " | ".join(struck) + " |")
    return lines


def _line(row: Row) -> str:
    counts: dict[str, list[int]] = row["counts"]
    others = [numbers for kind, numbers in counts.items() if kind != "mail"]
    parked = ", ".join(f"{n} `{code}`" for code, n in row["parked"].items()) or "-"
    told = (
        row["seed"],
        pack_of(row),
        row["returns"],
        sum(row["kills"].values()),
        sum(row["faults"].values()),
        counts["refund"][1],
        sum(numbers[2] for numbers in others),
        sum(numbers[3] for numbers in counts.values()),
        row["stuck"],
        row["broken"],
        f"{counts['mail'][2]}, {row['mails_may_repeat']}",
        parked,
        row["lost_runs"] + row["engine_file_errors"],
        row["seconds"],
    )
    return "| " + " | ".join(map(str, told)) + " |"


def main() -> None:
    PAGE.write_text(render(PAGE.read_text(), read_rows(RESULTS)))


if __name__ == "__main__":
    main()
