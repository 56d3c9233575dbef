"""Which language a reader gets: the one asked for, else what a browser prefers, else English."""

from collections.abc import Iterator

from domain.wording import Language

_MOST = 50
"""A header with more languages than this is nobody's wish; the rest of it is not read."""


def reader_language(asked: Language | None, accepted: str | None) -> Language:
    """Return the language for a reader.

    Args:
        asked: What the address names.
        accepted: An ``Accept-Language`` (RFC 9110); regions and scripts are not told apart, and
            what is malformed in it is passed over.
    """
    if asked is not None:
        return asked
    wishes = sorted(_wishes(accepted or ""), key=lambda wish: wish[1], reverse=True)
    known = (language for language, weight in wishes if weight > 0)
    return next(known, Language.ENGLISH)


def _wishes(accepted: str) -> Iterator[tuple[Language, float]]:
    for wish in accepted.split(",")[:_MOST]:
        tag, _, weight = wish.partition(";")
        primary = tag.strip().partition("-")[0].lower()
        if primary in [*Language]:
            yield Language(primary), _weight(weight)


def _weight(text: str) -> float:
    name, _, value = text.replace(" ", "").partition("=")
    if name.lower() != "q":
        return 1.0 if not name else 0.0
    return float(value) if value.replace(".", "", 1).isdecimal() and value.isascii() else 0.0
