"""Every wait is walked to each of its exits: what the catalogue promises to end it ends it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from domain import disputing
from domain.allowed import allowed_commands
from domain.approving import approve, decline
from domain.asking_info import ask
from domain.blockers import WAITS, Kind
from domain.clocks import clocks, end_of
from domain.commands import COMMANDS, Actor
from domain.customs import papers_recorded
from domain.deadlines import extend, pass_deadlines
from domain.exchanges import payment_asked
from domain.granting import grant
from domain.handover import Sending, change_handover, visit_cancelled
from domain.handover import sent as sent_by_customer
from domain.holding import release, ripe, take_result
from domain.late_scans import leave_expired, revived_late
from domain.losing import lost, new_label
from domain.offers import accept, offer
from domain.offers import decline as decline_offer
from domain.parcel_links import links_to_tell, other_knows
from domain.pickups import PickupOutcome, pickup_failed
from domain.receiving import receive
from domain.recovering import resolve
from domain.replacing import choose_resolution, out_of_stock, replacement_news, replacement_ordered
from domain.requests import HandoverMethod
from domain.resolving import lots_to_move, stock_moved
from domain.returns import Blocker, CustomsPapers, Replacement, Return
from domain.securing import not_captured, not_placed, not_renewed, released, renewed
from domain.settling import intent_changed
from domain.tracking import Milestone
from domain.transport import cancelled, withdraw
from domain.waiting import waits
from domain.waiting_for.wait import Waiting
from tests.support.advancing import (
    LOT,
    charged,
    delivered_early,
    judged,
    lapsing,
    paid_early,
    renewing,
    sealed_back,
    secured,
    taken,
    to_capture,
    unpaid_recovery,
    unsecured,
)
from tests.support.builders import (
    after,
    decided,
    exchange,
    grade,
    graded,
    granted,
    handed_over,
    policy,
    receipt,
    received,
    scanned,
    settled,
    with_label,
)
from tests.support.reviewing import QUESTION, RITA, answered, approved_first, asked, offered, warned
from tests.support.settling import proposed_to_finance
from tests.unit.test_waiting import (
    STAGES,
    charged_back,
    completed,
    dated,
    declined_by_finance,
    gone,
    graded_early,
    in_review,
    owing_an_answer,
    owing_the_address,
    ran_out,
    refund_pending,
    rejected,
    reserved,
    scanned_late,
    sending_back,
    sent,
    under_anothers_label,
    unpaid,
    withdrawn,
)

Stage = Callable[[], Return]
Step = Callable[[Return], Return]
LATER = after(days=40)


def late(stage: Stage, code: str) -> Stage:
    """The stage again, after its wait of that code passed its deadline."""

    def overdue() -> Return:
        ret = stage()
        wait = next(wait for wait in waits(ret) if wait.code == code)
        return pass_deadlines(ret, at=wait.deadline)[0]

    return overdue


def missed(stage: Stage) -> Stage:
    """The stage again, after the day that a law or a promise gave was over."""

    def overdue() -> Return:
        ret = stage()
        (clock,) = clocks(ret)
        return replace(ret, overdue=((clock.key, end_of(clock.due_on, ret.time_zone)),))

    return overdue


def delivered_here() -> Return:
    return scanned(handed_over(), Milestone.DELIVERED)


def approved(ret: Return) -> Return:
    return grant(ret, ["shoes"], by="human", at=LATER)[0]


def denied(ret: Return) -> Return:
    return grant(ret, [], by="human", at=LATER, reason="no defect")[0]


def questioned(ret: Return) -> Return:
    return ask(ret, QUESTION, by=RITA, at=LATER)[0]


def offering(ret: Return) -> Return:
    return offer(ret, 50, None, "Keep them.", by=RITA, at=LATER)[0]


def accepting(ret: Return) -> Return:
    return accept(ret, 1, at=LATER)[0]


def declining(ret: Return) -> Return:
    return decline_offer(ret, 1, at=LATER)[0]


def link_told(ret: Return) -> Return:
    (link,) = links_to_tell(ret)
    return other_knows(ret, link, told=True)[0]


def units_had(ret: Return) -> Return:
    return revived_late(ret, {"shoes": (0, 1, 2)}, at=LATER)[0]


def withdrew(ret: Return) -> Return:
    return withdraw(ret, at=LATER)[0]


def counted(ret: Return) -> Return:
    return receive(ret, receipt(receipt_id="r9", at=LATER))[0]


def counted_and_graded(ret: Return) -> Return:
    """The count comes, and the workflow takes the grade that waited for it."""
    ret = counted(ret)
    held = ripe(ret)
    assert held is not None
    return take_result(release(ret, held), held)[0]


def first_scan(ret: Return) -> Return:
    return scanned(ret, at=LATER)


def arrived(ret: Return) -> Return:
    return scanned(ret, Milestone.DELIVERED, at=LATER)


def arrived_back(ret: Return) -> Return:
    return scanned(ret, Milestone.DELIVERED, delivery_id="d2", at=LATER)


def voided(ret: Return) -> Return:
    return cancelled(ret, "d1", at=LATER, pickup_cancelled=False, label_voided=True)[0]


def nobody_home(ret: Return) -> Return:
    return pickup_failed(ret, "d1", PickupOutcome.CUSTOMER_ABSENT, at=LATER)[0]


def dropped_off(ret: Return) -> Return:
    return change_handover(ret, HandoverMethod.DROP_OFF, None, at=LATER)[0]


def brought_to_a_store(ret: Return) -> Return:
    return change_handover(ret, HandoverMethod.IN_STORE, None, at=LATER)[0]


def courier_called_off(ret: Return) -> Return:
    return visit_cancelled(ret, "d1", at=LATER)[0]


def proven(ret: Return) -> Return:
    return sent_by_customer(ret, Sending(LATER, "Post", "RR1"), at=LATER)[0]


def lost_by_carrier(ret: Return) -> Return:
    return lost(ret, "d1", evidence="trace 1", claim_ref=None, at=LATER)[0]


def told(ret: Return, state: str) -> Return:
    return intent_changed(ret, "i1-t1", state=state, refund_ref="re", failure=None, at=LATER)[0]


def paid(ret: Return) -> Return:
    return told(ret, "succeeded")


def refused(ret: Return) -> Return:
    """The provider says no: the workflow parks the refund under the name of its trouble."""
    blocker = Blocker("refund_refused", "refund/i1-t1", LATER, LATER, "closed")
    return replace(told(ret, "rejected"), blockers=(blocker,))


def approved_by_finance(ret: Return) -> Return:
    assert ret.proposal is not None
    return approve(ret, ret.proposal, by=Actor("finance", "fay"))[0]


def not_approved(ret: Return) -> Return:
    assert ret.proposal is not None
    return decline(ret, ret.proposal, "why?", by=Actor("finance", "fay"), at=LATER)[0]


def ordered(ret: Return) -> Return:
    replacement = Replacement("ref-1", "SHOES-42")
    return replacement_ordered(ret, "shoes/1", replacement, at=LATER)[0]


def asked_to_pay(ret: Return) -> Return:
    replacement = Replacement("ref-1", "SHOES-42", due_minor=30)
    return payment_asked(ret, "shoes/1", replacement, at=LATER)[0]


def difference_paid(ret: Return) -> Return:
    return replacement_news(ret, "ref-1", "created", tracking_code=None, at=LATER)[0]


def called_off(ret: Return) -> Return:
    return replacement_news(ret, "ref-1", "cancelled", tracking_code=None, at=LATER)[0]


def sold_out(ret: Return) -> Return:
    return out_of_stock(ret, "shoes/1", at=LATER)[0]


def on_its_way(ret: Return) -> Return:
    return replacement_news(ret, "ref-1", "shipped", tracking_code=None, at=LATER)[0]


def replaced(ret: Return) -> Return:
    return replacement_news(ret, "ref-1", "delivered", tracking_code=None, at=LATER)[0]


def money_chosen(ret: Return) -> Return:
    return choose_resolution(ret, "shoes/1")


def stock_told(ret: Return) -> Return:
    (lots,) = lots_to_move(ret).values()
    return stock_moved(ret, [lot.lot_id for lot in lots])[0]


def bank_said(outcome: str) -> Step:
    def decided(ret: Return) -> Return:
        (chargeback,) = ret.chargebacks
        return disputing.told(ret, replace(chargeback, state=outcome))[0]

    return decided


def decided_by_hand(ret: Return) -> Return:
    return resolve(ret, LOT, "charged", reason="agreed", proof="invoice 7", at=LATER)[0]


def labelled_anew(ret: Return) -> Return:
    return new_label(ret, "d1", reason="it ran out", at=LATER)[0]


def without_papers() -> Return:
    ret = decided(under=replace(policy(), customs_papers=True))
    return replace(ret, country="CH", location_country="DE")


def with_papers(ret: Return) -> Return:
    return papers_recorded(ret, CustomsPapers("folder 7"))[0]


_LABELLED: dict[str, Step] = {
    "delivery.first_scan": first_scan,
    "change-handover": brought_to_a_store,
    "replace-label": labelled_anew,
    "record-sending": proven,
    "receive": counted,
    "withdraw": withdrew,
}
_ARRIVAL: dict[str, Step] = {
    "delivery.delivered": arrived,
    "receive": counted,
    "mark-lost": lost_by_carrier,
}
_COUNT: dict[str, Step] = {"receive": counted, "mark-lost": lost_by_carrier}
_REPLACEMENT: dict[str, Step] = {
    "replacement.shipped": on_its_way,
    "replacement.delivered": replaced,
}
_REFUND: dict[str, Step] = {"refund.settled": paid, "refund.failed": refused}

_APPROVAL: dict[str, Step] = {
    "approve-settlement": approved_by_finance,
    "decline-settlement": not_approved,
}

_ANSWER: dict[str, Step] = {"approve": approved, "deny": denied}
_ADDRESS: dict[str, Step] = {"delivery.label_created": with_label, "withdraw": withdrew}

WALKS: dict[str, tuple[Stage, dict[str, Step]]] = {
    "awaiting_review": (
        in_review,
        {
            "approve": approved,
            "deny": denied,
            "ask-info": questioned,
            "counter-offer": offering,
            "withdraw": withdrew,
        },
    ),
    "review_warning": (
        warned,
        {
            "approve": approved,
            "deny": denied,
            "ask-info": questioned,
            "counter-offer": offering,
            "withdraw": withdrew,
        },
    ),
    "awaiting_second_approval": (
        approved_first,
        {
            "approve": approved,
            "deny": denied,
            "ask-info": questioned,
            "counter-offer": offering,
            "withdraw": withdrew,
        },
    ),
    "awaiting_info": (asked, {"answer-info": answered, "withdraw": withdrew}),
    "offer_open": (
        offered,
        {
            "accept-offer": accepting,
            "decline-offer": declining,
            "counter-offer": offering,
            "withdraw": withdrew,
        },
    ),
    "info_reminder": (asked, {"answer-info": answered, "withdraw": withdrew}),
    "booking_delivery": (
        decided,
        {"delivery.label_created": with_label, "withdraw": withdrew},
    ),
    "customs_papers_missing": (
        without_papers,
        {
            "record-customs-papers": with_papers,
            "change-handover": brought_to_a_store,
            "withdraw": withdrew,
        },
    ),
    "cancelling_delivery": (withdrawn, {"delivery.label_voided": voided}),
    "awaiting_pickup": (
        lambda: granted(pickup=True),
        {
            "delivery.first_scan": first_scan,
            "report-pickup-outcome": nobody_home,
            "change-handover": dropped_off,
            "record-sending": proven,
            "receive": counted,
            "withdraw": withdrew,
        },
    ),
    "calling_courier_off": (
        lambda: dropped_off(granted(pickup=True)),
        {
            "pickup.cancelled": courier_called_off,
            "delivery.first_scan": first_scan,
            "report-pickup-outcome": nobody_home,
            "receive": counted,
        },
    ),
    "label_valid": (dated, _LABELLED),
    "label_running_out": (lambda: dated(2), _LABELLED),
    "label_expired": (ran_out, _LABELLED),
    "awaiting_handover": (
        granted,
        {
            "delivery.first_scan": first_scan,
            "change-handover": brought_to_a_store,
            "record-sending": proven,
            "receive": counted,
            "withdraw": withdrew,
        },
    ),
    "awaiting_arrival": (handed_over, _ARRIVAL),
    "carrier_silent": (late(handed_over, "awaiting_arrival"), _ARRIVAL),
    "awaiting_receipt": (delivered_here, _COUNT),
    "delivered_not_received": (late(delivered_here, "awaiting_receipt"), _COUNT),
    "awaiting_inspection": (received, {"record-inspection": grade}),
    "inspection_overdue": (late(received, "awaiting_inspection"), {"record-inspection": grade}),
    "inspection_held": (
        lambda: graded_early(granted()),
        {"receive": counted_and_graded},
    ),
    "inspection_without_receipt": (
        late(lambda: graded_early(granted()), "inspection_held"),
        {"receive": counted_and_graded},
    ),
    "awaiting_rest": (lambda: received(counted={"SHOES": 2}), {"receive": counted}),
    "awaiting_dispute": (rejected, {}),
    "relocking_units": (
        scanned_late,
        {
            "return.revived": units_had,
            "return.left_expired": lambda ret: leave_expired(ret)[0],
        },
    ),
    "linking_parcels": (under_anothers_label, {"parcel.link_told": link_told}),
    "sending_back": (sending_back, {"delivery.label_created": lambda ret: with_label(ret, "d2")}),
    "awaiting_ship_back": (sent, {"delivery.delivered": arrived_back}),
    "ship_back_overdue": (
        late(sent, "awaiting_ship_back"),
        {"delivery.delivered": arrived_back},
    ),
    "awaiting_settlement_approval": (proposed_to_finance, _APPROVAL),
    "settlement_approval_overdue": (
        late(proposed_to_finance, "awaiting_settlement_approval"),
        _APPROVAL,
    ),
    "settlement_declined": (declined_by_finance, {"approve-settlement": approved_by_finance}),
    "settling": (lambda: settled(graded()), _REFUND),
    "awaiting_refund": (refund_pending, _REFUND),
    "refund_overdue": (late(refund_pending, "awaiting_refund"), _REFUND),
    "refund_due": (refund_pending, {"refund.settled": paid}),
    "refund_past_due": (missed(refund_pending), {"refund.settled": paid}),
    "answer_due": (owing_an_answer, _ANSWER),
    "answer_past_due": (missed(owing_an_answer), _ANSWER),
    "address_due": (owing_the_address, _ADDRESS),
    "address_past_due": (missed(owing_the_address), _ADDRESS),
    "ordering_replacement": (
        lambda: grade(received(exchange())),
        {
            "replacement.created": ordered,
            "replacement.payment_asked": asked_to_pay,
            "replacement.out_of_stock": sold_out,
        },
    ),
    "awaiting_replacement": (reserved, _REPLACEMENT),
    "replacement_overdue": (late(reserved, "awaiting_replacement"), _REPLACEMENT),
    "replacement_out_of_stock": (gone, {"choose-resolution": money_chosen}),
    "awaiting_difference": (
        unpaid,
        {"replacement.paid": difference_paid, "choose-resolution": money_chosen},
    ),
    "calling_off_replacement": (
        lambda: money_chosen(unpaid()),
        {"replacement.called_off": called_off, "replacement.paid": difference_paid},
    ),
    "moving_stock": (graded, {"stock.moved": stock_told}),
    "chargeback_open": (
        charged_back,
        {"chargeback.won": bank_said("won"), "chargeback.lost": bank_said("lost")},
    ),
    "placing_hold": (
        unsecured,
        {
            "hold.placed": secured,
            "hold.refused": lambda ret: not_placed(ret, LOT, "card_declined")[0],
        },
    ),
    "holding": (delivered_early, {"record-inspection": judged}),
    "renewing_hold": (
        renewing,
        {
            "hold.renewed": lambda ret: renewed(ret, LOT, 2, expires_at=LATER, renew_at=LATER)[0],
            "hold.renewal_refused": lambda ret: not_renewed(ret, LOT, "card_declined")[0],
        },
    ),
    "hold_not_renewed": (
        lapsing,
        {"resolve-recovery": decided_by_hand, "record-inspection": judged},
    ),
    "capturing_hold": (
        to_capture,
        {
            "hold.captured": taken,
            "hold.not_captured": lambda ret: not_captured(ret, LOT, is_over=True)[0],
        },
    ),
    "releasing_hold": (
        lambda: judged(delivered_early()),
        {"hold.released": lambda ret: released(ret, LOT)[0]},
    ),
    "awaiting_goods": (paid_early, {"receive": counted}),
    "recovery_due": (
        unpaid_recovery,
        {"resolve-recovery": decided_by_hand, "record-inspection": judged},
    ),
    "charge_to_give_back": (
        lambda: judged(charged()),
        {
            "resolve-recovery": lambda ret: resolve(
                ret, LOT, "given_back", reason="it came", proof="note 8", at=LATER
            )[0]
        },
    ),
    "giving_back": (lambda: judged(taken()), {"refund.initiated": sealed_back}),
    "awaiting_close": (completed, {}),
}
"""How each wait is entered, and what ends it; a moved deadline is the same for all."""


ONLY_RESTARTS_THE_CLOCK = {("awaiting_replacement", "replacement.shipped")}
"""What is shipped is still awaited, with the time that a parcel takes."""


JUDGED_ONCE_COUNTED = {
    (code, "record-inspection") for code in ("holding", "hold_not_renewed", "recovery_due")
}
"""The goods are away still: they are counted, then judged."""


def waiting(ret: Return, code: str) -> list[Waiting]:
    return [wait for wait in waits(ret) if wait.code == code]


def named(found: list[Waiting]) -> set[tuple[str, str]]:
    return {(wait.key, wait.code) for wait in found}


def test_no_wait_and_no_exit_is_left_out() -> None:
    """The catalogue and this table name the same; parked work is walked where it is parked."""
    promised = {
        row.code: {name for name in row.exits if name != "extend-deadline"}
        for row in WAITS.values()
        if row.kind is not Kind.PARKED
    }

    assert {code: set(steps) for code, (_, steps) in WALKS.items()} == promised


@pytest.mark.parametrize(
    ("code", "exit_name"), [(code, name) for code, (_, steps) in WALKS.items() for name in steps]
)
def test_an_exit_ends_the_wait(code: str, exit_name: str) -> None:
    """Whoever does what the wait asks for no longer finds it; one exit begins it anew."""
    stage, steps = WALKS[code]
    ret = stage()
    before = waiting(ret, code)
    assert before

    after_it = waiting(steps[exit_name](ret), code)

    if (code, exit_name) in ONLY_RESTARTS_THE_CLOCK:
        assert named(after_it) == named(before)
        assert not set(after_it) & set(before)
    else:
        assert not named(after_it) & named(before)


@pytest.mark.parametrize(
    ("code", "command"),
    [(code, name) for code, (_, steps) in WALKS.items() for name in steps if name in COMMANDS],
)
def test_a_command_that_would_end_the_wait_is_allowed(code: str, command: str) -> None:
    """What a wait asks for and what the return says it would take are told alike."""
    comes_first = "receive" if (code, command) in JUDGED_ONCE_COUNTED else command

    assert comes_first in allowed_commands(WALKS[code][0]())


@pytest.mark.parametrize(
    "code",
    [row.code for row in WAITS.values() if "extend-deadline" in row.exits and row.code in WALKS],
)
def test_a_moved_deadline_gives_it_more_time(code: str) -> None:
    """Ops give a wait another date: until then nothing happens."""
    ret = WALKS[code][0]()
    (before,) = waiting(ret, code)

    ret = extend(ret, before.key, before.deadline + timedelta(days=3))

    passed, _ = pass_deadlines(ret, at=before.deadline)
    (wait,) = [wait for wait in waits(passed) if wait.key == before.key]
    assert (wait.code, wait.deadline) == (code, before.deadline + timedelta(days=3))


def test_every_wait_can_be_entered() -> None:
    """Each ordinary wait is met by a stage of a return; the overdue ones follow theirs."""
    entered = {code for _, code, _ in STAGES}

    assert {row.code for row in WAITS.values() if row.kind is Kind.WAIT} == entered
