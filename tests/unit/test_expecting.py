"""A warehouse is told of every parcel once, for a day that somebody stands behind."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.expecting import Basis, expected_arrivals
from domain.handover import change_handover
from domain.lifecycle import DeliveryState
from domain.parcels import Delivery
from domain.receiving import receive
from domain.requests import HandoverMethod, RequestedLine
from domain.returns import Return
from domain.tracking import Milestone
from domain.transport import expire, withdraw
from tests.support.builders import (
    NOW,
    WINDOW,
    after,
    decided,
    granted,
    handed_over,
    order,
    order_line,
    policy,
    receipt,
    received,
    scanned,
    with_pickup,
)

HANDLING = policy().handling


def parcel(ret: Return, **changes: object) -> Return:
    """Change the first parcel of a return."""
    return ret.with_delivery(replace(ret.delivery("d1"), **changes))  # type: ignore[arg-type]  # fields of a Delivery


def test_an_announced_parcel_is_expected_after_its_last_day() -> None:
    """Its owner may take his time, and the carrier his, as the policy has it."""
    (expected,) = expected_arrivals(granted())

    assert expected.delivery_id == "d1"
    assert expected.expected_on == (NOW + HANDLING.hand_over_by + HANDLING.arrival).date()
    assert expected.basis is Basis.POLICY
    assert expected.units == (("SHOES", 3),)


def test_a_parcel_without_a_label_yet_is_announced_too() -> None:
    """The carrier may be away; the goods come all the same."""
    (expected,) = expected_arrivals(decided())

    assert expected.expected_on == (NOW + HANDLING.hand_over_by + HANDLING.arrival).date()


def test_a_deadline_that_was_moved_moves_the_day() -> None:
    """Who got more time sends later."""
    ret = granted()
    moved = replace(ret, extended=(("delivery/d1/handover", after(days=40)),))

    (expected,) = expected_arrivals(moved)

    assert expected.expected_on == (after(days=40) + HANDLING.arrival).date()


def test_a_courier_brings_it_sooner() -> None:
    """What he takes at the end of his window is under way from then on."""
    (expected,) = expected_arrivals(with_pickup(granted(pickup=True)))

    assert expected.expected_on == (WINDOW.not_after + HANDLING.arrival).date()


def test_the_first_scan_counts_once_it_is_there() -> None:
    """Not the day on which somebody might still have brought it."""
    ret = scanned(granted(), Milestone.FIRST_SCAN, at=after(days=1))

    (expected,) = expected_arrivals(ret)

    assert expected.expected_on == (after(days=1) + HANDLING.arrival).date()
    assert expected.basis is Basis.POLICY


def test_a_promise_is_better_than_our_own_patience() -> None:
    """Whatever the policy allows, the carrier says when."""
    (expected,) = expected_arrivals(parcel(handed_over(), promised_at=after(days=3)))

    assert (expected.expected_on, expected.basis) == (after(days=3).date(), Basis.PROMISED)


def test_a_delivered_parcel_is_expected_until_it_is_counted() -> None:
    """The carrier says that it is there, so it is on the day of its delivery."""
    promised = parcel(handed_over(), promised_at=after(days=9))
    ret = scanned(promised, Milestone.DELIVERED, at=after(days=2))

    (expected,) = expected_arrivals(ret)

    assert (expected.expected_on, expected.basis) == (after(days=2).date(), Basis.DELIVERED)
    assert expected_arrivals(receive(ret, receipt())[0]) == ()


def test_the_rest_of_a_return_is_missing_and_no_parcel() -> None:
    """Two of three came: nobody knows of another parcel with the third."""
    assert expected_arrivals(received(counted={"SHOES": 2})) == ()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("", date(2026, 3, 5)),
        ("Pacific/Auckland", date(2026, 3, 6)),
        ("America/Los_Angeles", date(2026, 3, 5)),
    ],
)
def test_a_day_is_a_day_where_the_goods_are_received(zone: str, day: date) -> None:
    """Where the place's zone is not known, the customer's stands for it (here Berlin)."""
    at = NOW.replace(day=5, hour=12)

    (expected,) = expected_arrivals(
        replace(parcel(handed_over(), promised_at=at), location_time_zone=zone)
    )

    assert expected.expected_on == day


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.LOST,
        DeliveryState.RETURNED_TO_SENDER,
        DeliveryState.CANCEL_REQUESTED,
        DeliveryState.CANCELLED,
        DeliveryState.RECEIVED,
    ],
)
def test_what_does_not_come_is_not_expected(state: DeliveryState) -> None:
    """Lost, back with its sender, given up or here."""
    assert expected_arrivals(parcel(handed_over(), state=state)) == ()


def test_a_return_that_was_called_off_is_not_expected() -> None:
    """Nothing was handed over, and nothing is to be."""
    assert expected_arrivals(withdraw(granted(), at=NOW)[0]) == ()
    assert expected_arrivals(expire(granted(), at=after(days=30))[0]) == ()


def test_goods_for_a_store_are_not_told_to_the_warehouse() -> None:
    """The count at the counter is their receipt."""
    ret, _ = change_handover(granted(), HandoverMethod.IN_STORE, None, at=after(hours=1))

    assert expected_arrivals(ret) == ()


def test_another_label_is_expected_instead_of_the_first() -> None:
    """One parcel, whichever it is in."""
    ret, _ = change_handover(granted(), HandoverMethod.OWN_CARRIER, None, at=after(hours=1))

    (expected,) = expected_arrivals(ret)

    assert (expected.delivery_id, expected.units) == ("d2", (("SHOES", 3),))


def test_units_are_told_once_though_two_parcels_may_hold_them() -> None:
    """With the parcel that moves; the other one is expected without knowing its goods."""
    ret = granted()
    second = Delivery("d2", HandoverMethod.DROP_OFF, DeliveryState.IN_TRANSIT, NOW)
    both = replace(ret, deliveries=(*ret.deliveries, replace(second, first_scan_at=NOW)))

    units = {one.delivery_id: one.units for one in expected_arrivals(both)}

    assert units == {"d1": (), "d2": (("SHOES", 3),)}


def test_units_of_one_sku_are_counted_together() -> None:
    """Two lines of the same goods are the same goods to whoever counts them."""
    bought = order(order_line("a", sku="LAMP"), order_line("b", sku="LAMP"), order_line("c"))
    wanted = (RequestedLine("a", 2), RequestedLine("b", 1), RequestedLine("c", 3))

    (expected,) = expected_arrivals(granted(*wanted, of=bought))

    assert dict(expected.units) == {"LAMP": 3, "C": 3}


def test_a_parcel_in_trouble_is_still_expected() -> None:
    """An exception is no end: its day stays, and passes."""
    ret = parcel(handed_over(), state=DeliveryState.EXCEPTION, promised_at=after(days=3))

    (expected,) = expected_arrivals(ret)

    assert expected.expected_on == (NOW + timedelta(days=3)).date()
