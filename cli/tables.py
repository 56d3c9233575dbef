"""Rows as CSV that a spreadsheet opens as what they are: text stays text, nothing is computed."""

import csv
import re
import sys
from collections.abc import Iterable, Sequence

# A spreadsheet takes what begins so for a formula, whoever typed it into a title or a reference.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_AMOUNT = re.compile(r"-?\d+(\.\d+)?( [A-Z]{3})?")


def show_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows as CSV, cells that would be formulas with an apostrophe before them."""
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(headings)
    table.writerows([safe_cell(cell) for cell in row] for row in rows)


def safe_cell(text: str) -> str:
    """Return a cell's text, quoted where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _AMOUNT.fullmatch(text) else text
