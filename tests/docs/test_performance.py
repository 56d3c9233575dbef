"""docs/performance.md tells what a history is spent on; its table adds up and keeps the bar."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_KIND = re.compile(r"^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)
_IN_ALL = re.compile(r"^\| \*\*in all\*\* \| \*\*([\d,]+)\*\* \| \*\*([\d,]+)\*\* \|", re.MULTILINE)

MOST_EVENTS = 115
MOST_BYTES = 60_000


def number(text: str) -> int:
    return int(text.replace(",", ""))


def documented_kinds() -> dict[str, int]:
    """Return the events of scenario (a) by kind, as the page gives them."""
    return {kind: number(events) for kind, events, _bytes in _KIND.findall(PAGE.read_text())}


def test_the_kinds_add_up_to_the_whole() -> None:
    """Nothing a history holds is left out of the table."""
    in_all = _IN_ALL.search(PAGE.read_text())

    assert in_all is not None
    assert sum(documented_kinds().values()) == number(in_all[1])


def test_the_documented_history_keeps_the_bar() -> None:
    """What the page gives for scenario (a) is within what one return may cost."""
    in_all = _IN_ALL.search(PAGE.read_text())

    assert in_all is not None
    assert number(in_all[1]) <= MOST_EVENTS
    assert number(in_all[2]) <= MOST_BYTES
