"""Capability sheets as tables: what each adapter declares, and where it says that from."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

_FOR_GOOD = timedelta.max


def sheet_tables(sheets: Sequence[Any], *, named_by: str) -> tuple[str, str]:
    """Return the values beside each other, and the source of each value."""
    names = [f.name for f in fields(sheets[0]) if f.name not in ("sources", named_by)]
    adapters = [getattr(sheet, named_by) for sheet in sheets]
    values = [
        (f"`{name}`", *(_written(getattr(sheet, name)) for sheet in sheets)) for name in names
    ]
    sources = [
        (adapter, f"`{name}`", sheet.sources[name])
        for adapter, sheet in zip(adapters, sheets, strict=True)
        for name in names
    ]
    return _table(("", *adapters), values), _table((named_by, "value", "source"), sources)


def _written(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "any"
        case timedelta():
            return "for good" if value == _FOR_GOOD else _lasting(value)
        case StrEnum():
            return value.value.replace("_", " ")
        case frozenset():
            return ", ".join(sorted(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lasting(value: timedelta) -> str:
    if not value:
        return "none"
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if not value % length:
            return f"{value // length} {unit}"
    if value < timedelta(minutes=1):
        return f"{value // timedelta(milliseconds=1)} ms"
    return f"{value // timedelta(minutes=1)} min"


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
