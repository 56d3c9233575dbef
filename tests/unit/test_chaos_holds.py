"""Holds are counted on both sides, and any difference between them is seen."""

from typing import Any

import pytest

from chaos.holds import count_holds


def row(**changes: Any) -> dict[str, Any]:
    return {
        "hold_id": "h1",
        "payer_ref": "cus_1",
        "hold_ref": "pi_1",
        "amount_minor": 5_000,
        "capture_minor": None,
        "captured_minor": None,
        "currency": "EUR",
        "state": "authorized",
        **changes,
    }


def hold(**changes: Any) -> dict[str, Any]:
    return {
        "hold_id": "h1",
        "amount_minor": 5_000,
        "captured_minor": 0,
        "currency": "EUR",
        "status": "held",
        **changes,
    }


CAPTURED = row(state="captured", capture_minor=3_000, captured_minor=3_000)


@pytest.mark.parametrize(
    ("rows", "holds"),
    [
        ([row()], [hold()]),
        ([CAPTURED], [hold(status="captured", captured_minor=3_000)]),
        ([row(state="voided")], [hold(status="voided")]),
        ([row(state="unknown", hold_ref=None)], []),
        ([row(state="unknown", hold_ref=None)], [hold()]),
        ([row(state="rejected", hold_ref=None)], []),
        ([row(state="capturing", capture_minor=3_000)], [hold()]),
        ([row(payer_ref="")], [hold(hold_id=None)]),
    ],
    ids=[
        "standing",
        "captured",
        "voided",
        "unknown and absent",
        "unknown and there",
        "declined",
        "being captured",
        "unmarked",
    ],
)
def test_what_both_sides_say_is_no_difference(
    rows: list[dict[str, Any]], holds: list[dict[str, Any]]
) -> None:
    """Also what the engine itself calls uncertain, whichever way it went."""
    assert [one.differences for one in count_holds(rows, holds)] == [(), (), ()]


@pytest.mark.parametrize(
    ("rows", "holds", "said"),
    [
        ([row()], [hold(), hold()], "hold h1: asked for once, found 2 times"),
        ([row()], [], "hold h1: asked for, not found"),
        ([row()], [hold(amount_minor=4_999)], "hold h1: asked for 5000 EUR, found 4999 EUR"),
        ([row(state="voided")], [hold()], "open hold h1: 1 that nobody asked for"),
        ([CAPTURED], [hold(status="voided")], "capture h1: asked for, not found"),
        (
            [CAPTURED],
            [hold(status="captured", captured_minor=5_000)],
            "capture h1: asked for 3000 EUR, found 5000 EUR",
        ),
        (
            [row()],
            [hold(status="captured", captured_minor=1)],
            "capture h1: 1 that nobody asked for",
        ),
    ],
    ids=["twice", "not at all", "another amount", "left open", "lost", "too much", "past us"],
)
def test_a_difference_is_seen(
    rows: list[dict[str, Any]], holds: list[dict[str, Any]], said: str
) -> None:
    """Placed twice, taken otherwise, or left standing."""
    assert said in [line for one in count_holds(rows, holds) for line in one.differences]
