"""How two packs differ: each place that was added, removed or changed, by its path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

JsonPart = object
_NAMES = ("id", "key", "grade")
"""What rows of a pack are known by: a rule its id, a source its key, a condition its grade."""


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """``path`` is written ``rules[RULE-ID].window.days``; what is added has no ``before``."""

    path: str
    kind: Kind
    before: JsonPart = None
    after: JsonPart = None


def differences(
    before: Mapping[str, JsonPart], after: Mapping[str, JsonPart]
) -> tuple[Difference, ...]:
    """Return what differs, in the order of the later pack, what is gone after what is left.

    Rows that have a name (``id``, ``key`` or ``grade``) are compared by it, wherever they stand;
    that they stand in another order is a difference of their list, which then holds their names.
    Other lists are compared as a whole, and the order of an object's keys says nothing.
    """
    return tuple(_of_tables("", before, after))


def _of_tables(
    path: str, before: Mapping[str, JsonPart], after: Mapping[str, JsonPart]
) -> Iterator[Difference]:
    at = f"{path}." if path else ""
    for name in [*after, *(name for name in before if name not in after)]:
        yield from _between(f"{at}{name}", before, after, name)


def _between(
    path: str, before: Mapping[str, JsonPart], after: Mapping[str, JsonPart], name: str
) -> Iterator[Difference]:
    if name not in before:
        yield Difference(path, Kind.ADDED, after=after[name])
    elif name not in after:
        yield Difference(path, Kind.REMOVED, before=before[name])
    else:
        yield from _of_values(path, before[name], after[name])


def _of_values(path: str, before: JsonPart, after: JsonPart) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_tables(path, before, after)
        return
    rows = _by_name(before), _by_name(after)
    if rows[0] is not None and rows[1] is not None:
        yield from _of_rows(path, rows[0], rows[1])
    elif _typed(before) != _typed(after):
        yield Difference(path, Kind.CHANGED, before, after)


def _of_rows(
    path: str, before: Mapping[str, JsonPart], after: Mapping[str, JsonPart]
) -> Iterator[Difference]:
    for name in [*after, *(name for name in before if name not in after)]:
        yield from _between(f"{path}[{name}]", before, after, name)
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield Difference(path, Kind.CHANGED, [*before], [*after])


def _by_name(value: JsonPart) -> Mapping[str, JsonPart] | None:
    """Return rows by their names; ``None`` where not every row has one of its own."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return None
    for key in _NAMES:
        names = [row.get(key) if isinstance(row, Mapping) else None for row in value]
        if all(isinstance(name, str) for name in names) and len({*names}) == len(names):
            return dict(zip(map(str, names), value, strict=True))
    return None


def _typed(value: JsonPart) -> JsonPart:
    """Return a value that equals only what is written alike: ``true`` is not 1, nor 1 1.0."""
    if isinstance(value, Mapping):
        return {name: _typed(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_typed(part) for part in value]
    return (type(value), value)
