"""What a shopper reads of a decision: the catalogues of texts, by language.

A catalogue is data (``domain/packs/texts``): a text by its code, or by ``section.name``. In a text
``{last_day}`` is filled in, and a part in square brackets is left out where its value is not known.
English and Chinese are complete; what another language lacks is English.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

_OPTIONAL = re.compile(r"\[([^][]*)\]")
_PLACE = re.compile(r"\{(\w+)\}")


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh"
    GERMAN = "de"
    JAPANESE = "ja"


COMPLETE = (Language.ENGLISH, Language.CHINESE)
"""The languages in which no text is missing."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One language's texts. ``name`` is its own, ``tag`` is BCP 47, for the page's ``lang``."""

    name: str
    tag: str
    texts: Mapping[str, str]


@cache
def catalogue(language: Language) -> Catalogue:
    read = json.loads((files("domain") / "packs" / "texts" / f"{language}.json").read_text("utf-8"))
    name, tag, codes = read.pop("name"), read.pop("tag"), read.pop("codes")
    sections = {f"{section}.{key}": text for section in read for key, text in read[section].items()}
    return Catalogue(name, tag, codes | sections)


def language_of(code: str, language: Language) -> Language:
    """Return the language in which :func:`text` answers: English where the text is missing."""
    return language if code in catalogue(language).texts else Language.ENGLISH


def text(code: str, language: Language, /, **values: object) -> str:
    """Return the text of a code, or of ``section.name``, with its values filled in.

    Dates are written as ISO 8601 has them, as in our mails. A value of ``None`` or ``""`` is not
    known. A code without any text, as an old decision may have one, is returned as it stands.

    Raises:
        KeyError: a value is not known without which the text says nothing.
    """
    known = {name: str(value) for name, value in values.items() if value not in (None, "")}
    found = catalogue(language_of(code, language)).texts.get(code)
    if found is None:
        return code.rpartition(".")[2]
    kept = _OPTIONAL.sub(lambda part: _kept(part[1], known), found)
    return _PLACE.sub(lambda place: known[place[1]], kept)


def placeholders(text: str) -> frozenset[str]:
    """Return the names of the values that a catalogue's text takes."""
    return frozenset(_PLACE.findall(text))


def _kept(part: str, known: Mapping[str, str]) -> str:
    return part if placeholders(part) <= known.keys() else ""
