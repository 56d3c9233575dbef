"""Couriers' windows that are gone when they are to be booked, and couriers who bring the label."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.events import Event, Fact
from domain.handover import change_handover, handover_of, visit_cancelled
from domain.lifecycle import DeliveryState
from domain.notices import notices_for
from domain.parcels import chain_of, wants_courier
from domain.pickups import PickupOutcome, next_window, pickup_failed, pickup_refused
from domain.requests import HandoverMethod, PickupWindow
from domain.returns import Return
from domain.slots import MOST_MOVES, is_slot_over, kept_ahead, slot_gone
from domain.transport import cancelled
from domain.work import due_work
from tests.support.builders import (
    WINDOW,
    after,
    decided,
    granted,
    policy,
    scanned,
    window_of,
    with_label,
    with_pickup,
)

M = HandoverMethod
TOO_LATE = WINDOW.not_after + timedelta(minutes=1)


def labelled_with_wish() -> Return:
    return with_label(decided(pickup=True))


def bringing_its_label() -> Return:
    """A parcel whose label was ordered with its courier, who is ordered."""
    ret = with_label(decided(pickup=True, under=replace(policy(), pickup_attempts=2)))
    return with_pickup(ret.with_delivery(replace(ret.deliveries[0], with_courier=True)))


def told(ret: Return, fact: Fact) -> list[str]:
    event = Event(1, fact.type, TOO_LATE, "system:backhaul", data=fact.data)
    return [notice.kind for notice in notices_for(ret, [event])]


def windows(ret: Return) -> list[PickupWindow | None]:
    return [delivery.pickup_window for delivery in ret.deliveries]


class TestGoneSlots:
    def test_edge_26_the_next_window_is_taken_and_told_of(self) -> None:
        """The customer reads which time is asked for instead of his."""
        ret = labelled_with_wish()
        assert is_slot_over(ret.deliveries[0], TOO_LATE)
        assert not is_slot_over(ret.deliveries[0], WINDOW.not_after - timedelta(minutes=1))

        ret, (fact,) = slot_gone(ret, "d1", at=TOO_LATE)

        moved = next_window(WINDOW, after=TOO_LATE)
        assert windows(ret) == [moved]
        assert [work.key for work in due_work(ret)] == ["courier/d1"]
        assert fact.data["window"] == {
            "not_before": "2026-03-04T11:00:00+01:00",
            "not_after": "2026-03-04T15:00:00+01:00",
            "time_zone": "Europe/Berlin",
        }
        assert told(ret, fact) == ["pickup_rescheduled"]

    def test_edge_26_it_is_no_visit_that_failed(self) -> None:
        """A courier who never was to be had takes none of the visits that the policy grants."""
        ret = slot_gone(labelled_with_wish(), "d1", at=TOO_LATE)[0]

        ret = pickup_failed(
            with_pickup(ret), "d1", PickupOutcome.COURIER_NO_SHOW, at=after(days=3)
        )[0]

        assert wants_courier(ret.deliveries[0])
        assert [visit.outcome for visit in ret.deliveries[0].attempts] == [
            "slot_gone",
            "courier_no_show",
        ]

    def test_edge_26_after_the_last_move_the_parcel_is_brought(self) -> None:
        """Nobody is kept waiting for a time that never is to be had."""
        ret = labelled_with_wish()
        for day in range(MOST_MOVES):
            ret, (fact,) = slot_gone(ret, "d1", at=after(days=2 + day))
            assert fact.type == "pickup.rescheduled"

        ret, (fact,) = slot_gone(ret, "d1", at=after(days=9))

        assert (fact.type, fact.data["next_method"]) == ("pickup.attempted", "DROP_OFF")
        assert due_work(ret) == ()
        assert told(ret, fact) == ["handover_ready"]

    def test_edge_26_a_window_that_passed_in_review_is_moved_before_anything_is_asked(self) -> None:
        """The label may be ordered with the courier, so it is moved before that."""
        ret, (fact,) = kept_ahead(decided(pickup=True), "d1", at=TOO_LATE)

        assert windows(ret) == [next_window(WINDOW, after=TOO_LATE)]
        assert ret.deliveries[0].attempts == ()
        assert fact.type == "pickup.rescheduled"
        assert kept_ahead(ret, "d1", at=TOO_LATE) == (ret, ())

    def test_edge_26_a_carrier_who_is_away_for_days_does_not_move_it_for_ever(self) -> None:
        """After the last move a label for the drop-off is asked for, and nobody writes daily."""
        ret = decided(pickup=True)
        for day in range(MOST_MOVES):
            ret, (fact,) = kept_ahead(ret, "d1", at=after(days=2 + 2 * day))
            assert fact.type == "pickup.rescheduled"

        ret, (fact,) = kept_ahead(ret, "d1", at=after(days=20))

        assert (ret.deliveries[0].method, windows(ret)) == (M.DROP_OFF, [None])
        assert fact.type == "handover.changed"
        assert kept_ahead(ret, "d1", at=after(days=30)) == (ret, ())

    @pytest.mark.parametrize("pickup", [True, False])
    def test_a_window_that_lies_ahead_stays(self, *, pickup: bool) -> None:
        ret = decided(pickup=pickup)

        assert kept_ahead(ret, "d1", at=after(hours=1)) == (ret, ())


class TestCouriersWhoBringTheLabel:
    def test_the_next_visit_is_another_parcel(self) -> None:
        """Its label ended with the visit: both numbers stay linked (edge 28)."""
        ret, (fact,) = pickup_failed(bringing_its_label(), "d1", None, at=TOO_LATE)

        first, second = ret.deliveries
        assert first.state is DeliveryState.CANCEL_REQUESTED
        assert (second.replaces, second.method, second.state) == ("d1", M.PICKUP, "LABEL_PENDING")
        assert second.pickup_window == next_window(WINDOW, after=TOO_LATE)
        assert [one.delivery_id for one in chain_of(ret.deliveries, second)] == ["d2", "d1"]
        # Two couriers never come: the next is ordered once this one is off.
        assert [work.key for work in due_work(ret)] == ["cancel/d1"]
        off, _ = cancelled(ret, "d1", at=TOO_LATE, pickup_cancelled=True, label_voided=True)
        assert [work.key for work in due_work(off)] == ["book/d2"]
        assert told(ret, fact) == []

    def test_visits_to_all_of_its_parcels_count_together(self) -> None:
        """After as many as the policy says, a label for the drop-off is bought."""
        ret = pickup_failed(bringing_its_label(), "d1", None, at=TOO_LATE)[0]
        ret = with_label(ret, "d2")
        second = ret.delivery("d2")
        assert second.pickup_window is not None
        visit = replace(bringing_its_label().deliveries[0].attempts[0], window=second.pickup_window)
        ordered = replace(
            second, with_courier=True, attempts=(visit,), state=DeliveryState.PICKUP_SCHEDULED
        )

        ret, (fact,) = pickup_failed(ret.with_delivery(ordered), "d2", None, at=after(days=5))

        third = ret.delivery("d3")
        assert (third.method, third.pickup_window, third.replaces) == (M.DROP_OFF, None, "d2")
        assert fact.data["next_method"] == "DROP_OFF"
        assert told(ret, fact) == []

    @pytest.mark.parametrize("method", [M.DROP_OFF, M.PICKUP, M.IN_STORE])
    def test_another_way_is_another_parcel_once_he_is_called_off(
        self, method: HandoverMethod
    ) -> None:
        """Calling him off ends the label, whatever the customer wishes instead."""
        window = next_window(WINDOW, after=TOO_LATE) if method is M.PICKUP else None
        ret = change_handover(bringing_its_label(), method, window, at=after(hours=1))[0]

        ret, facts = visit_cancelled(ret, "d1", at=after(hours=2))

        first, second = ret.deliveries
        assert (first.state, first.wish) == (DeliveryState.CANCEL_REQUESTED, None)
        assert (second.method, second.pickup_window, second.replaces) == (method, window, "d1")
        ready = [fact.type for fact in facts if fact.type == "handover.ready"]
        assert ready == ([] if method.has_label else ["handover.ready"])

    def test_where_he_does_not_come_a_label_is_bought_instead(self) -> None:
        ret = labelled_with_wish()
        ret = ret.with_delivery(replace(ret.deliveries[0], with_courier=True))

        ret, _ = pickup_refused(
            ret, "d1", at=TOO_LATE, pickup_ref="p", reason="no_rates", window=window_of(ret)
        )

        assert (ret.delivery("d2").method, ret.delivery("d2").state) == (
            M.DROP_OFF,
            "LABEL_PENDING",
        )

    def test_edge_26_a_gone_slot_is_asked_for_with_another_parcel(self) -> None:
        ret = labelled_with_wish()
        ret = ret.with_delivery(replace(ret.deliveries[0], with_courier=True))

        ret = slot_gone(ret, "d1", at=TOO_LATE)[0]

        assert ret.delivery("d2").pickup_window == next_window(WINDOW, after=TOO_LATE)

    def test_a_scan_of_the_first_number_calls_off_whatever_follows_it(self) -> None:
        """The first courier had the parcel after all: nobody comes a third time."""
        ret = pickup_failed(bringing_its_label(), "d1", None, at=TOO_LATE)[0]
        for number in (2, 3):
            label = with_label(ret, f"d{number}")
            ret = label.with_delivery(replace(label.delivery(f"d{number}"), with_courier=True))
            ret = slot_gone(ret, f"d{number}", at=after(days=1 + number))[0]

        ret = scanned(ret, at=after(days=5))

        assert ret.delivery("d1").state is DeliveryState.IN_TRANSIT
        assert ret.delivery("d4").state is DeliveryState.CANCEL_REQUESTED
        assert handover_of(ret) is None

    def test_a_label_that_stands_by_itself_stays_with_its_parcel(self) -> None:
        """As before: the next courier takes the parcel with the label it has."""
        ret = pickup_failed(granted(pickup=True), "d1", None, at=TOO_LATE)[0]

        assert [delivery.delivery_id for delivery in ret.deliveries] == ["d1"]
