"""A short run of the proof: everything is killed and fails, and both sides still agree."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from runtime.devstack.folder import DataFolder
from runtime.devstack.leftovers import reset

ROOT = Path(__file__).parents[2]
SEED, RETURNS = "7", "6"
_PATIENCE_SECONDS = 280


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("chaos")
    yield root
    for data in root.glob("seed-*"):
        reset(DataFolder.at(data))


def run_chaos(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BACKHAUL_")}
    command = [sys.executable, "-m", "chaos", "--seeds", SEED, "--returns", RETURNS, "--keep"]
    return subprocess.run(
        [*command, "--folder", str(folder), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )


@pytest.fixture(scope="module")
def row(folder: Path) -> Any:
    """One run of the seed, with its row."""
    results = folder / "rows.jsonl"
    # The pace is quicker than the proof's own and less is waited for: this has about a minute.
    ran = run_chaos(folder, "--results", str(results), "--time-scale", "4000", "--patience", "15")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(results.read_text())


def test_killing_everything_leaves_no_difference(row: Any) -> None:
    """Worker, API, sandbox and PostgreSQL die at their points; each effect is there once."""
    assert row["differences"] == []
    assert row["returns"] >= int(RETURNS)
    assert row["counts"]["refund"][1] > 0
    assert sum(row["kills"].values()) == row["strikes"] >= 3
    assert sum(row["faults"].values()) > 10
    assert row["stuck"] == row["broken"] == 0


def test_a_refund_too_many_is_counted(row: Any, folder: Path) -> None:
    """The same run again only counts: a second refund at the provider ends it with a failure."""
    (ledger,) = folder.glob("seed-*/sandbox/ledger.sqlite3")
    with closing(sqlite3.connect(ledger)) as sql, sql:
        sql.execute(
            "INSERT INTO documents (kind, id, body)"
            " SELECT kind, id || '-again', json_set(body, '$.id', id || '-again')"
            " FROM documents WHERE kind = 'stripe.refund' AND body LIKE '%succeeded%' LIMIT 1"
        )

    again = run_chaos(folder, "--time-scale", "4000", "--patience", "1")

    assert again.returncode == 1, again.stdout + again.stderr
    assert "asked for once, found 2 times" in again.stdout
    assert "kill -9" not in again.stderr
    assert "1 differences" in again.stdout
