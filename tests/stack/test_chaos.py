"""A short run of the proof: everything is killed and fails, and both sides still agree."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runtime.devstack.folder import DataFolder
from runtime.devstack.leftovers import reset

ROOT = Path(__file__).parents[2]
SEEDS, RETURNS = {3: "standard", 7: "ahead", 11: "instant"}, "20"
_PATIENCE_SECONDS = 400
_TOLD_OF_A_FAILURE = 1500
"""Characters of a failed run's end: the table of what was counted, or a traceback."""

pytestmark = pytest.mark.timeout(2 * _PATIENCE_SECONDS)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for data in tmp_path.glob("seed-*"):
        reset(DataFolder.at(data))


def start_chaos(folder: Path, seed: int, *arguments: str) -> "subprocess.Popen[str]":
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BACKHAUL_")}
    command = [sys.executable, "-m", "chaos", "--seeds", str(seed), "--returns", RETURNS, "--keep"]
    command += ["--pack", SEEDS[seed]]
    return subprocess.Popen(
        [*command, "--folder", str(folder), "--time-scale", "4000", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end_of(running: "subprocess.Popen[str]") -> tuple[int, str]:
    """Return the exit status and all that it said."""
    try:
        said, _ = running.communicate(timeout=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        running.terminate()
        said, _ = running.communicate(timeout=60)
    return running.returncode, said


def run_all(folder: Path) -> Mapping[int, Any]:
    """Run each seed with a stack of its own, side by side: most of their time is waiting."""
    # The pace is quicker than the proof's own and less is waited for.
    results = {seed: folder / f"{seed}.jsonl" for seed in SEEDS}
    running = {
        seed: start_chaos(folder, seed, "--results", str(path), "--patience", "15")
        for seed, path in results.items()
    }
    ends = {seed: end_of(process) for seed, process in running.items()}
    failed = {seed: said[-_TOLD_OF_A_FAILURE:] for seed, (status, said) in ends.items() if status}
    assert failed == {}, "\n".join(f"seed {seed}: {said}" for seed, said in failed.items())
    return {seed: json.loads(path.read_text()) for seed, path in results.items()}


def test_killing_everything_leaves_no_difference_and_one_would_be_seen(folder: Path) -> None:
    """All processes die at their points, and everything fails once: each effect is there once.

    The same run again only counts: a second refund at the provider ends it with a failure. One
    test, for its runs are dear.
    """
    rows = run_all(folder)
    for row in rows.values():
        assert row["differences"] == []
        assert row["returns"] >= int(RETURNS)
        assert row["counts"]["refund"][1] > 0
        assert sum(row["kills"].values()) == row["strikes"] == row["scheduled_strikes"]
        assert sum(row["faults"].values()) > 30
        assert row["stuck"] == row["broken"] == 0
    assert rows[7]["counts"]["hold"][1] > rows[7]["counts"]["capture"][1] > 0
    # Each pack governed its run: value went out before the goods in two of them.
    assert [rows[seed]["value_ahead"] > 0 for seed in SEEDS] == [False, True, True]

    refund_twice(folder, 3)
    status, said = end_of(start_chaos(folder, 3, "--patience", "15"))

    assert status == 1, said
    assert "asked for once, found 2 times" in said
    assert "kill -9" not in said
    assert "1 differences" in said, said


def refund_twice(folder: Path, seed: int) -> None:
    """Put a second refund into the provider's ledger by hand."""
    (ledger,) = folder.glob(f"seed-{seed}-of-*/sandbox/ledger.sqlite3")
    with closing(sqlite3.connect(ledger)) as sql, sql:
        sql.execute(
            "INSERT INTO documents (kind, id, body)"
            " SELECT kind, id || '-again', json_set(body, '$.id', id || '-again')"
            " FROM documents WHERE kind = 'stripe.refund' AND body LIKE '%succeeded%' LIMIT 1"
        )
