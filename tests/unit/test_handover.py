"""What a way back means for clocks and fees, and which changes make sense."""

from dataclasses import replace
from datetime import date

import pytest

from domain.handover import (
    Sending,
    change_handover,
    check_change,
    handover_of,
    qr_code_made,
    sent,
    sent_on,
    visit_cancelled,
)
from domain.lifecycle import DeliveryState
from domain.receiving import receive
from domain.requests import HandoverMethod, PickupWindow
from domain.returns import Return
from domain.settlement import settle
from domain.settling import statutory_due_on
from domain.waiting import waits
from tests.support.builders import after, granted, opened, receipt, scanned
from tests.support.settling import accepted, charging

M, CANCELLED = HandoverMethod, DeliveryState.CANCELLED
WINDOW = PickupWindow(after(days=2), after(days=2, hours=4), "Europe/Berlin")


def gone(ret: Return, method: HandoverMethod) -> Return:
    return change_handover(ret, method, None, at=after(days=1))[0]


def test_a_proof_of_sending_starts_the_clock_before_the_goods_come() -> None:
    """Who shows that the parcel left is paid by then, however long it takes."""
    shown = sent(granted(), Sending(after(days=1), "Post", "RR1"), at=after(days=2))[0]
    slow, plain = (receive(ret, receipt(at=after(days=5)))[0] for ret in (shown, granted()))

    proven, usual = statutory_due_on(slow, slow.lots), statutory_due_on(plain, plain.lots)

    assert sent_on(slow) == after(days=1)
    assert isinstance(proven, date)
    assert isinstance(usual, date)
    assert proven < usual


@pytest.mark.parametrize(
    ("method", "fee"), [(M.DROP_OFF, 300), (M.IN_STORE, 0), (M.OWN_CARRIER, 0)]
)
def test_who_needs_no_label_of_ours_pays_for_none(method: HandoverMethod, fee: int) -> None:
    """The fee for the way back is for what we paid."""
    rules = charging(return_shipping={"per": "PARCEL", "amount_minor": {"EUR": 300}})
    way = granted(under=rules)
    ret = accepted(gone(way, method) if method is not M.DROP_OFF else way)
    voided = [
        replace(d, state=CANCELLED) if d.state is DeliveryState.CANCEL_REQUESTED else d
        for d in ret.deliveries
    ]

    rows = settle(replace(ret, deliveries=tuple(voided)), ret.lots)

    assert sum(row.return_shipping_fee_minor for row in rows) == fee


@pytest.mark.parametrize("first", [M.IN_STORE, M.OWN_CARRIER])
def test_from_no_label_to_a_label_it_stays_one_parcel(first: HandoverMethod) -> None:
    """Nothing was booked for it, so nothing is to be given back."""
    ret = gone(granted(), first)
    standing = handover_of(ret)
    assert standing is not None

    back = gone(ret, M.DROP_OFF)

    assert len(back.deliveries) == len(ret.deliveries)
    assert back.delivery(standing.delivery_id).state == "LABEL_PENDING"


def test_a_wish_that_is_overtaken_by_another_counts_as_the_last() -> None:
    """While the courier is being called off the customer may think again."""
    first = gone(granted(pickup=True), M.DROP_OFF)

    ret = gone(first, M.IN_STORE)
    done = visit_cancelled(ret, "d1", at=after(days=1, hours=1))[0]

    chosen = handover_of(done)
    assert chosen is not None
    assert (chosen.delivery_id, chosen.method) == ("d2", M.IN_STORE)


def test_a_courier_may_be_wished_for_instead_of_a_store() -> None:
    ret = gone(granted(), M.IN_STORE)
    check_change(ret, M.PICKUP, WINDOW, at=after(days=1))

    back = change_handover(ret, M.PICKUP, WINDOW, at=after(days=1))[0]

    assert handover_of(back) is not None
    assert back.deliveries[-1].pickup_window == WINDOW


def test_nothing_is_booked_before_it_is_granted() -> None:
    """A request has no way back yet."""
    assert handover_of(opened()) is None


def test_edge_42_the_time_to_hand_over_begins_with_the_code() -> None:
    """Who has no printer cannot hand the parcel over before the drop-off point can print it."""
    ret = granted()
    ret = ret.with_delivery(replace(ret.deliveries[0], method=M.QR_DROP_OFF))

    ret, _ = qr_code_made(ret, "d1", "https://carrier.example.com/q", at=after(days=20))

    (wait,) = [wait for wait in waits(ret) if wait.code == "awaiting_handover"]
    assert wait.deadline == after(days=20) + ret.policy.handling.hand_over_by


def test_a_code_that_comes_too_late_moves_no_clock() -> None:
    """The parcel is under way without it."""
    ret = scanned(granted())

    changed, _ = qr_code_made(ret, "d1", "https://carrier.example.com/q", at=after(days=20))

    assert changed.delivery("d1").since == ret.delivery("d1").since
