"""When a settlement needs a second person, and what that person may approve."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allowed import allowed_commands
from domain.approving import (
    approve,
    check_approval,
    check_decline,
    decline,
    is_above_limit,
    lots_to_seal,
    needs_approval,
    open_proposal,
    proposed,
)
from domain.codes import RefusedError
from domain.commands import Actor
from domain.deadlines import pass_deadlines
from domain.drafts import draft, registered
from domain.intents import Settlement
from domain.pack_reading import PolicyError
from domain.policies import Policy
from domain.policy_reading import parse_policy
from domain.proposals import Approval
from domain.returns import Return
from domain.settlement import settle
from domain.view import document
from domain.waiting import waits
from domain.work import WorkKind, due_work
from tests.support.builders import after, opened, order, pack, policy
from tests.support.reviewing import approved_first
from tests.support.settling import Till, accepted, by_unit, limited, proposed_to_finance

FAY = Actor("finance", "fay")


def codes(ret: Return) -> list[str]:
    return [wait.code for wait in waits(ret)]


@pytest.mark.parametrize(
    ("minor", "currency", "above"),
    [(4_060, "EUR", False), (4_059, "EUR", True), (0, "EUR", True), (0, "USD", False)],
)
def test_a_limit_is_of_one_currency_and_not_above_itself(
    minor: int, currency: str, *, above: bool
) -> None:
    """Without a limit in the currency nobody is asked."""
    ret = accepted(opened(under=limited(minor, currency)))

    amounts = settle(ret, ret.lots)

    assert sum(row.refund_minor for row in amounts) == 4_060
    assert is_above_limit(ret, amounts) is needs_approval(ret, amounts) is above


def test_a_charge_that_is_given_back_is_none_of_the_returns_money() -> None:
    """It was taken for goods that stayed away, and says nothing of what the order pays."""
    ret = accepted(opened(under=limited(5_000, "EUR")))
    amounts = settle(ret, ret.lots)
    back = Settlement(0, (), 4_000, (), (), after(days=1), None, gives_back="shoes/1")

    assert not is_above_limit(replace(ret, settlements=(back,)), amounts)


@given(st.integers(0, 5_000), st.permutations(["shoes/1", "shoes/2", "shoes/3"]))
def test_no_order_of_parcels_pays_above_the_limit_unasked(minor: int, turns: list[str]) -> None:
    """What goes unasked is never above the limit, however the return is cut."""
    bought = order()
    ret, till = by_unit(opened(of=bought, under=limited(minor))), Till(bought)
    unasked = 0
    for lot_id in turns:
        amounts = settle(ret, [ret.lot(lot_id)], till.standing)
        if not needs_approval(ret, amounts):
            unasked = till.paid_back + sum(row.refund_minor for row in amounts)
        ret = till.settle(ret, lot_id)

    assert unasked <= minor
    assert till.paid_back == 4_060


def test_what_waits_for_approval_is_not_sealed_meanwhile() -> None:
    """Nothing is due, and finance has until the review's time is over."""
    ret = proposed_to_finance()

    assert not any(work.kind is WorkKind.SETTLE for work in due_work(ret))
    assert codes(ret)[0] == "awaiting_settlement_approval"
    assert {"approve-settlement", "decline-settlement"} <= set(allowed_commands(ret))
    assert "settling" not in codes(ret)


def test_approved_it_is_sealed_as_it_is() -> None:
    """Its very lots, on its very amounts, to its very tenders."""
    ret = proposed_to_finance()
    proposal = open_proposal(ret)
    assert proposal is not None

    after_all, facts = approve(ret, proposal, by=FAY)

    assert [fact.type for fact in facts] == ["settlement.approved"]
    assert [work.kind for work in due_work(after_all)] == [WorkKind.SETTLE]
    assert lots_to_seal(after_all) == ret.lots
    assert not needs_approval(after_all, proposal.breakdown)
    assert after_all.proposal is not None
    assert after_all.proposal.approval == Approval(proposal.settlement_hash, (("t1", 4_060),))
    assert "approve-settlement" not in allowed_commands(after_all)


def test_an_approval_is_of_its_amounts_alone() -> None:
    """A minor unit more, and somebody has to look again."""
    ret = proposed_to_finance()
    proposal = open_proposal(ret)
    assert proposal is not None
    approved, _ = approve(ret, proposal, by=FAY)
    (row,) = proposal.breakdown

    other = (replace(row, tax_minor=row.tax_minor + 1, refund_minor=row.refund_minor + 1),)
    again, facts = proposed(
        approved, ret.lots, other, (("t1", 4_000), ("t2", 61)), None, at=after(days=4)
    )

    assert needs_approval(approved, other)
    assert [fact.type for fact in facts] == ["settlement.approval_voided", "settlement.proposed"]
    assert again.proposal is not None
    assert again.proposal.approval is None
    assert [(d.what, d.was_minor, d.now_minor) for d in again.proposal.differences] == [
        ("amount", 4_060, 4_061),
        ("lot shoes/1 tax", 570, 571),
        ("lot shoes/1 refund", 4_060, 4_061),
        ("tender t1", 4_060, 4_000),
        ("tender t2", 0, 61),
    ]


def test_the_same_is_not_asked_for_twice() -> None:
    """Proposing again what waits already is no news, and moves no deadline."""
    ret = proposed_to_finance()

    assert proposed_to_finance(ret=ret) == ret


def test_lots_that_come_later_are_asked_for_with_the_others() -> None:
    """What waits is then not what would be sealed any more."""
    whole = by_unit(opened(under=limited(100)))
    first = replace(whole, lots=whole.lots[:2])
    ret = replace(proposed_to_finance(ret=first), lots=whole.lots)

    assert open_proposal(ret) is None
    assert [work.kind for work in due_work(ret)] == [WorkKind.SETTLE]
    with pytest.raises(RefusedError, match="no settlement waits"):
        check_approval(ret, 1, "sha256:0", by=FAY)


def test_lots_that_come_after_the_approval_are_the_next_settlement() -> None:
    """The approved ones are sealed as they were approved."""
    whole = by_unit(opened(under=limited(100)))
    ret = proposed_to_finance(ret=replace(whole, lots=whole.lots[:2]))
    proposal = open_proposal(ret)
    assert proposal is not None

    approved = replace(approve(ret, proposal, by=FAY)[0], lots=whole.lots)

    assert [lot.lot_id for lot in lots_to_seal(approved)] == ["shoes/1", "shoes/2"]


@pytest.mark.parametrize(
    ("actor_id", "known_as"), [("inspector-1", ()), ("fay", ("fay-2", "inspector-1")), ("shop", ())]
)
def test_who_had_a_hand_in_it_is_refused(actor_id: str, known_as: tuple[str, ...]) -> None:
    """Whoever inspected it or asked for it, under whichever key."""
    ret = replace(proposed_to_finance(), requested_by=Actor("platform", "shop"))
    (lot,) = ret.lots
    assert lot.finding is not None
    seen = replace(lot.finding, inspected_by="warehouse:inspector-1")
    ret = ret.with_lots(replace(lot, finding=seen))
    hashed = ret.proposal.settlement_hash if ret.proposal else ""

    with pytest.raises(RefusedError) as refused:
        check_approval(ret, 1, hashed, by=Actor("finance", actor_id), known_as=known_as)

    assert refused.value.code == "four_eyes"
    assert check_approval(ret, 1, hashed, by=FAY) == ret.proposal


def test_who_approved_first_had_a_hand_in_it() -> None:
    """Of two who granted it neither approves its money: the second one is merely named last."""
    first = approved_first().review
    assert first is not None
    ret = replace(proposed_to_finance(), review=first)
    hashed = ret.proposal.settlement_hash if ret.proposal else ""

    with pytest.raises(RefusedError) as refused:
        check_approval(ret, 1, hashed, by=Actor("finance", "rita-2"), known_as=("rita",))

    assert refused.value.code == "four_eyes"


def test_declined_it_waits_for_ops_with_the_reason() -> None:
    """A later approval takes the reason away."""
    ret = proposed_to_finance()
    hashed = ret.proposal.settlement_hash if ret.proposal else ""
    proposal = check_decline(ret, 1, hashed, "no invoice")

    declined, facts = decline(ret, proposal, "no invoice", by=FAY, at=after(days=3, hours=1))

    assert facts[0].data["reason"] == "no invoice"
    assert codes(declined)[0] == "settlement_declined"
    again = check_approval(declined, 1, hashed, by=FAY)
    approved, _ = approve(declined, again, by=FAY)
    assert approved.proposal is not None
    assert approved.proposal.declined is None


def test_the_day_the_refund_is_due_is_told_once_more_than_the_deadline() -> None:
    """A deadline that was moved beyond it does not silence it."""
    ret = proposed_to_finance()
    assert ret.proposal is not None
    due = ret.proposal.due_on
    assert due is not None
    (first,) = [wait for wait in waits(ret) if wait.code == "awaiting_settlement_approval"]
    moved = replace(ret, extended=((first.key, after(days=300)),))

    (wait,) = [wait for wait in waits(moved) if wait.key == first.key]
    late, facts = pass_deadlines(moved, at=wait.deadline)
    (after_all,) = [wait for wait in waits(late) if wait.key == first.key]

    assert first.deadline < wait.deadline < after(days=300)
    assert wait.deadline.isoformat()[:10] <= due.isoformat()
    assert [fact.type for fact in facts] == ["sla.breached"]
    assert (after_all.code, after_all.owner) == ("settlement_approval_overdue", "ops")
    assert after_all.deadline == after(days=300)


def test_everybody_reads_what_waits_and_nobody_else_has_the_field() -> None:
    """Breakdown, tenders and hash stand in the document while there is something to approve."""
    shown = document(proposed_to_finance())["proposed_settlement"]

    assert isinstance(shown, dict)
    assert shown["amount_minor"] == 4_060
    assert shown["by_tender"] == [{"tender_id": "t1", "amount_minor": 4_060}]
    assert document(accepted(opened()))["proposed_settlement"] is None


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"EUR": -1}, "approval_above.EUR: wanted a whole number of 0 or more"),
        ({"EUR": 1.5}, "approval_above.EUR: wanted a whole number of 0 or more"),
        ({"EURO": 1}, "approval_above.EURO: wanted a currency of ISO 4217"),
        (500, "approval_above: wanted an object"),
    ],
)
def test_a_pack_with_a_bad_limit_is_refused(limit: object, message: str) -> None:
    """It names the place."""
    with pytest.raises(PolicyError, match=f"^{message}$"):
        parse_policy(pack() | {"approval_above": limit})


@pytest.mark.parametrize(
    ("under", "kept"), [(policy(), None), (limited(100), FAY)], ids=["no limit", "a limit"]
)
def test_who_asked_is_remembered_where_a_second_person_may_be_needed(
    under: Policy, kept: Actor | None
) -> None:
    """Also of a start that was parked first; elsewhere nobody needs it."""
    asked = opened()
    parked = draft(
        tenant_id=asked.tenant_id,
        return_id=asked.return_id,
        rma_no=asked.rma_no,
        request=asked.request,
        request_hash=asked.request_hash,
        policy=under,
        requested_by=FAY,
        at=after(days=0),
    )

    ret, _ = registered(parked, opened(under=under), at=after(days=1))

    assert ret.requested_by == kept


def test_a_pack_without_a_limit_asks_nobody() -> None:
    """As every pack before."""
    assert parse_policy(pack()).approval_above == ()
