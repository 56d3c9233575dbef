"""Text that no database can hold is found wherever a message has it."""

from dataclasses import dataclass

import pytest

from domain.texts import bad_text_in, cleaned


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str = "lamp"
    count: int = 1


@dataclass(frozen=True, slots=True)
class Tree:
    note: str | None = None
    leaves: tuple[Leaf, ...] = ()
    value: object = None


@pytest.mark.parametrize(
    "bad", ["\x00", "a\x00b", "\x08", "\x0b", "\x1b[1m", "\x7f", "\ud800", "a\udfff"]
)
def test_control_and_half_characters_cannot_be_kept(bad: str) -> None:
    """Neither do people type them, nor can PostgreSQL hold all of them."""
    assert bad_text_in(bad) == ""
    assert bad_text_in(cleaned(bad)) is None


@pytest.mark.parametrize(
    "good", ["", "two\nlines", "two\r\nlines", "a\ttab", "Grüße", "\U0001f4a1", "退货"]
)
def test_what_people_write_can_be_kept(good: str) -> None:
    """Every alphabet, tabs and line breaks are text."""
    assert bad_text_in(good) is None
    assert cleaned(good) == good


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (Tree(note="\x00"), "note"),
        (Tree(leaves=(Leaf(), Leaf("\x00"))), "leaves[1].name"),
        (Tree(value=["red", ["\x00"]]), "value[1][0]"),
        (Tree("\x00", (Leaf("\x00"),)), "note"),
        (Tree("fine", (Leaf(),), 7), None),
    ],
)
def test_the_first_bad_text_is_named(message: object, place: str | None) -> None:
    """Whoever sent it reads where it stands, written as in every other refusal."""
    assert bad_text_in(message) == place
