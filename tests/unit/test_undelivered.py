"""A parcel that came back though nobody asked (edge 41): its lines, and what the rules say."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from activities.policies import load_policy
from domain.codes import RefusedError
from domain.eligibility import Verdict
from domain.opening import decide_lines
from domain.orders import Parcel
from domain.parcels import ReceiptEntry
from domain.reasons import Ground
from domain.requests import HandoverMethod, ReturnRequest
from domain.undelivered import refusal_request
from tests.support.builders import DELIVERED, order, order_line

UNDERWAY = order_line("new", sku="SHOE", quantity=2, delivered_at=None)
ARRIVED = order_line("old", sku="SHOE", quantity=3)
MUCH_LATER = DELIVERED + timedelta(days=400)


def asked(
    *entries: tuple[str, int],
    parcel: str = "mark",
    held: Mapping[str, Sequence[str]] | None = None,
) -> ReturnRequest:
    counted = [ReceiptEntry(sku, quantity) for sku, quantity in entries]
    return refusal_request(order(ARRIVED, UNDERWAY), parcel, counted, held or {})


def lines(request: ReturnRequest) -> dict[str, int]:
    return {line.line_id: line.quantity for line in request.lines}


def test_edge_41_what_was_not_delivered_came_back_first() -> None:
    """Of two lines with the same goods; the rest is of the other."""
    request = asked(("SHOE", 1), ("SHOE", 2))

    assert lines(request) == {"new": 2, "old": 1}
    assert (request.ground, request.handover) == (Ground.REFUSAL, HandoverMethod.IN_STORE)


def test_edge_41_the_platforms_own_parcel_names_its_line() -> None:
    sent = Parcel("its-own", 3, DELIVERED, DELIVERED)
    known = order_line("old", sku="SHOE", quantity=3, parcels=(sent,))

    request = refusal_request(order(UNDERWAY, known), "its-own", [ReceiptEntry("SHOE", 1)], {})

    assert lines(request) == {"old": 1}


def test_edge_41_units_of_other_returns_are_left_alone() -> None:
    assert lines(asked(("SHOE", 2), held={"new": ["RMA-1"]})) == {"new": 1, "old": 1}


@pytest.mark.parametrize(
    ("entries", "code", "field"),
    [
        ((("SHOE", 1), ("HAT", 1)), "sku_not_found", "entries[1].sku"),
        ((("SHOE", 4), ("SHOE", 2)), "units_not_available", "entries[1].quantity"),
    ],
    ids=["no such goods", "more than was sent"],
)
def test_edge_41_the_entry_that_cannot_be_is_named(
    entries: tuple[tuple[str, int], ...], code: str, field: str
) -> None:
    with pytest.raises(RefusedError) as refusal:
        asked(*entries)

    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_edge_41_what_was_never_sent_cannot_have_come_back() -> None:
    never = order_line("new", sku="SHOE", parcels=())

    with pytest.raises(RefusedError) as refusal:
        refusal_request(order(never), "mark", [ReceiptEntry("SHOE", 1)], {})

    assert (refusal.value.code, refusal.value.field) == ("use_cancellation", "entries[0].sku")


def test_edge_41_undelivered_goods_are_granted_as_a_withdrawal_at_any_time() -> None:
    """The shipped pack has no rule of its own for it, and no window began."""
    (decision,) = decide_lines(
        asked(("SHOE", 1)), order(ARRIVED, UNDERWAY), load_policy(), at=MUCH_LATER
    )

    assert (decision.verdict, decision.rule_id) == (Verdict.APPROVE, "STD-WITHDRAWAL-30")
    assert "came back" in decision.explanation


def test_edge_41_goods_that_are_excluded_go_to_a_person() -> None:
    """They are here: to deny them would leave them without anybody."""
    made = order(order_line("new", sku="SHOE", delivered_at=None, traits=("CUSTOM_MADE",)))
    request = refusal_request(made, "mark", [ReceiptEntry("SHOE", 1)], {})

    (decision,) = decide_lines(request, made, load_policy(), at=MUCH_LATER)

    assert decision.verdict is Verdict.MANUAL_REVIEW
    assert decision.reason_codes == ("X_EXCLUDED_CUSTOM_MADE",)
