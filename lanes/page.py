"""Writes the delay watch's part of docs/reliability.md from docs/delay-watch.json."""

import json
from pathlib import Path
from typing import Any

from chaos.marks import fill
from lanes.report import tables

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "reliability.md"
RESULTS = DOCS / "delay-watch.json"
_MARKS = "<!-- from delay-watch.json, by `make docs` -->", "<!-- end of it -->"


def read_trial(results: Path) -> dict[str, Any]:
    """Return the trial that is kept."""
    kept: dict[str, Any] = json.loads(results.read_text())
    return kept


def render(page: str, kept: dict[str, Any]) -> str:
    """Return the page with the tables of this trial between its two marks."""
    return fill(page, _MARKS, tables(kept))


def main() -> None:
    PAGE.write_text(render(PAGE.read_text(), read_trial(RESULTS)))


if __name__ == "__main__":
    main()
