"""Every standing still has a name, an owner and a deadline; and the deadline does what it says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain.approving import decline
from domain.blockers import WAITS, Kind
from domain.chargebacks import Chargeback
from domain.commands import Actor
from domain.deadlines import extend, pass_deadlines
from domain.disputing import told
from domain.exchanges import payment_asked
from domain.grading import accept_rejection
from domain.handover import change_handover
from domain.holding import hold
from domain.inspection import Grade
from domain.invariants import broken
from domain.late_scans import told_by_carrier
from domain.lifecycle import DeliveryState, Headline, LotState
from domain.parcel_links import counted_in
from domain.parcels import LabelOwner
from domain.reasons import Ground
from domain.replacing import choose_resolution, out_of_stock, replacement_ordered
from domain.requests import HandoverMethod, RequestedLine, Resolution
from domain.resolving import complete
from domain.returns import Blocker, HeldInspection, Replacement, Return
from domain.reviewing import approved
from domain.securing import not_captured
from domain.settling import intent_changed
from domain.tracking import Milestone, Reached
from domain.transport import cancelled, expire, sent_back, withdraw
from domain.waiting import next_step, waits
from domain.work import due_work
from tests.support.advancing import (
    LOT,
    charged,
    delivered_early,
    judged,
    lapsing,
    renewing,
    taken,
    to_capture,
    unpaid_recovery,
    unsecured,
)
from tests.support.builders import (
    NOW,
    WINDOW,
    after,
    decided,
    exchange,
    finding,
    grade,
    graded,
    granted,
    handed_over,
    policy,
    received,
    scanned,
    settled,
    with_label,
)
from tests.support.reviewing import approved_first, asked, offered, warned
from tests.support.ruling import ruled_by
from tests.support.settling import proposed_to_finance


def in_review() -> Return:
    return decided(RequestedLine("shoes", 1, reason="DEFECTIVE"), ground=Ground.NON_CONFORMITY)


def owing_an_answer() -> Return:
    """A return in review under a law that wants it decided before the shop's own time is over."""
    ret, by = in_review(), after(days=15).date()
    lines = tuple(replace(x, decision=replace(x.decision, answer_by=by)) for x in ret.lines)
    handling = replace(ret.policy.handling, review=timedelta(days=60))
    return replace(ret, lines=lines, policy=replace(ret.policy, handling=handling))


def owing_the_address() -> Return:
    """The same return, granted in time; its label is still to be booked."""
    rita = Actor("reviewer", "rita")
    return approved(owing_an_answer(), ["shoes"], by=rita, at=after(days=1))[0]


def charged_back() -> Return:
    """The customer's bank took the payment back while its refund is sealed and not sent."""
    opened = Chargeback(
        "du_1", "t1", 1_000, "open", "fraudulent", after(days=6), after(days=16), ("re_0",)
    )
    return told(settled(graded()), opened)[0]


def test_a_return_stays_open_until_the_bank_has_decided() -> None:
    """It may owe money again; once it is over, its run is, and it waits for nothing."""
    opened = Chargeback("du_1", "t1", 1_000, "open", "fraudulent", after(days=6), after(days=16))
    ret = told(completed(), opened)[0]
    won = told(ret, replace(opened, state="won"))[0]

    assert {"chargeback_open", "awaiting_close"} & codes(ret) == {"chargeback_open"}
    assert {"chargeback_open", "awaiting_close"} & codes(won) == {"awaiting_close"}
    assert waits(told(withdrawn_at_once(), opened)[0]) == ()


def test_evidence_is_asked_for_before_it_is_due() -> None:
    """However soon that is; later finance is told again as of any trouble."""
    soon = Chargeback("du_1", "t1", 1_000, "open", "fraudulent", after(days=6), after(days=6.25))
    ret = told(completed(), soon)[0]

    (first,) = [wait for wait in waits(ret) if wait.code == "chargeback_open"]
    late = pass_deadlines(ret, at=first.deadline)[0]
    (again,) = [wait for wait in waits(late) if wait.code == "chargeback_open"]

    assert first.deadline == soon.evidence_due_by
    assert again.deadline == first.deadline + ret.policy.handling.parked


def test_a_hold_that_could_not_be_taken_is_no_hold_that_could_not_be_renewed() -> None:
    """Its value is due, and a person decides: that alone is waited for."""
    ret = not_captured(to_capture(), LOT, is_over=False)[0]

    assert {"recovery_due", "hold_not_renewed"} & codes(ret) == {"recovery_due"}


def test_the_renewal_of_a_hold_is_nobodys_turn() -> None:
    """It comes first, and what the customer has to do is the next step."""
    waiting = waits(delivered_early())

    step = next_step(waiting)

    assert waiting[0].code == "holding"
    assert step is not None
    assert step.code == "awaiting_goods"


def codes(ret: Return) -> set[str]:
    return {wait.code for wait in waits(ret)}


def withdrawn_at_once() -> Return:
    """Nothing was booked yet, so nothing is to be given back."""
    return withdraw(in_review(), at=NOW)[0]


def rejected() -> Return:
    return graded(Grade.X)


def sending_back() -> Return:
    return accept_rejection(rejected(), "shoes/1", at=after(days=6))[0]


def sent() -> Return:
    return sent_back(with_label(sending_back(), "d2"), "shoes/1", at=after(days=6))[0]


def gone() -> Return:
    return out_of_stock(graded(Grade.A, exchange()), "shoes/1", at=after(days=6))[0]


def reserved() -> Return:
    replacement = Replacement("ref-1", "SHOES-42")
    accepted = graded(Grade.A, exchange())
    return replacement_ordered(accepted, "shoes/1", replacement, at=after(days=6))[0]


def unpaid() -> Return:
    """An exchange for dearer goods, whose difference the customer is to pay."""
    replacement = Replacement("ref-1", "SHOES-42", replacement_order_id="ro_1", due_minor=30)
    accepted = graded(Grade.A, exchange())
    return payment_asked(accepted, "shoes/1", replacement, at=after(days=6))[0]


def refund_pending() -> Return:
    return intent_changed(
        settled(graded()), "i1-t1", state="pending", refund_ref="re", failure=None, at=after(days=5)
    )[0]


def graded_early(ret: Return) -> Return:
    held = HeldInspection(
        "c-1", "sha256:1", Actor("warehouse", "dock-1"), "shoes/1", None, finding(Grade.A), NOW
    )
    return hold(ret, held)[0]


def completed() -> Return:
    return complete(settled(graded()), at=after(days=6))[0]


def withdrawn() -> Return:
    return withdraw(granted(), at=NOW)[0]


def declined_by_finance() -> Return:
    ret = proposed_to_finance()
    assert ret.proposal is not None
    by = Actor("finance", "fay")
    return decline(ret, ret.proposal, "no invoice", by=by, at=after(days=3, hours=2))[0]


def dated(days: int = 10) -> Return:
    """A parcel to be handed over while its label is good."""
    return granted(under=replace(policy(), label_valid_days=days))


def ran_out() -> Return:
    return pass_deadlines(dated(), at=after(days=11))[0]


def under_anothers_label() -> Return:
    """Its goods were counted in a parcel with the label of another return."""
    owner = LabelOwner("5d2c7a9e-0d1f-5b8e-8f59-1a2b3c4d5e6f", "RMA-0000-02-9")
    return counted_in(received(), "EZ-other", owner, at=after(days=4))[0]


def scanned_late() -> Return:
    """It expired and was given back; then the carrier scanned it after all."""
    ret = replace(granted(), policy=ruled_by(hours={"late_scan": 240}))
    ret, _ = expire(ret, at=after(days=30))
    ret, _ = cancelled(ret, "d1", at=after(days=30), pickup_cancelled=False, label_voided=True)
    news = [Reached(Milestone.FIRST_SCAN, after(days=31))]
    return told_by_carrier(ret, "d1", news, at=after(days=31))[0]


def without_papers() -> Return:
    """It crosses a customs border, and the pack wants papers."""
    ret = decided(under=replace(policy(), customs_papers=True))
    return replace(ret, country="CH", location_country="DE")


STAGES: list[tuple[Callable[[], Return], str, str]] = [
    (in_review, "awaiting_review", "reviewer"),
    (approved_first, "awaiting_second_approval", "finance"),
    (warned, "review_warning", "reviewer"),
    (asked, "awaiting_info", "customer"),
    (offered, "offer_open", "customer"),
    (asked, "info_reminder", "customer"),
    (decided, "booking_delivery", "carrier"),
    (without_papers, "customs_papers_missing", "platform"),
    (withdrawn, "cancelling_delivery", "carrier"),
    (lambda: granted(pickup=True), "awaiting_pickup", "carrier"),
    (
        lambda: change_handover(
            granted(pickup=True), HandoverMethod.DROP_OFF, None, at=after(days=1)
        )[0],
        "calling_courier_off",
        "carrier",
    ),
    (granted, "awaiting_handover", "customer"),
    (dated, "label_valid", "customer"),
    (lambda: dated(2), "label_running_out", "customer"),
    (ran_out, "label_expired", "customer"),
    (handed_over, "awaiting_arrival", "carrier"),
    (lambda: scanned(handed_over(), Milestone.EXCEPTION), "awaiting_arrival", "carrier"),
    (lambda: scanned(handed_over(), Milestone.DELIVERED), "awaiting_receipt", "warehouse"),
    (received, "awaiting_inspection", "warehouse"),
    (lambda: received(counted={"SHOES": 2}), "awaiting_rest", "customer"),
    (lambda: graded_early(granted()), "inspection_held", "warehouse"),
    (rejected, "awaiting_dispute", "customer"),
    (under_anothers_label, "linking_parcels", "ops"),
    (scanned_late, "relocking_units", "ops"),
    (sending_back, "sending_back", "warehouse"),
    (sent, "awaiting_ship_back", "carrier"),
    (graded, "settling", "provider"),
    (graded, "moving_stock", "platform"),
    (proposed_to_finance, "awaiting_settlement_approval", "finance"),
    (declined_by_finance, "settlement_declined", "ops"),
    (lambda: settled(graded()), "settling", "provider"),
    (refund_pending, "awaiting_refund", "provider"),
    (refund_pending, "refund_due", "finance"),
    (owing_an_answer, "answer_due", "reviewer"),
    (owing_the_address, "address_due", "carrier"),
    (lambda: graded(Grade.A, exchange()), "ordering_replacement", "platform"),
    (reserved, "awaiting_replacement", "platform"),
    (gone, "replacement_out_of_stock", "platform"),
    (unpaid, "awaiting_difference", "customer"),
    (lambda: choose_resolution(unpaid(), "shoes/1"), "calling_off_replacement", "platform"),
    (charged_back, "chargeback_open", "finance"),
    (unsecured, "placing_hold", "provider"),
    (delivered_early, "holding", "provider"),
    (renewing, "renewing_hold", "provider"),
    (to_capture, "capturing_hold", "provider"),
    (lambda: judged(delivered_early()), "releasing_hold", "provider"),
    (delivered_early, "awaiting_goods", "customer"),
    (lambda: judged(taken()), "giving_back", "provider"),
    (completed, "awaiting_close", "customer"),
]
DECISIONS: list[tuple[Callable[[], Return], str, str]] = [
    (lapsing, "hold_not_renewed", "finance"),
    (unpaid_recovery, "recovery_due", "finance"),
    (lambda: judged(charged()), "charge_to_give_back", "finance"),
]
"""Troubles of their own: no wait became them by being late."""


@pytest.mark.parametrize(("stage", "code", "owner"), STAGES + DECISIONS)
def test_every_stage_waits_for_somebody(stage: Callable[[], Return], code: str, owner: str) -> None:
    """Whoever asks reads who must act, until when, and what happens then."""
    ret = stage()

    found = [wait for wait in waits(ret) if wait.code == code]

    assert [wait.owner for wait in found] == [owner]
    assert found[0].deadline > found[0].since
    assert found[0].at_deadline


def test_the_most_urgent_wait_comes_first() -> None:
    """The next deadline of a return is the first one listed."""
    deadlines = [wait.deadline for wait in waits(received(counted={"SHOES": 2}))]

    assert deadlines == sorted(deadlines)


ESCALATING = [
    (handed_over, "awaiting_arrival", "carrier_silent"),
    (
        lambda: scanned(handed_over(), Milestone.DELIVERED),
        "awaiting_receipt",
        "delivered_not_received",
    ),
    (received, "awaiting_inspection", "inspection_overdue"),
    (lambda: graded_early(granted()), "inspection_held", "inspection_without_receipt"),
    (sent, "awaiting_ship_back", "ship_back_overdue"),
    (refund_pending, "awaiting_refund", "refund_overdue"),
    (reserved, "awaiting_replacement", "replacement_overdue"),
    (charged_back, "chargeback_open", "chargeback_open"),
    (proposed_to_finance, "awaiting_settlement_approval", "settlement_approval_overdue"),
    (declined_by_finance, "settlement_declined", "settlement_declined"),
    (decided, "booking_delivery", "booking_delivery"),
    (withdrawn, "cancelling_delivery", "cancelling_delivery"),
]


@pytest.mark.parametrize(("stage", "code", "late"), ESCALATING)
def test_a_late_wait_goes_to_somebody_who_sees_to_it(
    stage: Callable[[], Return], code: str, late: str
) -> None:
    """Past its deadline a wait breaches, changes hands and gets a new deadline, again and again."""
    ret = stage()
    (wait,) = [wait for wait in waits(ret) if wait.code == code]

    once, facts = pass_deadlines(ret, at=wait.deadline)
    (again,) = [known for known in waits(once) if known.key == wait.key]
    twice, more = pass_deadlines(once, at=again.deadline)

    breached = [fact.data["clock"] for fact in facts if fact.data.get("wait") == wait.key]
    assert breached == [code]
    assert again.code == late
    assert again.deadline > wait.deadline
    assert late in [fact.data.get("clock") for fact in more]
    assert twice.lots == ret.lots


def test_before_its_deadline_nothing_passes() -> None:
    """A second early is early."""
    ret = granted()
    (wait,) = waits(ret)

    assert pass_deadlines(ret, at=wait.deadline - timedelta(seconds=1)) == (ret, ())


class TestDeadlinesThatDecide:
    def test_a_missed_courier_comes_again(self) -> None:
        """A day after its window the visit counts as missed, and another one is ordered."""
        ret, _ = pass_deadlines(granted(pickup=True), at=WINDOW.not_after + timedelta(days=1))

        assert [wait.code for wait in waits(ret)] == ["booking_delivery"]
        assert [work.key for work in due_work(ret)] == ["courier/d1"]

    def test_what_did_not_come_is_not_awaited_for_ever(self) -> None:
        """Two weeks after the first parcel the rest counts as not sent."""
        ret, _ = pass_deadlines(received(counted={"SHOES": 2}), at=after(days=18))

        assert ret.lot("shoes/2").state is LotState.NOT_SENT

    def test_nothing_that_came_at_all_ends_the_return(self) -> None:
        """A parcel of bricks, and the rest never comes: completed with nothing to pay."""
        ret, _ = pass_deadlines(received(counted={"BRICK": 1}), at=after(days=18))

        assert [lot.state for lot in ret.lots] == [LotState.NOT_SENT]
        assert ret.headline is Headline.COMPLETED
        assert broken(ret) == ()

    def test_no_objection_sends_the_goods_back(self) -> None:
        """A day after the rejection a label to the customer is due."""
        ret, _ = pass_deadlines(rejected(), at=after(days=6))

        assert ret.lots[0].state is LotState.RETURN_TO_CUSTOMER
        assert "book/d2" in [work.key for work in due_work(ret)]

    def test_no_choice_is_the_money(self) -> None:
        """Nobody chose for a day: the refund is due instead of the goods."""
        ret, _ = pass_deadlines(gone(), at=after(days=7))

        assert ret.lots[0].resolution is Resolution.REFUND
        assert "settle/1" in [work.key for work in due_work(ret)]

    def test_after_the_dispute_window_the_return_is_closed(self) -> None:
        """Two weeks after its completion nobody is awaited any more."""
        ret, facts = pass_deadlines(completed(), at=after(days=20))

        assert ret.closed
        assert "return.closed" in [fact.type for fact in facts]

    def test_parked_work_is_left_to_the_workflow(self) -> None:
        """A blocker's deadline is when the work is tried again, not when something is decided."""
        blocker = Blocker("provider_unavailable", "book/d1", NOW, after(hours=1), "HTTP 503")
        ret = replace(decided(), blockers=(blocker,))

        assert pass_deadlines(ret, at=after(days=9)) == (ret, ())


class TestKeysAndClocks:
    def test_a_late_grade_does_not_shorten_the_dispute_window(self) -> None:
        """The customer has his day to object, however long the warehouse took."""
        late, _ = pass_deadlines(received(), at=after(days=6))
        from_now = after(days=7)

        ret = grade(late, found=Grade.X, at=from_now)

        (wait,) = [wait for wait in waits(ret) if wait.code == "awaiting_dispute"]
        assert wait.deadline == from_now + timedelta(days=1)

    def test_a_late_parcel_starts_its_next_clock_afresh(self) -> None:
        """A carrier that was silent and then delivers leaves the warehouse its time."""
        silent, _ = pass_deadlines(handed_over(), at=after(days=17))

        ret = scanned(silent, Milestone.EXCEPTION, at=after(days=18))

        (wait,) = waits(ret)
        assert (wait.code, wait.deadline) == ("awaiting_arrival", after(days=18 + 15))

    def test_a_moved_deadline_counts_until_it_passes(self) -> None:
        """Ops give the customer another month; the later of both dates holds."""
        ret = granted()
        (wait,) = waits(ret)

        moved = extend(ret, wait.key, after(days=60))

        assert [known.deadline for known in waits(moved)] == [after(days=60)]
        assert pass_deadlines(moved, at=after(days=59)) == (moved, ())
        assert [known.deadline for known in waits(extend(ret, wait.key, NOW))] == [wait.deadline]

    def test_moves_when_parked_work_is_tried_again(self) -> None:
        """Also to an earlier time, and no wait of another key goes with it."""
        blocker = Blocker("provider_refused", "refund/r1", NOW, after(hours=8), "no such charge")
        ret = replace(decided(), blockers=(blocker,))

        sooner = extend(ret, "work/refund/r1", after(hours=1))

        assert sooner == replace(ret, blockers=(replace(blocker, deadline=after(hours=1)),))
        assert extend(ret, "refund/r1", after(hours=1)).blockers == ret.blockers

    def test_parked_work_shows_its_error_instead_of_its_wait(self) -> None:
        """One entry per piece of work, with what went wrong last."""
        blocker = Blocker("provider_refused", "book/d1", NOW, after(hours=1), "no such address")

        (wait,) = waits(replace(decided(), blockers=(blocker,)))

        assert (wait.code, wait.detail) == ("provider_refused", "no such address")
        assert (wait.key, wait.deadline) == ("work/book/d1", after(hours=1))

    def test_scaled_handling_shortens_our_waits_only(self) -> None:
        """In a demo the hand-over takes minutes; a courier's window stays what was promised."""
        ret, courier = granted(), granted(pickup=True)
        fast = replace(ret.policy, handling=ret.policy.handling.scaled(720))

        assert waits(replace(ret, policy=fast))[0].deadline == after(hours=1)
        assert waits(replace(courier, policy=fast)) == waits(courier)

    def test_an_end_ends_the_other_waits_with_it(self) -> None:
        """An expiry and a courier's deadline in the same hour do not trip over each other."""
        ret = granted()
        second = replace(ret.deliveries[0], delivery_id="d2", state=DeliveryState.AWAITING_HANDOVER)
        both = replace(ret, deliveries=(*ret.deliveries, second))

        after_it, facts = pass_deadlines(both, at=after(days=31))

        assert [fact.type for fact in facts] == ["return.expired"]
        assert after_it.headline is Headline.EXPIRED


def test_only_overdue_and_parked_kinds_are_troubles() -> None:
    """What an operator filters for: the rest is the ordinary waiting for somebody."""
    late = {late for _, code, late in ESCALATING if late != code}
    late |= {code for _, code, _ in DECISIONS}
    # A clock is warned of before it is late (tests/unit/test_clocks.py).
    late |= {"refund_past_due", "answer_past_due", "address_past_due"}

    assert {row.code for row in WAITS.values() if row.kind is Kind.OVERDUE} == late


@pytest.mark.parametrize(
    ("stage", "work", "exits"),
    [
        (decided, "book/d1", ("retry", "withdraw")),
        (lambda: granted(pickup=True), "courier/d1", ("retry", "withdraw")),
        (withdrawn, "cancel/d1", ("retry",)),
        (sending_back, "book/d2", ("retry",)),
        (lambda: settled(graded()), "refund/i1-t1", ("retry", "refund.settled")),
        (graded, "stock/parcel/r1", ("retry",)),
    ],
)
def test_parked_work_names_the_ways_out_that_it_has(
    stage: Callable[[], Return], work: str, exits: tuple[str, ...]
) -> None:
    """A booking can be withdrawn while nothing is under way, a refund may turn out to be paid."""
    parked = Blocker("provider_unavailable", work, NOW, after(days=9), "answered 503")

    found = waits(replace(stage(), blockers=(parked,)))

    assert [wait.exits for wait in found if wait.key == f"work/{work}"] == [exits]
