"""Which font shows a character: those that PDF readers bring along, so none has to be shipped."""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"

BOX = "❏"
"""Stands for a character that no font shows, so that nobody takes the rest for the whole."""
_SIGNS = "ZapfDingbats"

# Each font with the character set that it is made for; the first one that has a character shows it.
_LATIN = "cp1252"
_ASIAN = {"STSong-Light": "gbk", "HeiseiMin-W3": "cp932", "HYSMyeongJo-Medium": "cp949"}


def runs(text: str, *, latin: str = PLAIN) -> tuple[tuple[str, str], ...]:
    """Cut ``text`` into (font, characters), in order; ``latin`` is the font of Western letters.

    Characters that only steer others (joiners, variation selectors) are left out, and what no font
    shows, such as an emoji, is a :data:`BOX`.
    """
    shown = [_shown(character, latin) for character in _visible(text)]
    return tuple(
        (font, "".join(character for _, character in run))
        for font, run in groupby(shown, key=lambda pair: pair[0])
    )


def markup(text: str, *, latin: str = PLAIN) -> str:
    """Return ``text`` as a paragraph's markup: every run in its font, nothing of it a tag."""
    return "".join(
        f'<font name="{font}">{escape(characters)}</font>'
        for font, characters in runs(text, latin=latin)
    )


def has_asian(text: str) -> bool:
    """Say whether lines may break between any two characters, for there are few spaces."""
    return any(font in _ASIAN for font, _ in runs(text))


def register_fonts() -> None:
    """Make the fonts known to reportlab; repeats change nothing."""
    known = pdfmetrics.getRegisteredFontNames()
    for name in _ASIAN:
        if name not in known:
            pdfmetrics.registerFont(UnicodeCIDFont(name))


def _visible(text: str) -> Iterator[str]:
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            yield " "
        elif unicodedata.category(character) != "Cf" and not "\ufe00" <= character <= "\ufe0f":
            yield character


def _shown(character: str, latin: str) -> tuple[str, str]:
    if _has(_LATIN, character):
        return latin, character
    for font, characters in _ASIAN.items():
        if _has(characters, character):
            return font, character
    return _SIGNS, BOX


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
