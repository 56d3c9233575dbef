"""The benchmark produces every figure it promises; how good they are is no test's business."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from bench.processes import CpuMeter
from bench.report import CPU_OF, Figure, Report, quantile

ROOT = Path(__file__).parents[2]
FIGURES = {
    "CPU in all",
    *(f"CPU {name}" for name in CPU_OF),
    "returns a second",
    "start p50",
    "start p95",
    "event to next step p50",
    "event to next step p95",
    "inspection to completed p50",
    "inspection to completed p95",
    "history events",
    "history bytes",
    "database statements",
    "database transactions",
    "calls to the outside",
}
# Backhaul alone has an API, and ends its transactions by a statement.
WITHOUT_RATIO = {"CPU api", "database transactions"}
# The kernel counts in steps of 10 ms: a short run may be over before the first one.
MAY_BE_ZERO = {f"CPU {name}" for name in CPU_OF}


def test_a_short_run_produces_every_figure(tmp_path: Path) -> None:
    """Three returns of each side end, and the report holds what is documented."""
    target = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--returns", "3", "--rounds", "1"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BACKHAUL_")}

    ran = subprocess.run(
        [*command, "--json", str(target)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(target.read_text())
    assert set(report) == {field.name for field in fields(Report)}
    found = {figure["name"]: figure for figure in report["figures"]}
    assert set(found) == FIGURES
    for name, figure in found.items():
        assert set(figure) == {field.name for field in fields(Figure)}
        assert figure["backhaul"] > 0 or name in MAY_BE_ZERO, name
        assert figure["ratio"] is not None or name in WITHOUT_RATIO | MAY_BE_ZERO, name
    assert report["steps"]["backhaul"]["activities"] > 0
    assert report["steps"]["bare"]["activities"] > 0
    assert all(count > 0 for count in report["requests"].values())
    for line in ("| per return |", "| in one history |", "| one API request |", "| at rest |"):
        assert line in ran.stdout


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3.0, 1.0, 2.0], 0.5, 2.0), ([1.0], 0.95, 1.0), (list(range(1, 101)), 0.95, 95)],
)
def test_a_quantile_is_one_of_the_values(
    values: Sequence[float], share: float, expected: float
) -> None:
    """The smallest value that the share of all does not exceed."""
    assert quantile(values, share) == expected


def test_the_meter_counts_what_a_process_and_its_children_used() -> None:
    """A child that is waited for counts with its parent, unless the parent is asked for alone."""
    meter = CpuMeter({"all": os.getpid(), "alone": os.getpid()}, alone=("alone",))
    before = meter.read()

    subprocess.run([sys.executable, "-c", "sum(range(20_000_000))"], check=True)

    used = {name: meter.read()[name] - before[name] for name in before}
    assert used["all"] > used["alone"]
