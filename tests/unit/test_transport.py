"""A parcel's way, told in any order, and taking a return back."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.codes import RefusedError
from domain.deadlines import pass_deadlines
from domain.grading import accept_rejection
from domain.inspection import Grade
from domain.invariants import broken
from domain.lifecycle import AuthorizationState, DeliveryState, Headline, LotState
from domain.requests import RequestedLine
from domain.returns import Return
from domain.tracking import Milestone, Reached, Scan, ScanStatus, milestones
from domain.transport import (
    cancelled,
    check_withdrawal,
    expire,
    reached,
    sent_back,
    withdraw,
)
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import (
    NOW,
    after,
    decided,
    graded,
    granted,
    handed_over,
    order,
    order_line,
    received,
    scanned,
    settled,
    with_label,
    with_pickup,
)

SEEN = after(days=3)
ALL_NEWS = [Reached(milestone, SEEN) for milestone in Milestone]


def cancel(ret: Return) -> Return:
    return cancelled(ret, "d1", at=after(days=3), pickup_cancelled=True, label_voided=True)[0]


class TestTracking:
    @given(st.permutations([*ALL_NEWS, *ALL_NEWS]), st.integers(0, 8))
    def test_order_and_repetition_of_news_change_nothing(
        self, told: list[Reached], length: int
    ) -> None:
        """Whatever the carrier repeats or tells late, the return comes out the same."""
        some = told[:length]
        in_order = sorted(set(some), key=lambda news: list(Milestone).index(news.milestone))

        one_by_one = granted(pickup=True)
        for news in some:
            one_by_one, _ = reached(one_by_one, "d1", [news], at=SEEN)
        at_once, _ = reached(granted(pickup=True), "d1", in_order, at=SEEN)

        assert one_by_one == at_once

    @given(st.permutations(ALL_NEWS))
    def test_a_delivered_parcel_never_moves_again(self, told: list[Reached]) -> None:
        """Late news of trouble on the road is no news."""
        ret = scanned(granted(), Milestone.DELIVERED)

        states = [ret.deliveries[0].state]
        for news in told:
            ret, _ = reached(ret, "d1", [news], at=SEEN)
            states.append(ret.deliveries[0].state)

        assert all(one is other is DeliveryState.DELIVERED for one, other in pairwise(states))

    def test_the_first_scan_sends_the_lots_on_their_way(self) -> None:
        """The courier has the parcel: his visit is done and the goods travel."""
        ret, facts = reached(granted(pickup=True), "d1", ALL_NEWS[:1], at=SEEN)

        assert ret.headline is Headline.IN_TRANSIT
        assert [lot.state for lot in ret.lots] == [LotState.IN_TRANSIT]
        assert ret.deliveries[0].attempts[0].outcome == "collected"
        assert [fact.type for fact in facts] == ["delivery.first_scan", "pickup.completed"]

    def test_the_earliest_scan_is_the_evidence(self) -> None:
        """A scan that was told late still counts from when it happened."""
        early = Reached(Milestone.FIRST_SCAN, SEEN - timedelta(hours=5))

        ret, facts = reached(handed_over(), "d1", [early], at=after(days=9))

        assert ret.deliveries[0].first_scan_at == min(early.occurred_at, after(days=2))
        assert facts == ()

    def test_trouble_before_the_first_scan_keeps_the_parcel_waiting(self) -> None:
        """A label that cannot be read is still to be handed over, and can be withdrawn."""
        ret = scanned(granted(), Milestone.EXCEPTION)

        assert ret.deliveries[0].state is DeliveryState.AWAITING_HANDOVER
        check_withdrawal(ret)

    def test_a_parcel_brought_back_stays_so(self) -> None:
        """An exception told after the parcel came back to its sender does not hide that."""
        ret = scanned(handed_over(), Milestone.RETURNED_TO_SENDER)

        ret = scanned(ret, Milestone.EXCEPTION)

        assert ret.deliveries[0].state is DeliveryState.RETURNED_TO_SENDER

    def test_a_cancelled_parcel_stays_cancelled(self) -> None:
        """A scan after pickup and label were given back revives nothing."""
        ended = cancel(withdraw(granted(), at=NOW)[0])

        ret = scanned(ended, *Milestone)

        assert ret.headline is Headline.WITHDRAWN
        assert ret.deliveries[0].state is DeliveryState.CANCELLED
        assert waits(ret) == ()


class TestScans:
    def test_any_scan_beyond_the_label_proves_the_handover(self) -> None:
        """A parcel that was delivered was handed over, though that scan got lost."""
        (first, arrived) = milestones([Scan(ScanStatus.DELIVERED, SEEN)])

        assert (first.milestone, arrived.milestone) == (Milestone.FIRST_SCAN, Milestone.DELIVERED)

    def test_a_label_alone_proves_nothing(self) -> None:
        """A printed label and an unknown word are no handover."""
        scans = [Scan(ScanStatus.LABEL_CREATED, SEEN), Scan(ScanStatus.UNKNOWN, SEEN)]

        assert milestones(scans) == ()

    @given(st.permutations([(status, hour) for hour, status in enumerate(ScanStatus)]))
    def test_the_order_of_scans_does_not_matter(self, told: list[tuple[ScanStatus, int]]) -> None:
        """Each milestone stands once, at its earliest time."""
        scans = [Scan(status, NOW + timedelta(hours=hour)) for status, hour in told]

        proven = milestones([*scans, *scans])

        assert [news.milestone for news in proven] == list(Milestone)
        assert proven[0].occurred_at == NOW + timedelta(hours=1)


class TestBooking:
    def test_a_label_found_after_a_withdrawal_is_cancelled_too(self) -> None:
        """The booking that was under way does not bring the return back."""
        withdrawn, _ = withdraw(decided(), at=NOW)

        ret = with_label(withdrawn)

        assert ret.deliveries[0].state is DeliveryState.CANCEL_REQUESTED
        assert ret.deliveries[0].tracking_code == "EZ-d1"
        assert [work.key for work in due_work(ret)] == ["cancel/d1"]

    def test_a_courier_found_after_a_withdrawal_is_cancelled_too(self) -> None:
        """The visit that was ordered meanwhile is noted, to be cancelled."""
        withdrawn, _ = withdraw(with_label(decided(pickup=True)), at=NOW)

        ret = cancel(with_pickup(withdrawn))

        assert ret.deliveries[0].attempts[0].outcome == "cancelled"


class TestWithdrawal:
    @pytest.mark.parametrize("ret", [decided(), granted(), granted(pickup=True)])
    def test_before_the_handover_it_is_free(self, ret: Return) -> None:
        """Booked or not, the customer may change his mind; what is booked is cancelled."""
        check_withdrawal(ret)

        after_it, facts = withdraw(ret, at=after(hours=1))

        assert after_it.headline is Headline.WITHDRAWN
        assert [work.key for work in due_work(after_it)] == ["cancel/d1"]
        assert facts[0].type == "return.withdrawn"

    def test_it_ends_once_the_carrier_has_cancelled(self) -> None:
        """Then the units are free, the visit is off, and nobody is waited for."""
        ret = cancel(withdraw(granted(pickup=True), at=NOW)[0])

        assert [lot.state for lot in ret.lots] == [LotState.CANCELLED]
        assert ret.deliveries[0].attempts[0].outcome == "cancelled"
        assert (due_work(ret), waits(ret), broken(ret)) == ((), (), ())

    def test_a_declined_line_stays_declined(self) -> None:
        """A withdrawal takes back what was granted."""
        bought = order(order_line(), order_line("hat", final_sale=True))
        asked = (RequestedLine("shoes", 1), RequestedLine("hat", 1))

        ret = cancel(withdraw(granted(*asked, of=bought), at=NOW)[0])

        assert [lot.state for lot in ret.lots] == [LotState.CANCELLED, LotState.DECLINED]

    @pytest.mark.parametrize(
        "ret",
        [handed_over(), received(), graded(), scanned(granted(), Milestone.DELIVERED)],
    )
    def test_after_the_handover_it_is_refused(self, ret: Return) -> None:
        """Goods on their way are to arrive; the refusal says so."""
        with pytest.raises(RefusedError, match="on their way"):
            check_withdrawal(ret)

    def test_it_is_refused_after_the_end(self) -> None:
        """What was withdrawn is not withdrawn again."""
        ret, _ = withdraw(granted(), at=NOW)

        with pytest.raises(RefusedError, match="WITHDRAWN"):
            check_withdrawal(ret)

    @pytest.mark.parametrize("milestone", [Milestone.FIRST_SCAN, Milestone.DELIVERED])
    def test_a_scan_overtakes_a_withdrawal_under_way(self, milestone: Milestone) -> None:
        """The courier was quicker: the return goes on, with all its units still its own."""
        withdrawn, _ = withdraw(granted(pickup=True), at=NOW)

        ret, facts = reached(withdrawn, "d1", [Reached(milestone, SEEN)], at=SEEN)

        assert ret.authorization is AuthorizationState.APPROVED
        assert ret.headline is Headline.IN_TRANSIT
        assert [lot.state for lot in ret.lots] == [LotState.IN_TRANSIT]
        assert facts[0].type == "return.revived"
        assert broken(ret) == ()

    def test_trouble_does_not_stop_a_cancellation(self) -> None:
        """A parcel that was never scanned and has a problem is cancelled all the same."""
        withdrawn, _ = withdraw(granted(), at=NOW)

        ret = scanned(withdrawn, Milestone.EXCEPTION)

        assert [work.key for work in due_work(ret)] == ["cancel/d1"]

    def test_a_cancellation_that_comes_too_late_changes_nothing(self) -> None:
        """What the carrier gave back is noted; the parcel that moves, moves on."""
        withdrawn, _ = withdraw(granted(), at=NOW)
        moving = scanned(withdrawn)

        ret, facts = cancelled(
            moving, "d1", at=after(days=3), pickup_cancelled=False, label_voided=True
        )

        assert ret == moving
        assert [fact.type for fact in facts] == ["delivery.label_voided"]


class TestExpiry:
    def test_nothing_handed_over_in_time_expires(self) -> None:
        """After 30 days the return ends and its units can be returned again."""
        ret, facts = pass_deadlines(granted(), at=after(days=30))

        assert ret.headline is Headline.EXPIRED
        assert facts[0].type == "return.expired"
        assert [lot.state for lot in cancel(ret).lots] == [LotState.EXPIRED]

    def test_a_scan_overtakes_an_expiry_under_way(self) -> None:
        """A parcel handed over on the last day counts, though its scan came in late."""
        expired, _ = expire(granted(), at=after(days=30))

        assert scanned(expired).headline is Headline.IN_TRANSIT


def going_back() -> Return:
    at = after(days=8)
    return with_label(accept_rejection(graded(Grade.X), "shoes/1", at=at)[0], "d2", at=at)


class TestShippingBack:
    def test_rejected_goods_reach_the_customer(self) -> None:
        """Labelled, sent and delivered: the lot has its end."""
        left, _ = sent_back(going_back(), "shoes/1", at=after(days=9))

        ret = scanned(left, Milestone.DELIVERED, delivery_id="d2")

        assert ret.lots[0].state is LotState.CLOSED_RETURNED
        assert ret.deliveries[0].state is DeliveryState.RECEIVED

    def test_a_delivery_told_before_the_sending_counts(self) -> None:
        """The carrier may be quicker than our own note."""
        ret = scanned(going_back(), Milestone.DELIVERED, delivery_id="d2")

        assert ret.lots[0].state is LotState.CLOSED_RETURNED

    def test_the_way_back_is_no_return_delivery(self) -> None:
        """The logistics axis is about what comes in."""
        assert [d.delivery_id for d in going_back().inbound] == ["d1"]


def test_money_under_way_is_no_reason_to_move_parcels() -> None:
    """A scan during the settlement leaves money and lots alone."""
    before = settled(graded())

    ret = scanned(before, Milestone.DELIVERED, at=after(days=6))

    assert (ret.lots, ret.settlements) == (before.lots, before.settlements)
    assert replace(ret, deliveries=()) == replace(before, deliveries=())
