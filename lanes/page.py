"""Writes the delay watch's part of docs/reliability.md from docs/delay-watch.json."""

import json
from pathlib import Path
from typing import Any

from lanes.report import tables

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "reliability.md"
RESULTS = DOCS / "delay-watch.json"
_BEGIN, _END = "<!-- from delay-watch.json, by `make docs` -->", "<!-- end of it -->"


def read_trial(results: Path) -> dict[str, Any]:
    """Return the trial that is kept."""
    kept: dict[str, Any] = json.loads(results.read_text())
    return kept


def render(page: str, kept: dict[str, Any]) -> str:
    """Return the page with the tables of this trial between its two marks."""
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n\n{tables(kept)}\n{_END}{tail}"


def main() -> None:
    PAGE.write_text(render(PAGE.read_text(), read_trial(RESULTS)))


if __name__ == "__main__":
    main()
