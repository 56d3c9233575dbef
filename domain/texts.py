"""Which text can be kept: no half characters, no NUL or other control character.

PostgreSQL holds neither NUL nor halves, and no name, note or code of the trade has the others.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from domain.paths import Step, written

# Tab and line breaks are text; lone surrogates are halves of characters.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

WANTED = "wanted text without control characters"


def bad_text_in(message: object) -> str | None:
    """Return the place of the first text in ``message`` that cannot be kept, if there is one.

    Dataclasses, tuples and lists are looked through to any depth. The place of a bare text is
    empty.
    """
    place = next(_places_of_bad_text(message, ()), None)
    return written(place) if place is not None else None


def bad_text_in_json(document: Mapping[str, object]) -> str | None:
    """Return the same place in a JSON document; a bad name is written cleaned."""
    place = next(_places_in_json(document, ()), None)
    return cleaned(written(place)) if place is not None else None


def cleaned(text: str) -> str:
    """Return ``text`` with a question mark for each character that cannot be kept."""
    return _UNFIT.sub("?", text)


def _places_of_bad_text(value: object, at: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, str):
        if _UNFIT.search(value):
            yield at
    elif isinstance(value, tuple | list):
        for index, part in enumerate(value):
            yield from _places_of_bad_text(part, (*at, index))
    elif is_dataclass(value):
        for field in fields(value):
            yield from _places_of_bad_text(getattr(value, field.name), (*at, field.name))


def _places_in_json(value: object, at: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if _UNFIT.search(name):
                yield (*at, name)
            yield from _places_in_json(part, (*at, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _places_in_json(part, (*at, index))
    elif isinstance(value, str) and _UNFIT.search(value):
        yield at
