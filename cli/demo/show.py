"""What the terminal shows: a line a return while it runs, and the table at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


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


def progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.fields[name]:<14}"),
        TextColumn("{task.description}", style="dim"),
        TimeElapsedColumn(),
        console=console,
    )


def show_endings(console: Console, endings: Sequence[Ending]) -> None:
    table = Table(title="The demo's returns, checked against the sandbox's ledger", expand=False)
    table.add_column("", width=1)
    table.add_column("RMA number", no_wrap=True)
    table.add_column("Route")
    table.add_column("Outcome")
    table.add_column("Paid back", justify="right", no_wrap=True)
    table.add_column("Time", justify="right", no_wrap=True)
    for ending in endings:
        good = not ending.failures
        table.add_row(
            "[green]✓" if good else "[red]✗",
            ending.rma_no,
            ending.route,
            ending.outcome,
            ending.money,
            f"{ending.seconds:.0f} s",
        )
    console.print(table)
    for ending in endings:
        for failure in ending.failures:
            console.print(f"[red]{ending.scenario}: does not hold: {failure}")
    held = sum(ending.checks - len(ending.failures) for ending in endings)
    asked = sum(ending.checks for ending in endings)
    console.print(f"{held} of {asked} checks against the ledger outside hold.")
