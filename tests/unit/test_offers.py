"""Counter-offers: the goods are kept for a part of the money, if the customer says so in time."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.allowed import allowed_commands
from domain.asking_info import ask
from domain.codes import RefusedError
from domain.commands import Actor
from domain.credit_notes import note_rows
from domain.deadlines import extend, pass_deadlines
from domain.events import Event
from domain.invariants import broken
from domain.money import half_up
from domain.notices import notices_for
from domain.offers import accept, check_offer, check_open, decline, offer
from domain.orders import PromotionKind
from domain.policies import Policy
from domain.promotions import PromotionBasis, Standing
from domain.reasons import Ground
from domain.requests import RequestedLine, Requester
from domain.returns import Return
from domain.settlement import own_standing, settle
from domain.settling import lots_to_settle
from domain.transport import withdraw
from domain.view import document
from domain.waiting import next_step, waits
from domain.work import due_work
from tests.support.builders import (
    NOW,
    after,
    decided,
    exchange,
    order,
    order_line,
    policy,
    settled,
)
from tests.support.releasing import releasing
from tests.support.reviewing import ASKED, RITA, answered, in_review, limited, offered
from tests.support.ruling import ruled_by
from tests.support.settling import charging

EXPIRES = ASKED + timedelta(hours=72)
LATER = after(hours=20)
PROMOTION = PromotionBasis("p-1", PromotionKind.THRESHOLD, 100, ())
WORTH = 3570
"""What the shoes cost with their tax; the 4.90 of shipping are no part of what is kept."""


def refusal(ret: Return, number: int = 1) -> tuple[str, str]:
    with pytest.raises(RefusedError) as refused:
        check_open(ret, number)
    return refused.value.code, str(refused.value)


def states(ret: Return) -> list[str]:
    assert ret.review is not None
    return [one.state for one in ret.review.offers]


class TestTheOffer:
    def test_it_is_the_customers_turn(self) -> None:
        """By a date, with what happens otherwise; the reviewer's clock stands."""
        ret = offered()

        step = next_step(waits(ret))
        assert ret.headline == "COUNTER_OFFERED"
        assert step is not None
        assert (step.owner, step.deadline) == ("customer", EXPIRES)
        assert step.detail == "keep the goods for 10.71 EUR: Keep them."
        assert step.at_deadline == "the offer is over, and the reviewer decides"
        assert allowed_commands(ret) == (
            *("counter-offer", "accept-offer", "decline-offer"),
            *("withdraw", "extend-deadline"),
        )

    @pytest.mark.parametrize(
        ("percent", "amount", "message", "field"),
        [
            (None, None, "Keep it.", "percent"),
            (30, 1000, "Keep it.", "percent"),
            (0, None, "Keep it.", "percent"),
            (101, None, "Keep it.", "percent"),
            (None, 0, "Keep it.", "amount_minor"),
            (None, WORTH + 1, "Keep it.", "amount_minor"),
            (30, None, " ", "message"),
        ],
    )
    def test_an_offer_makes_sense(
        self, percent: int | None, amount: int | None, message: str, field: str
    ) -> None:
        """Either a part or an amount, no more than was paid for the goods, and a word to it."""
        with pytest.raises(RefusedError) as refused:
            check_offer(in_review(), percent, amount, message, by=RITA)

        assert (refused.value.code, refused.value.field) == ("invalid_request", field)

    def test_a_part_that_is_no_minor_unit_is_none(self) -> None:
        """Of something that costs next to nothing."""
        cheap = order(order_line(gross=3, taxes=()), shipping=0)
        line = RequestedLine("shoes", 3, reason="DEFECTIVE")
        ret = decided(line, of=cheap, ground=Ground.NON_CONFORMITY)

        with pytest.raises(RefusedError) as refused:
            check_offer(ret, 1, None, "Keep it.", by=RITA)

        assert refused.value.field == "percent"

    def test_nothing_is_offered_that_nobody_reviews(self) -> None:
        with pytest.raises(RefusedError) as refused:
            check_offer(decided(), 30, None, "Keep it.", by=RITA)

        assert refused.value.code == "command_not_allowed"

    @pytest.mark.parametrize(
        "asked", [{"ground": Ground.REFUSAL}, {"by": Requester.RECIPIENT}], ids=["here", "gift"]
    )
    def test_not_everything_is_the_customers_to_keep(self, asked: dict[str, Any]) -> None:
        """What came back by itself is here already, and a gift's money is its purchaser's."""
        ret = in_review()
        ret = replace(ret, request=replace(ret.request, **asked))

        with pytest.raises(RefusedError) as refused:
            check_offer(ret, 30, None, "Keep it.", by=RITA)

        assert refused.value.code == "command_not_allowed"
        assert "counter-offer" not in allowed_commands(ret)

    def test_edge_19_an_offer_is_within_authority(self) -> None:
        """By what it costs, and not by what the goods cost; no second person makes up for it."""
        ret = in_review(under=limited(reviewer=1000))

        check_offer(ret, None, 1000, "Keep it.", by=RITA)
        with pytest.raises(RefusedError) as refused:
            check_offer(ret, None, 1001, "Keep it.", by=RITA)

        assert refused.value.code == "above_authority"
        assert str(refused.value) == "10.01 EUR is above the 10.00 EUR of reviewer"

    def test_edge_19_nobody_offers_themselves_anything(self) -> None:
        ret = replace(in_review(), requested_by=Actor("platform", "shop"))

        with pytest.raises(RefusedError) as refused:
            check_offer(ret, 30, None, "Keep it.", by=RITA, known_as=("shop",))

        assert refused.value.code == "four_eyes"

    def test_the_customer_reads_amount_date_and_default(self) -> None:
        ret, facts = offer(in_review(), 30, None, "Keep them.", by=RITA, at=ASKED)
        events = [Event(n, fact.type, NOW, "r", data=fact.data) for n, fact in enumerate(facts)]

        (notice,) = notices_for(ret, events)

        assert notice.kind == "offer_made"
        assert (notice.data["amount_minor"], notice.data["message"]) == (1071, "Keep them.")
        assert notice.data["open_until"] == "2026-03-05T17:00:00+01:00"

    def test_a_later_one_supersedes_an_earlier_one(self) -> None:
        """The earlier one cannot be accepted any more; the clock stood for both."""
        ret, facts = offer(offered(), None, 2000, "A bit more.", by=RITA, at=LATER)

        assert states(ret) == ["SUPERSEDED", "OPEN"]
        assert [fact.type for fact in facts] == ["return.offer_superseded", "return.offer_made"]
        assert refusal(ret)[0] == "offer_over"
        assert [wait.key for wait in waits(ret)] == ["offer/2"]
        ret = decline(ret, 2, at=after(hours=30))[0]
        assert waits(ret)[0].deadline == after(hours=30 + 18)

    def test_a_reviewer_offers_as_often_as_the_policy_lets_him(self) -> None:
        """Each offer stops his clock; the next one is refused with the number, and not shown."""
        ret = offered(of=in_review(under=ruled_by(offer_rounds=1)))

        with pytest.raises(RefusedError) as refused:
            check_offer(ret, 40, None, "More.", by=RITA)

        assert (refused.value.code, "1 offers" in str(refused.value)) == ("too_many_offers", True)
        assert "counter-offer" not in allowed_commands(ret)


class TestItsEnd:
    def test_who_accepts_keeps_the_goods_and_is_paid_that(self) -> None:
        """At once, with no label; both who offered and that it was accepted are told."""
        ret, facts = accept(offered(), 1, at=LATER)

        assert [fact.type for fact in facts][:2] == ["return.offer_accepted", "return.decided"]
        told = facts[1].data
        assert (told["by"], told["decided_by"], told["offer_no"]) == ("human", "reviewer:rita", 1)
        assert (ret.headline, ret.deliveries, ret.lots[0].state) == ("RESOLVING", (), "KEPT")
        assert [work.key for work in due_work(ret)] == ["settle/1"]
        (row,) = settle(ret, lots_to_settle(ret))
        assert (row.refund_minor, row.cover, row.shipping_minor) == (1071, "keep_item", 0)
        assert broken(settled(ret)) == ()

    def test_who_declines_leaves_it_to_the_reviewer(self) -> None:
        """With what was left of his clock."""
        ret, (fact,) = decline(offered(), 1, at=LATER)

        assert (fact.type, states(ret)) == ("return.offer_declined", ["DECLINED"])
        assert [(wait.code, wait.deadline) for wait in waits(ret)] == [
            ("awaiting_review", after(hours=38))
        ]

    @pytest.mark.parametrize(("default", "headline"), [("review", "IN_REVIEW"), ("deny", "DENIED")])
    def test_silence_accepts_nothing(self, default: str, headline: str) -> None:
        """It leads to what the pack says, by the clock."""
        ret = offered(of=in_review(under=ruled_by(offer_default=default)))

        ret, facts = pass_deadlines(ret, at=EXPIRES)

        assert (ret.headline, states(ret)) == (headline, ["EXPIRED"])
        assert (facts[0].type, facts[0].data["by"]) == ("return.offer_expired", "timeout")

    def test_edge_22_who_accepts_first_has_it(self) -> None:
        """The end of its time comes to the workflow afterwards, and finds nothing to end."""
        ret = accept(offered(), 1, at=EXPIRES)[0]

        after_all, facts = pass_deadlines(ret, at=EXPIRES)

        assert (after_all, facts) == (ret, ())
        assert states(ret) == ["ACCEPTED"]

    @pytest.mark.parametrize("default", ["review", "deny"])
    def test_edge_22_who_accepts_second_is_told_that_it_ran_out(self, default: str) -> None:
        """In the same instant, but after the clock: refused, and nothing is kept."""
        ret = offered(of=in_review(under=ruled_by(offer_default=default)))
        ret = pass_deadlines(ret, at=EXPIRES)[0]

        assert refusal(ret) == ("offer_over", "offer 1 is EXPIRED since 2026-03-05 16:00 UTC")
        assert all(lot.kept_at is None for lot in ret.lots)

    def test_a_later_date_counts(self) -> None:
        """Ops gave the customer a week: the offer stands, and shows it."""
        ret = extend(offered(), "offer/1", after(days=7))

        ret = pass_deadlines(ret, at=EXPIRES)[0]

        shown = document(ret)["review"]
        assert isinstance(shown, dict)
        assert isinstance(shown["offers"], list)
        assert isinstance(shown["offers"][0], dict)
        assert shown["offers"][0]["open_until"] == after(days=7).isoformat()
        assert check_open(ret, 1).state == "OPEN"

    def test_what_is_taken_back_has_no_offer(self) -> None:
        """Nor does it show one that could be accepted."""
        ret = withdraw(offered(), at=LATER)[0]

        shown = document(ret)["review"]
        assert refusal(ret) == ("offer_over", "the return is WITHDRAWN")
        assert isinstance(shown, dict)
        assert isinstance(shown["offers"], list)
        assert [isinstance(one, dict) and one["state"] for one in shown["offers"]] == ["DECLINED"]

    def test_an_offer_that_was_never_made(self) -> None:
        with pytest.raises(RefusedError) as refused:
            check_open(offered(), 2)

        assert (refused.value.code, refused.value.field) == ("invalid_request", "offer_no")

    def test_questions_and_offers_take_turns(self) -> None:
        """What the customer answered stays beside what was offered then."""
        ret = answered(ask(in_review(), "Where?", by=RITA, at=ASKED)[0])

        ret = offer(ret, 30, None, "Keep them.", by=RITA, at=after(hours=101))[0]

        assert ret.review is not None
        assert (len(ret.review.questions), len(ret.review.offers)) == (1, 1)
        assert ret.headline == "COUNTER_OFFERED"

    def test_the_customer_reads_that_it_is_kept_and_when_the_money_comes(self) -> None:
        ret, facts = accept(offered(), 1, at=LATER)
        events = [Event(n, fact.type, NOW, "r", data=fact.data) for n, fact in enumerate(facts)]

        (notice,) = notices_for(ret, events)

        assert (notice.kind, notice.data["amount_minor"]) == ("offer_accepted", 1071)
        assert notice.data["due_on"] == "2026-03-17"


def kept(amount: int, under: Policy, *lines: RequestedLine) -> Return:
    ret = in_review(*lines, under=under)
    return accept(offered(None, amount, ret), 1, at=LATER)[0]


class TestWhatIsPaid:
    @given(amount=st.integers(1, WORTH))
    def test_exactly_what_was_offered_is_paid(self, amount: int) -> None:
        """Price and tax give the same part of it, and every row adds up."""
        ret = kept(amount, policy())

        rows = settle(ret, lots_to_settle(ret))

        assert [row.refund_minor for row in rows] == [amount]
        assert rows[0].adds_up
        assert rows[0].retained_minor >= 0
        assert abs(rows[0].tax_minor - half_up(Fraction(570 * amount, WORTH))) <= 1
        assert sum(row.amount_minor for row in note_rows(ret, ret.lots, rows)) == amount
        assert broken(settled(ret)) == ()

    def test_all_of_it_may_be_offered(self) -> None:
        """Nothing stays paid but the shipping."""
        ret = kept(WORTH, policy())

        (row,) = settle(ret, lots_to_settle(ret))

        assert (row.retained_minor, row.refund_minor) == (0, WORTH)

    def test_several_lots_share_it_by_what_was_paid(self) -> None:
        """Each unit that may go out early is a lot of its own; together they are paid the offer."""
        ret = kept(1000, releasing(refund="approval"))

        rows = settle(ret, lots_to_settle(ret))

        assert [row.refund_minor for row in rows] == [333, 334, 333]
        assert {row.cover for row in rows} == {"keep_item"}
        assert broken(settled(ret)) == ()

    def test_no_fee_is_taken_of_what_was_promised(self) -> None:
        fees = charging(restocking={"percent": 10}, handling={"per_return_minor": {"EUR": 100}})

        (row,) = settle(ret := kept(1000, fees), lots_to_settle(ret))

        assert (row.refund_minor, row.restocking_fee_minor, row.handling_fee_minor) == (1000, 0, 0)

    def test_who_wished_other_goods_agreed_to_the_money(self) -> None:
        """No replacement goes out beside it."""
        wished = replace(exchange(), reason="DEFECTIVE")
        ret = kept(1000, policy(), wished)

        assert [work.key for work in due_work(ret)] == ["settle/1"]
        assert [lot.resolution for lot in ret.lots] == ["REFUND"]

    def test_its_units_are_not_given_back(self) -> None:
        """A promotion that needs them is not lost: the rest of their price stays paid."""
        ret = settled(kept(1000, policy()))

        assert own_standing(ret).units == ()

    def test_what_was_kept_back_too_much_is_not_given_back_with_it(self) -> None:
        """It has no part in an offer; the next settlement of other goods gives it back."""
        ret = replace(kept(1000, policy()), promotions=(PROMOTION,))

        (row,) = settle(ret, lots_to_settle(ret), Standing((), clawback_minor=200))

        assert (row.refund_minor, row.clawback_minor) == (1000, 0)

    def test_a_line_that_the_rules_deny_is_no_part_of_it(self) -> None:
        """It holds no unit, and is declined in the words of its rule."""
        bought = order(order_line("shoes"), order_line("hat", delivered_at=after(days=-1500)))
        lines = [RequestedLine(name, 1, reason="DEFECTIVE") for name in ("shoes", "hat")]
        ret = decided(*lines, of=bought, ground=Ground.NON_CONFORMITY)

        ret = accept(offered(of=ret), 1, at=LATER)[0]

        hat = ret.line("hat")
        assert [lot.state for lot in ret.lots] == ["KEPT", "DECLINED"]
        assert hat.authorization is not None
        assert hat.authorization.reason == hat.decision.explanation
