"""Goods that may be kept: who says so, what is paid for them, and what happens if they come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.codes import RefusedError
from domain.counters import counters
from domain.events import Event
from domain.granting import apply_policy, grant
from domain.handover import check_change
from domain.invariants import broken
from domain.lifecycle import LotState
from domain.notices import notices_for
from domain.policies import Policy
from domain.receiving import receive
from domain.requests import HandoverMethod, RequestedLine
from domain.returns import Return
from domain.reviewing import check_approval
from domain.settlement import settle
from domain.settling import lots_to_settle, statutory_due_on
from domain.transport import is_withdrawable
from domain.view import document
from domain.waiting import waits
from domain.work import due_work
from tests.support.builders import (
    NOW,
    after,
    decided,
    exchange,
    granted,
    opened,
    order,
    order_line,
    policy,
    receipt,
    settled,
)
from tests.support.releasing import releasing
from tests.support.settling import charging

KEEP = HandoverMethod.KEEP
WORTH = 4060
"""What three shoes were paid with: 30.00, 5.70 of tax and 4.90 of shipping."""


def up_to(minor: int | None, under: Policy | None = None) -> Policy:
    limits = () if minor is None else (("EUR", minor),)
    return replace(under or policy(), keep_item_up_to=limits)


def wished(*lines: RequestedLine, under: Policy | None = None) -> Return:
    """A return whose goods the customer would like to keep, not decided yet."""
    ret = opened(*lines, under=under or up_to(WORTH))
    return replace(ret, request=replace(ret.request, handover=KEEP))


def ruled(*lines: RequestedLine, under: Policy | None = None) -> Return:
    return apply_policy(wished(*lines, under=under), at=NOW)[0]


class TestWhoMayGrant:
    def test_up_to_its_limit_the_policy_lets_goods_be_kept(self) -> None:
        """Settled at once: no label, no parcel, and nothing is waited for but the money."""
        ret = ruled()

        assert [lot.state for lot in ret.lots] == [LotState.KEPT]
        assert (ret.deliveries, ret.authorization) == ((), "APPROVED")
        assert (ret.headline, ret.logistics) == ("RESOLVING", "NOT_REQUIRED")
        assert [work.key for work in due_work(ret)] == ["settle/1"]
        assert broken(ret) == ()

    @pytest.mark.parametrize("limit", [WORTH - 1, None])
    def test_above_it_a_person_decides_and_nothing_is_refused(self, limit: int | None) -> None:
        """Also where the policy names no limit: the reviewer reads why it came to him."""
        ret = ruled(under=up_to(limit))

        assert ret.authorization == "IN_REVIEW"
        (wait,) = waits(ret)
        assert (wait.code, wait.detail) == ("awaiting_review", "M_KEEP_ITEM")

    def test_another_currency_has_a_limit_of_its_own(self) -> None:
        assert ruled(under=replace(policy(), keep_item_up_to=(("USD", 99_999),))).lots[0].state == (
            LotState.PENDING
        )

    def test_goods_that_are_exchanged_count_with_what_they_were_paid_with(self) -> None:
        """A replacement without goods back is worth as much as the money."""
        line = exchange()

        assert ruled(line, under=up_to(WORTH - 1)).authorization == "IN_REVIEW"
        ret = ruled(line)
        assert [work.key for work in due_work(ret)] == ["replace/shoes/1"]

    def test_a_reviewer_may_leave_goods_that_nobody_wished_to_keep(self) -> None:
        """Whatever way was wished: the value is not worth the way back."""
        ret = opened(under=up_to(None))

        ret = grant(ret, ["shoes"], by="human", at=NOW, handover=KEEP)[0]

        assert (ret.lots[0].state, ret.deliveries) == (LotState.KEPT, ())

    def test_a_reviewer_may_want_goods_back_that_were_to_be_kept(self) -> None:
        ret = ruled(under=up_to(None))

        ret = grant(ret, ["shoes"], by="human", at=NOW, handover=HandoverMethod.DROP_OFF)[0]

        assert ret.lots[0].state is LotState.AUTHORIZED
        assert [work.key for work in due_work(ret)] == ["book/d1"]

    def test_a_courier_nobody_wished_for_cannot_be_granted(self) -> None:
        ret = ruled(under=up_to(None))

        with pytest.raises(RefusedError) as refused:
            check_approval(ret, ["shoes"], "", [], HandoverMethod.PICKUP)

        assert refused.value.field == "handover"

    def test_the_clock_alone_lets_nothing_be_kept(self) -> None:
        """What nobody looked at in time comes back with our label."""
        ret = grant(ruled(under=up_to(None)), ["shoes"], by="timeout", at=after(days=2))[0]

        assert [delivery.method for delivery in ret.deliveries] == [HandoverMethod.DROP_OFF]

    def test_it_cannot_be_chosen_later(self) -> None:
        """It is granted; a customer does not decide it with another way back."""
        with pytest.raises(RefusedError) as refused:
            check_change(granted(), KEEP, None, at=after(days=1))

        assert refused.value.field == "handover"

    def test_of_a_part_that_is_granted_that_part_is_kept(self) -> None:
        bought = order(order_line(), order_line("hat", quantity=1, gross=900, final_sale=True))
        ret = opened(
            RequestedLine("shoes", 3), RequestedLine("hat", 1), of=bought, under=up_to(WORTH)
        )
        ret = apply_policy(replace(ret, request=replace(ret.request, handover=KEEP)), at=NOW)[0]

        assert [lot.state for lot in ret.lots] == [LotState.KEPT, LotState.DECLINED]


class TestWhatIsPaid:
    def test_no_fee_is_taken_for_a_way_that_nobody_goes(self) -> None:
        """The whole value, covered by the rule of keep item and not by an inspection."""
        fees = charging(
            restocking={"percent": 10},
            handling={"per_return_minor": {"EUR": 100}},
            return_shipping={"per": "RETURN", "amount_minor": {"EUR": 300}},
        )
        ret = ruled(under=up_to(WORTH, fees))

        (row,) = settle(ret, lots_to_settle(ret))

        assert (row.refund_minor, row.cover) == (WORTH, "keep_item")
        assert broken(settled(ret)) == ()

    def test_value_that_goes_out_early_elsewhere_is_no_recovery_here(self) -> None:
        """Nothing has to come back for it."""
        ret = ruled(under=up_to(WORTH, releasing(refund="approval")))

        assert {row.cover for row in settle(ret, lots_to_settle(ret))} == {"keep_item"}
        assert broken(settled(ret)) == ()

    def test_the_money_is_due_from_the_grant(self) -> None:
        """Fourteen days from then on, for no goods are to come."""
        ret = ruled()

        assert statutory_due_on(ret, ret.lots) == (NOW + timedelta(days=14)).date()

    def test_its_units_count_as_kept(self) -> None:
        count = counters(settled(ruled()), "shoes")

        assert (count.authorized, count.kept, count.received, count.handed_over) == (3, 3, 0, 0)

    def test_the_customer_reads_that_it_is_his_and_when_the_money_comes(self) -> None:
        ret, facts = apply_policy(wished(), at=NOW)
        events = [Event(n, fact.type, NOW, "rule", data=fact.data) for n, fact in enumerate(facts)]

        (notice,) = notices_for(ret, events)

        assert (notice.kind, notice.data["due_on"]) == ("keep_item", "2026-03-16")


class TestWhatCannotHappen:
    def test_goods_that_come_all_the_same_are_unexpected(self) -> None:
        """They are counted for quarantine; nothing is paid a second time."""
        ret = settled(ruled())

        ret = receive(ret, receipt())[0]

        (entry,) = ret.receipts[0].entries
        assert entry.unexpected == 3
        assert lots_to_settle(ret) == ()
        assert document(ret)["broken_invariants"] == []

    def test_it_cannot_be_withdrawn(self) -> None:
        assert not is_withdrawable(ruled())
        assert is_withdrawable(decided())
