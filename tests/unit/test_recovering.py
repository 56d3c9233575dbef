"""What becomes of value that went out early and whose goods stay away."""

from collections.abc import Callable

import pytest

from domain.codes import RefusedError
from domain.deadlines import pass_deadlines
from domain.inspection import Grade
from domain.lifecycle import LotState
from domain.recovering import check_resolution, is_decidable, recovery_of, resolve, started
from domain.recovery import Recovery, RecoveryState
from domain.replacing import replacement_news
from domain.requests import RequestedLine
from domain.returns import Return
from domain.settlement import settle
from domain.settling import intent_changed, lots_to_settle, sealed
from domain.tenders import TenderLeft
from tests.support.advancing import (
    LOT,
    arrived,
    charged,
    judged,
    lapsing,
    ordered_early,
    paid_early,
    shipped_early,
    taken,
    unpaid_recovery,
)
from tests.support.builders import after, granted, intents_for, settled
from tests.support.releasing import releasing


def covered_early() -> Return:
    """One pair to be paid at the approval, whose customer had the money from the bank instead."""
    ret = settled(granted(RequestedLine("shoes", 1), under=releasing(refund="approval")))
    amount = ret.settlements[0].intents[0].amount_minor
    return intent_changed(
        ret,
        "i1-t1",
        state="covered",
        refund_ref=None,
        failure=None,
        covered_minor=amount,
        at=after(days=5),
    )[0]


def test_value_that_the_bank_gave_back_is_due_as_any_other() -> None:
    """The customer has it, by whatever way: the goods stayed away, and somebody decides."""
    ret = pass_deadlines(covered_early(), at=after(days=400))[0]

    recovery = recovery_of(ret.lot(LOT))

    assert recovery is not None
    assert (recovery.state, recovery.due_minor) == (RecoveryState.DUE, recovery.value_minor)


def due_of(ret: Return) -> Recovery:
    recovery = recovery_of(ret.lot(LOT))
    assert recovery is not None
    return recovery


def test_a_deduction_is_charged_and_no_more() -> None:
    """The worn pair came back: what it lost in value is owed, not all of it."""
    worn = judged(paid_early(), Grade.C, at=after(days=8))

    charged_by_hand, _ = resolve(
        worn, LOT, "charged", reason="agreed", proof="invoice 7", at=after(days=9)
    )

    due = due_of(worn)
    assert 0 < due.due_minor < due.value_minor
    assert due_of(charged_by_hand).collected_minor == due.due_minor


@pytest.mark.parametrize(
    ("outcome", "is_proof_wanted"),
    [("charged", True), ("collections", True), ("written_off", False)],
)
def test_whoever_says_that_money_came_shows_it(outcome: str, is_proof_wanted: bool) -> None:
    """Writing off needs a reason alone."""
    ret = unpaid_recovery()

    if not is_proof_wanted:
        check_resolution(ret, LOT, outcome, "agreed", "")
        return
    with pytest.raises(RefusedError) as refused:
        check_resolution(ret, LOT, outcome, "agreed", "")
    assert refused.value.field == "proof"


@pytest.mark.parametrize("stage", [taken, charged], ids=["by hold", "by hand"])
def test_what_was_collected_is_not_decided_again(stage: Callable[[], Return]) -> None:
    """Also where the hold could not be renewed before."""
    with pytest.raises(RefusedError) as refused:
        check_resolution(stage(), LOT, "charged", "agreed", "invoice 8")

    assert refused.value.code == "command_not_allowed"


def test_a_hold_that_cannot_be_renewed_is_decided_only_while_the_goods_are_awaited() -> None:
    """Once they are here they are judged, and no person has to."""
    away = lapsing()
    here = arrived(away)

    assert (is_decidable(away.lot(LOT)), is_decidable(here.lot(LOT))) == (True, False)


def test_the_time_for_goods_does_not_start_once_nothing_is_owed() -> None:
    """A replacement that leaves after its goods were accepted asks for nothing back."""
    ret = judged(ordered_early(), at=after(days=3))

    later, facts = started(ret, [LOT], at=after(days=4))

    assert due_of(ret).state is RecoveryState.DISCHARGED
    assert (later, facts) == (ret, ())


def test_an_early_refund_sealed_after_its_goods_were_accepted_is_an_ordinary_one() -> None:
    """The warehouse was quicker than the seal: nothing is owed."""
    waiting = granted(RequestedLine("shoes", 1), under=releasing(refund="approval"))
    amounts = settle(waiting, lots_to_settle(waiting))
    intents = intents_for(waiting, waiting.lots, [TenderLeft("t1", 10**9, 0)])
    here = judged(waiting, at=after(days=3))

    ret, _ = sealed(here, waiting.lots, amounts, intents, at=after(days=3))

    assert ret.lot(LOT).state is LotState.REFUND_PENDING
    assert due_of(ret).state is RecoveryState.DISCHARGED
    paid = intent_changed(
        ret,
        intents[0].intent_id,
        state="succeeded",
        refund_ref="re",
        failure=None,
        at=after(days=4),
    )[0]
    assert paid.lot(LOT).state is LotState.REFUNDED


def test_a_deduction_taken_for_a_replacement_that_is_cancelled_is_given_back() -> None:
    """The worn pair answers for nothing that was sent."""
    worn = judged(ordered_early(), Grade.C, at=after(days=3))
    charged_for_it = taken(worn)

    ret, _ = replacement_news(
        charged_for_it, "ref-1", "cancelled", tracking_code=None, at=after(days=4)
    )

    recovery = due_of(ret)
    assert recovery.to_give_back_minor == recovery.collected_minor > 0
    assert ret.lot(LOT).state is LotState.OUT_OF_STOCK


@pytest.mark.parametrize("status", ["shipped", "delivered"])
def test_a_replacement_that_left_is_not_cancelled(status: str) -> None:
    """The platform contradicts itself: the goods are under way, and so is the duty."""
    ahead = shipped_early(status=status)

    ret, facts = replacement_news(ahead, "ref-1", "cancelled", tracking_code=None, at=after(days=4))

    assert (ret, facts) == (ahead, ())
