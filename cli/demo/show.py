"""What the terminal shows: a line a return while it runs, and the table at the end."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

STOPPED = "stopped, see below"
# A terminal as narrow as they come: the table is made to fit it.
_PICTURE_COLUMNS = 80
_WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ending:
    """How one scenario ended; ``failures`` are the checks that did not hold."""

    scenario: str
    rma_no: str
    route: str
    outcome: str
    money: str
    seconds: float
    failures: tuple[str, ...]
    checks: int
    note: str | None = None


class _Mark(SpinnerColumn):
    """Turns while a story is told; then says whether all its checks held."""

    def render(self, task: Task) -> Text:
        if task.finished:
            return _mark(held=task.fields["held"])
        turning = super().render(task)
        return turning if isinstance(turning, Text) else Text(str(turning))


def _mark(*, held: bool) -> Text:
    return Text("✓", style="green") if held else Text("✗", style="red")


def progress(console: Console) -> Progress:
    return Progress(
        _Mark(),
        TextColumn("{task.fields[name]:<13}", markup=False),
        TextColumn("{task.description}", style="dim", markup=False),
        TimeElapsedColumn(),
        console=console,
    )


def show_endings(console: Console, endings: Sequence[Ending]) -> None:
    """Print the table, and below it what does not fit into one."""
    table = Table(
        title=f"{len(endings)} returns, checked against what the sandbox saw happen outside",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("", width=1)
    table.add_column("RMA number", no_wrap=True)
    table.add_column("Route")
    table.add_column("Outcome")
    table.add_column("Paid back", justify="right", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    for ending in endings:
        table.add_row(
            _mark(held=not ending.failures),
            ending.rma_no,
            ending.route,
            ending.outcome,
            ending.money,
            f"{ending.seconds:.0f} s",
        )
    console.print()
    console.print(table)
    console.print()
    for ending in endings:
        if ending.note is not None:
            console.print(f"{ending.rma_no}: {ending.note}", markup=False, highlight=False)
    held = sum(ending.checks - len(ending.failures) for ending in endings)
    asked = sum(ending.checks for ending in endings)
    console.print(f"{held} of {asked} checks from the outside hold.\n")


def show_failures(console: Console, endings: Sequence[Ending]) -> None:
    """Print each check that did not hold, if any."""
    for ending in endings:
        for failure in ending.failures:
            line = f"{ending.scenario}: does not hold: {failure}"
            console.print(line, style="red", markup=False, highlight=False)


def save_picture(path: Path, draw: Callable[[Console], None]) -> None:
    """Draw into a picture of a terminal (SVG) that asks no other server for a font."""
    console = Console(
        record=True,
        file=io.StringIO(),
        width=_PICTURE_COLUMNS,
        force_terminal=True,
        highlight=False,
    )
    draw(console)
    path.write_text(_WEB_FONT.sub("", console.export_svg(title="make demo")))
