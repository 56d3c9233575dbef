"""Two packs side by side: every place that differs, and no other."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.policy_diff import Difference, Kind, differences
from tests.support.builders import pack


def changed(*path: str | int, to: object) -> dict[str, Any]:
    """Return the standard pack with another value at one place."""
    data: Any = copy.deepcopy(pack())
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return data  # type: ignore[no-any-return]  # it is the pack


def test_the_same_pack_has_no_difference() -> None:
    """Nor has one whose keys stand in another order."""
    assert differences(pack(), dict(reversed(pack().items()))) == ()


def test_a_changed_value_is_named_by_its_path() -> None:
    """A rule is named by its id, not by its place in the list."""
    after = changed("rules", 0, "window", "days", to=14)

    assert differences(pack(), after) == (
        Difference("rules[STD-WITHDRAWAL-30].window.days", Kind.CHANGED, 30, 14),
    )


def test_a_rule_that_is_new_leaves_the_others_alone() -> None:
    """Although each of them stands one place later."""
    new = {"id": "NEW"}
    after = changed("rules", to=[new, *rules()])

    assert differences(pack(), after) == (Difference("rules[NEW]", Kind.ADDED, after=new),)


def rules() -> list[Any]:
    held: Any = pack()["rules"]
    return [*held]


def test_a_rule_that_is_gone_and_a_setting_that_is_new() -> None:
    """What is gone has no after, what is new no before."""
    gone = rules()[1]
    after = changed("rules", to=rules()[:1]) | {"customs_papers": False}

    assert differences(pack(), after) == (
        Difference("rules[STD-NON-CONFORMITY-730]", Kind.REMOVED, gone),
        Difference("customs_papers", Kind.ADDED, after=False),
    )


def test_another_order_of_rules_is_a_difference() -> None:
    """The first rule that grants decides, so their order says something."""
    ids = [rule["id"] for rule in rules()]

    assert differences(pack(), changed("rules", to=rules()[::-1])) == (
        Difference("rules", Kind.CHANGED, ids, ids[::-1]),
    )


def test_a_list_of_words_is_compared_as_a_whole() -> None:
    """A word has no name but itself."""
    after = changed("rules", 0, "remedies", to=["REFUND"])

    (found,) = differences(pack(), after)

    assert found == Difference(
        "rules[STD-WITHDRAWAL-30].remedies", Kind.CHANGED, ["REFUND", "EXCHANGE"], ["REFUND"]
    )


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, 1.0), (None, False)])
def test_what_is_written_otherwise_differs(before: object, after: object) -> None:
    """A pack that says true instead of 1 is refused, so the two are not the same."""
    assert differences({"a": before}, {"a": after}) == (
        Difference("a", Kind.CHANGED, before, after),
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "key", "a", "b"]), parts, max_size=3)
        | st.lists(st.fixed_dictionaries({"id": st.sampled_from("xyz"), "v": parts}), max_size=3)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(DOCUMENTS, DOCUMENTS)
def test_there_is_a_difference_exactly_where_documents_differ(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """And the other way around it is the same places, with before and after exchanged."""
    found = differences(before, after)
    back = differences(after, before)

    assert (found == ()) == (repr_of(before) == repr_of(after))
    assert sorted((d.path, repr(d.before), repr(d.after)) for d in found) == sorted(
        (d.path, repr(d.after), repr(d.before)) for d in back
    )


def repr_of(value: Any) -> str:
    """Write a document so that the order of keys says nothing."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {repr_of(value[key])}' for key in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(repr_of, value))}]"
    return repr(value)
