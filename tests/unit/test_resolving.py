"""Settlements, refunds as the provider tells them, and replacements."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from domain.codes import RefusedError
from domain.exchanges import payment_asked
from domain.inspection import Grade
from domain.invariants import broken
from domain.lifecycle import Headline, LotState, SettlementState
from domain.receiving import receive
from domain.replacing import choose_resolution, out_of_stock, replacement_news, replacement_ordered
from domain.requests import Resolution
from domain.resolving import all_resolved, close, complete, stock_moved
from domain.returns import Replacement, Return
from domain.settlement import settle
from domain.settling import intent_changed, lots_to_settle, sealed, statutory_due_on
from domain.tenders import TenderLeft
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import (
    after,
    exchange,
    grade,
    graded,
    intents_for,
    order,
    order_line,
    receipt,
    received,
    settled,
)

TWO_TENDERS = [TenderLeft("t1", 2000, 0), TenderLeft("t2", 2060, 0)]
REPLACEMENT = Replacement("ref-1", "SHOES-42", "res_1", "ro_1")


def told(ret: Return, intent_id: str, state: str, *, failure: str | None = None) -> Return:
    return intent_changed(
        ret, intent_id, state=state, refund_ref="re_1", failure=failure, at=after(days=6)
    )[0]


def refunded() -> Return:
    return stock_moved(told(settled(graded()), "i1-t1", "succeeded"), ["shoes/1"])[0]


class TestSettlements:
    def test_what_is_accepted_is_settled(self) -> None:
        """Accepted lots become one numbered settlement with its breakdown."""
        ret = settled(graded())

        (settlement,) = ret.settlements
        assert (settlement.number, settlement.amount_minor) == (1, 4060)
        assert settlement.lot_ids == ("shoes/1",)
        assert ret.lots[0].state is LotState.REFUND_PENDING
        assert ret.settlement is SettlementState.IN_PROGRESS
        assert broken(ret) == ()

    def test_a_later_parcel_is_settled_apart(self) -> None:
        """Two of three come first, the third later: two settlements, all of it paid."""
        first = told(settled(grade(received(counted={"SHOES": 2}))), "i1-t1", "succeeded")
        assert first.settlement is SettlementState.PARTIALLY_SETTLED

        later, _ = receive(first, receipt({"SHOES": 1}, receipt_id="r2", at=after(days=9)))
        ret = settled(grade(later, "shoes/2"))

        assert [s.number for s in ret.settlements] == [1, 2]
        assert sum(s.amount_minor for s in ret.settlements) == 4060
        assert broken(ret) == ()

    def test_nothing_owed_is_settled_without_the_provider(self) -> None:
        """A fully discounted pair is settled at once, with a record and no refund."""
        free = order(order_line(discount=3000, taxes=()), shipping=0)

        ret = settled(graded(of=free))

        assert ret.settlements[0].amount_minor == 0
        assert ret.settlements[0].intents == ()
        assert ret.lots[0].state is LotState.REFUNDED

    def test_stock_that_moves_while_money_is_sealed_stays_moved(self) -> None:
        """Sealing takes a while; what the platform was told meanwhile is not forgotten."""
        ret = graded()
        lots = lots_to_settle(ret)
        meanwhile, _ = stock_moved(ret, ["shoes/1"])

        after_it, _ = sealed(
            meanwhile,
            lots,
            settle(ret, lots),
            intents_for(ret, lots, TWO_TENDERS),
            at=after(days=5),
        )

        assert after_it.lots[0].disposition_applied

    def test_the_refund_is_due_two_weeks_after_the_receipt(self) -> None:
        """The statutory date is a local day after the count, whatever our own clock does."""
        ret = graded()
        fast = replace(ret, policy=replace(ret.policy, handling=ret.policy.handling.scaled(9999)))

        assert statutory_due_on(ret, ret.lots) == date(2026, 3, 20)
        assert statutory_due_on(fast, fast.lots) == date(2026, 3, 20)


class TestRefunds:
    def test_a_paid_refund_ends_its_lot(self) -> None:
        """The provider says so: the lot is refunded and the money settled."""
        ret = told(settled(graded()), "i1-t1", "succeeded")

        assert ret.lots[0].state is LotState.REFUNDED
        assert ret.settlement is SettlementState.SETTLED

    def test_telling_it_again_changes_nothing(self) -> None:
        """A webhook that comes twice is one refund and one fact."""
        once = told(settled(graded()), "i1-t1", "succeeded")

        twice, facts = intent_changed(
            once, "i1-t1", state="succeeded", refund_ref="re_1", failure=None, at=after(days=8)
        )

        assert (twice, facts) == (once, ())

    def test_a_late_pending_does_not_undo_a_success(self) -> None:
        """News that overtook each other leave the money paid."""
        ret = told(told(settled(graded()), "i1-t1", "succeeded"), "i1-t1", "pending")

        assert ret.settlements[0].intents[0].state == "succeeded"

    def test_a_known_reference_is_not_forgotten(self) -> None:
        """Finance can find the refund though later news does not name it."""
        ret = told(settled(graded()), "i1-t1", "pending")

        ret, _ = intent_changed(
            ret, "i1-t1", state="succeeded", refund_ref=None, failure=None, at=after(days=7)
        )

        assert ret.settlements[0].intents[0].refund_ref == "re_1"

    @pytest.mark.parametrize("state", ["rejected", "failed", "unknown"])
    def test_a_refund_that_is_not_certain_blocks(self, state: str) -> None:
        """The lot waits for a mend, and the refund stays due."""
        ret = told(settled(graded()), "i1-t1", state)

        assert ret.lots[0].state is LotState.REFUND_BLOCKED
        assert ret.settlement is SettlementState.BLOCKED
        assert "refund/i1-t1" in [work.key for work in due_work(ret)]

    @pytest.mark.parametrize("first", ["i1-t1", "i1-t2"])
    def test_one_of_two_tenders_keeps_the_lot_blocked(self, first: str) -> None:
        """The other one's success pays nothing for the one that failed."""
        ret = settled(graded(), TWO_TENDERS)
        second = "i1-t2" if first == "i1-t1" else "i1-t1"

        ret = told(told(ret, first, "failed"), second, "succeeded")
        assert ret.lots[0].state is LotState.REFUND_BLOCKED
        ret = told(ret, first, "pending")
        assert ret.lots[0].state is LotState.REFUND_PENDING
        ret = told(ret, first, "succeeded")

        assert ret.lots[0].state is LotState.REFUNDED

    @pytest.mark.parametrize("state", ["failed", "rejected"])
    def test_a_success_taken_back_reopens_the_return(self, state: str) -> None:
        """The provider's money came back: blocked, not completed, and paid again later."""
        done, _ = complete(refunded(), at=after(days=6))
        assert done.headline is Headline.COMPLETED

        ret = told(done, "i1-t1", state, failure="account closed")

        assert ret.headline is Headline.RESOLVING
        assert ret.lots[0].state is LotState.REFUND_BLOCKED
        assert (ret.completed_at, broken(ret)) == (None, ())
        assert all_resolved(told(ret, "i1-t1", "succeeded"))


class TestReplacements:
    def accepted(self) -> Return:
        return stock_moved(graded(Grade.A, exchange()), ["shoes/1"])[0]

    def ordered(self) -> Return:
        return replacement_ordered(self.accepted(), "shoes/1", REPLACEMENT, at=after(days=6))[0]

    def test_an_exchange_orders_the_wanted_goods(self) -> None:
        """No money moves for it."""
        assert [work.key for work in due_work(self.accepted())] == ["replace/shoes/1"]
        assert lots_to_settle(self.accepted()) == ()
        assert self.ordered().lots[0].state is LotState.REPLACEMENT_RESERVED

    @pytest.mark.parametrize("order_of_news", list(permutations(["shipped", "delivered"])))
    def test_news_may_come_in_any_order(self, order_of_news: tuple[str, ...]) -> None:
        """Shipped after delivered changes nothing, and the tracking code stays known."""
        ret = self.ordered()
        for status in order_of_news:
            code = "EZ-new" if status == order_of_news[0] else None
            ret, _ = replacement_news(ret, "ref-1", status, tracking_code=code, at=after(days=8))

        assert ret.lots[0].state is LotState.REPLACED
        assert ret.lots[0].replacement is not None
        assert ret.lots[0].replacement.tracking_code == "EZ-new"
        assert all_resolved(ret)

    def test_out_of_stock_asks_for_another_choice(self) -> None:
        """The customer is asked until a stated time; then the money goes back."""
        ret, _ = out_of_stock(self.accepted(), "shoes/1", at=after(days=6))

        (wait,) = waits(ret)
        assert wait.code == "replacement_out_of_stock"
        assert due_work(ret) == ()

    def test_choosing_money_settles_the_lot(self) -> None:
        """The goods are gone: the refund is due, in full."""
        ret, _ = out_of_stock(self.accepted(), "shoes/1", at=after(days=6))

        chosen = choose_resolution(ret, "shoes/1")
        assert chosen.settlement is SettlementState.IN_PROGRESS
        paid = told(settled(chosen), "i1-t1", "succeeded")

        assert paid.lots[0].state is LotState.REFUNDED
        assert paid.settlements[0].amount_minor == 4060

    @pytest.mark.parametrize(
        ("lot_id", "code"), [("shoes/9", "lot_not_found"), ("shoes/1", "command_not_allowed")]
    )
    def test_money_is_chosen_only_where_goods_are_gone(self, lot_id: str, code: str) -> None:
        """A replacement under way is not exchanged for money."""
        with pytest.raises(RefusedError) as refused:
            choose_resolution(self.ordered(), lot_id)

        assert refused.value.code == code

    def test_what_was_chosen_is_chosen_once(self) -> None:
        """The second wish is refused, whatever it is."""
        ret, _ = out_of_stock(self.accepted(), "shoes/1", at=after(days=6))
        chosen = choose_resolution(ret, "shoes/1")

        with pytest.raises(RefusedError) as refused:
            choose_resolution(chosen, "shoes/1")

        assert refused.value.code == "command_not_allowed"

    @pytest.mark.parametrize(
        ("resolution", "code"),
        [
            (Resolution.STORE_CREDIT, "store_credit_not_offered"),
            (Resolution.EXCHANGE, "invalid_request"),
        ],
    )
    def test_only_what_is_offered_can_be_chosen(self, resolution: Resolution, code: str) -> None:
        """Credit needs an account, and the wanted goods are gone."""
        ret, _ = out_of_stock(self.accepted(), "shoes/1", at=after(days=6))

        with pytest.raises(RefusedError) as refused:
            choose_resolution(ret, "shoes/1", resolution)

        assert (refused.value.code, refused.value.field) == (code, "resolution")

    def test_credit_chosen_for_a_replacement_that_was_not_paid_stays_credit(self) -> None:
        """Its order is called off first, and changes nothing of the choice."""
        due = replace(REPLACEMENT, due_minor=30)
        unpaid_one, _ = payment_asked(self.accepted(), "shoes/1", due, at=after(days=6))
        offered = replace(unpaid_one, credit_account="customer-1")
        chosen = choose_resolution(offered, "shoes/1", Resolution.STORE_CREDIT)

        ret, _ = replacement_news(
            chosen, "ref-1", "cancelled", tracking_code=None, at=after(days=7)
        )

        assert ret.lots[0].resolution is Resolution.STORE_CREDIT
        assert ret.lots[0].version == chosen.lots[0].version + 1


class TestEnd:
    def test_a_return_ends_when_all_is_done(self) -> None:
        """Money paid and stock moved: complete, then closed after the dispute window."""
        ret = refunded()
        assert all_resolved(ret)

        done, _ = complete(ret, at=after(days=6))
        closed, facts = close(done)

        assert (done.headline, closed.headline) == (Headline.COMPLETED, Headline.CLOSED)
        assert facts[0].data == {"resolution": ["REFUNDED"]}
        assert broken(closed) == ()

    def test_stock_that_did_not_move_keeps_it_open(self) -> None:
        """Paid is not done while the platform's stock does not follow."""
        assert not all_resolved(told(settled(graded()), "i1-t1", "succeeded"))

    def test_one_refunded_and_one_exchanged(self) -> None:
        """Two lines with two ends are one completed return."""
        bought = order(order_line(), order_line("socks", quantity=1))
        asked = [replace(exchange(), resolution=Resolution.REFUND, exchange_sku=None)]
        ret = received(*asked, exchange("socks", 1), of=bought, counted={"SHOES": 3, "SOCKS": 1})
        ret = settled(grade(grade(ret), "socks/1"))
        ret, _ = replacement_ordered(ret, "socks/1", REPLACEMENT, at=after(days=6))
        ret, _ = replacement_news(ret, "ref-1", "delivered", tracking_code=None, at=after(days=8))
        assert ret.headline is Headline.RESOLVING

        ret = told(ret, "i1-t1", "succeeded")

        assert [lot.state for lot in ret.lots] == [LotState.REFUNDED, LotState.REPLACED]
        assert ret.headline is Headline.COMPLETED

    def test_late_goods_open_it_again(self) -> None:
        """The rest that arrives after the completion is graded and settled like the first."""
        partly = received(counted={"SHOES": 2})
        done, _ = complete(partly, at=after(days=6))

        ret, _ = receive(done, receipt({"SHOES": 1}, receipt_id="r2", at=after(days=7)))

        assert ret.completed_at is None
        assert ret.lots[-1].since == after(days=6) + timedelta(days=1)
