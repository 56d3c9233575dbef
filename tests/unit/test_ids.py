"""Names of returns and their parts."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import content_hash, part_id, refund_key, return_id_for, rma_number, stated

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXY"
serials = st.integers(0, 31**6 - 1)


def is_valid(number: str) -> bool:
    """Say whether a number is the number of the serial that it spells."""
    digits = number.removeprefix("RMA-").replace("-", "")[:6]
    serial = sum(_ALPHABET.index(c) * 31**place for place, c in enumerate(reversed(digits)))
    return rma_number(serial) == number


@given(serials, serials)
def test_every_return_has_its_own_number(one: int, other: int) -> None:
    """Two returns of a tenant never share an RMA number."""
    assert (rma_number(one) == rma_number(other)) == (one == other)


@given(serials, st.sampled_from([4, 5, 6, 7, 9, 10, 12]), st.sampled_from(_ALPHABET))
def test_one_mistyped_character_is_noticed(serial: int, position: int, typed: str) -> None:
    """A number with one wrong character is nobody's number."""
    number = rma_number(serial)

    mistyped = number[:position] + typed + number[position + 1 :]

    assert is_valid(mistyped) == (mistyped == number)


@given(serials, st.sampled_from([(4, 5), (5, 6), (6, 7), (7, 9), (9, 10), (10, 12), (4, 12)]))
def test_two_swapped_characters_are_noticed(serial: int, swap: tuple[int, int]) -> None:
    """A number with two characters swapped is nobody's number."""
    letters = list(rma_number(serial))

    letters[swap[0]], letters[swap[1]] = letters[swap[1]], letters[swap[0]]

    assert is_valid("".join(letters)) == ("".join(letters) == rma_number(serial))


def test_the_first_and_the_last_digit_are_told_apart() -> None:
    """The check digit of a number changes when a 0 is read as the alphabet's last letter."""
    assert rma_number(0)[-1] != rma_number(30)[-1]


@pytest.mark.parametrize("serial", [-1, 31**6])
def test_there_is_no_number_outside_the_range(serial: int) -> None:
    """A serial that six digits cannot hold is refused."""
    with pytest.raises(ValueError, match="serial must be within"):
        rma_number(serial)


def test_the_same_request_names_the_same_return() -> None:
    """A repeated key meets its return, another tenant's same key does not."""
    assert return_id_for("acme", "k-1") == return_id_for("acme", "k-1")
    assert return_id_for("acme", "k-1") != return_id_for("bolt", "k-1")


def test_parts_of_a_return_have_stable_names() -> None:
    """The same part is named the same, another one differently."""
    return_id = return_id_for("acme", "k-1")

    assert part_id(return_id, "notice", 3) == part_id(return_id, "notice", 3)
    assert part_id(return_id, "notice", 3) != part_id(return_id, "notice", 4)


def test_a_new_generation_has_a_new_refund_key() -> None:
    """Trying a refund anew never meets the answer of the attempt before."""
    assert refund_key("i1", 1) != refund_key("i1", 2)


def test_the_order_of_keys_does_not_change_a_hash() -> None:
    """Equal contents have equal hashes."""
    assert content_hash({"a": 1, "b": [2]}) == content_hash({"b": [2], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


@dataclass(frozen=True)
class Part:
    name: str
    note: str = ""


@dataclass(frozen=True)
class Message:
    parts: tuple[Part, ...]
    wish: str = "REFUND"
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class LaterPart(Part):
    colour: str | None = None


@dataclass(frozen=True)
class LaterMessage(Message):
    urgent: bool = False
    tags: list[str] = field(default_factory=list)


def test_a_message_says_the_same_when_its_kind_learns_a_field() -> None:
    """A key that was used before an upgrade is known again after it."""
    before = Message((Part("a"), Part("b", note="torn")), wish="EXCHANGE")
    after = LaterMessage((LaterPart("a"), LaterPart("b", note="torn")), wish="EXCHANGE")

    assert stated(before) == stated(after)
    assert stated(before) == {
        "parts": [{"name": "a"}, {"name": "b", "note": "torn"}],
        "wish": "EXCHANGE",
    }


def test_a_message_says_something_else_when_any_field_differs() -> None:
    """What was stated counts, at any depth."""
    message = LaterMessage((LaterPart("a"),))
    others = [
        replace(message, urgent=True),
        replace(message, tags=["x"]),
        replace(message, parts=(LaterPart("a", colour="red"),)),
        replace(message, parts=()),
    ]

    hashes = {content_hash(stated(other)) for other in (message, *others)}

    assert len(hashes) == 5
