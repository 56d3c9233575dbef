"""What may come back, until when and on whose account."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.eligibility import Decision, Facts, Verdict, evaluate, facts_of
from domain.ids import content_hash
from domain.law.schema import Remedy
from domain.lifecycle import AuthorizationState
from domain.opening import decide_lines
from domain.orders import OrderLine, Parcel
from domain.policy_reading import parse_policy
from domain.reasons import Ground
from domain.requests import RequestedLine, Resolution
from packs.library import shipped
from tests.support.builders import (
    DELIVERED,
    NOW,
    decided,
    exchange,
    order,
    order_line,
    pack,
    policy,
    request,
)


def facts(
    line: OrderLine | None = None,
    *,
    at: datetime = NOW,
    ground: Ground = Ground.WITHDRAWAL,
    resolution: Resolution = Resolution.REFUND,
    buyer_type: str = "CONSUMER",
    contract_at: datetime = DELIVERED - timedelta(days=5),
    time_zone: str = "Europe/Berlin",
) -> Facts:
    bought = order(
        line or order_line(),
        buyer_type=buyer_type,
        contract_at=contract_at,
        time_zone=time_zone,
    )
    return facts_of(bought, "shoes", ground=ground, resolution=resolution, requested_at=at)


def decide(line: OrderLine | None = None, *, at: datetime = NOW) -> Decision:
    return evaluate(facts(line, at=at), policy())


class TestWindow:
    def test_the_last_second_of_the_last_day_counts(self) -> None:
        """30 days after 28 February in Berlin end at 23:59:59 there, already summer time."""
        last_second = datetime(2026, 3, 30, 21, 59, 59, tzinfo=UTC)

        decision = decide(at=last_second)

        assert decision.verdict is Verdict.APPROVE
        assert str(decision.window_end) == "2026-03-30"

    def test_the_second_after_is_too_late(self) -> None:
        """Midnight in the delivery zone ends the window, and the answer shows the arithmetic."""
        decision = decide(at=datetime(2026, 3, 30, 22, 0, tzinfo=UTC))

        assert decision.verdict is Verdict.REJECT
        assert decision.reason_codes == ("X_WINDOW_EXPIRED",)
        assert "last day 2026-03-30; asked 2026-03-31, after it" in decision.explanation

    def test_the_window_ends_where_the_goods_were_delivered(self) -> None:
        """The same moment is in time in Los Angeles and too late in Tokyo."""
        moment = datetime(2026, 3, 30, 22, 0, tzinfo=UTC)

        west = evaluate(facts(at=moment, time_zone="America/Los_Angeles"), policy())
        east = evaluate(facts(at=moment, time_zone="Asia/Tokyo"), policy())

        assert (west.verdict, east.verdict) == (Verdict.APPROVE, Verdict.REJECT)

    def test_the_last_parcel_starts_the_window(self) -> None:
        """A line that came in two parcels may come back as long as its later one."""
        early = Parcel("p1", 1, DELIVERED - timedelta(days=12), DELIVERED - timedelta(days=10))
        late = Parcel("p2", 2, DELIVERED - timedelta(days=3), DELIVERED)

        decision = decide(order_line(parcels=(early, late)))

        assert str(decision.window_end) == "2026-03-30"

    def test_a_window_that_starts_on_the_day_itself_ends_a_day_earlier(self) -> None:
        """A pack that counts the delivery day as day one is followed."""
        data = pack()
        data["rules"][0]["window"]["start"] = "SAME_DAY"  # type: ignore[index]  # plain JSON

        decision = evaluate(facts(), parse_policy(data))

        assert str(decision.window_end) == "2026-03-29"


class TestExclusions:
    def test_edge_10_final_sale_is_not_returned_for_no_reason(self) -> None:
        """What was sold as final stays sold when nothing is wrong with it."""
        decision = decide(order_line(final_sale=True))

        assert decision.reason_codes == ("X_EXCLUDED_FINAL_SALE",)

    def test_edge_10_final_sale_can_be_defective(self) -> None:
        """A defect is looked at by a person, final sale or not."""
        asked = facts(order_line(final_sale=True), ground=Ground.NON_CONFORMITY)

        assert evaluate(asked, policy()).verdict is Verdict.MANUAL_REVIEW

    def test_every_excluded_trait_is_named(self) -> None:
        """A perishable made to measure is refused for both."""
        decision = decide(order_line(traits=("PERISHABLE", "CUSTOM_MADE", "BLUE")))

        assert decision.reason_codes == ("X_EXCLUDED_PERISHABLE", "X_EXCLUDED_CUSTOM_MADE")
        assert decision.rule_id == "STD-WITHDRAWAL-30"

    def test_other_traits_change_nothing(self) -> None:
        """A blue shoe is a shoe."""
        assert decide(order_line(traits=("BLUE",))).verdict is Verdict.APPROVE


class TestUnclearCases:
    def test_a_contract_before_the_policy_goes_to_a_person(self) -> None:
        """An old purchase is not refused because no pack governs it."""
        old = facts(contract_at=datetime(2023, 12, 31, 12, tzinfo=UTC))

        decision = evaluate(old, policy())

        assert decision.verdict is Verdict.MANUAL_REVIEW
        assert decision.reason_codes == ("M_PACK_MISSING",)

    def test_the_first_governed_day_is_local(self) -> None:
        """A contract at 23:30 UTC on 31 December is of 1 January in Berlin."""
        new_year = facts(contract_at=datetime(2023, 12, 31, 23, 30, tzinfo=UTC))

        assert evaluate(new_year, policy()).verdict is Verdict.APPROVE

    def test_a_policy_ends_before_its_last_date(self) -> None:
        """A contract on the day a policy ends is not governed by it any more."""
        ending = replace(policy(), governs_to=(DELIVERED - timedelta(days=5)).date())

        assert evaluate(facts(), ending).reason_codes == ("M_PACK_MISSING",)

    def test_a_ground_without_a_rule_goes_to_a_person(self) -> None:
        """The standard pack says nothing of warranties."""
        decision = evaluate(facts(ground=Ground.WARRANTY), policy())

        assert decision.verdict is Verdict.MANUAL_REVIEW
        assert decision.reason_codes == ("M_NO_RULE",)

    def test_a_remedy_that_the_rule_does_not_give_is_an_alternative(self) -> None:
        """An exchange that a rule does not offer goes to a person with what it offers."""
        data = pack()
        data["rules"][0]["remedies"] = ["REFUND"]  # type: ignore[index]  # plain JSON

        decision = evaluate(facts(resolution=Resolution.EXCHANGE), parse_policy(data))

        assert decision.verdict is Verdict.APPROVE_ALTERNATIVE
        assert decision.remedies == (Remedy.REFUND,)


class TestDecision:
    def test_names_rule_source_and_terms(self) -> None:
        """A grant says by which rule, from which source, who pays the way and until when."""
        decision = decide()

        assert decision.policy_ref == "STANDARD@2024-01-01"
        assert decision.rule_id == "STD-WITHDRAWAL-30"
        assert [source.key for source in decision.sources] == ["STD-TERMS", "EU-CRD"]
        assert decision.reason_codes == (
            "R_PROMISE_APPLIES",
            "T_OUTBOUND_STANDARD_REFUNDED",
            "T_RETURN_SHIPPING_TRADER",
        )
        assert decision.terms is not None
        assert decision.terms.refund_due_days == 14

    def test_is_the_same_byte_for_byte(self) -> None:
        """The same facts under the same policy decide alike."""
        assert repr(decide()).encode() == repr(decide()).encode()

    def test_hashes_what_it_was_decided_on(self) -> None:
        """Other facts are seen in the hash; the pack's hash is the pack's."""
        assert decide().facts_hash != decide(order_line(final_sale=True)).facts_hash
        assert decide().content_hash == content_hash(pack())

    def test_a_business_is_treated_as_the_promise_says(self) -> None:
        """The standard promise is made to businesses as to consumers."""
        business, consumer = facts(buyer_type="BUSINESS"), facts()

        assert evaluate(business, policy()).rule_id == evaluate(consumer, policy()).rule_id


class TestWholeReturn:
    def test_every_line_stands_for_itself(self) -> None:
        """A hat from final sale is denied, the shoes beside it are granted."""
        bought = order(order_line(), order_line("hat", final_sale=True))

        ret = decided(RequestedLine("shoes", 1), RequestedLine("hat", 1), of=bought)

        assert ret.authorization is AuthorizationState.PARTIALLY_APPROVED

    def test_one_line_for_a_person_holds_the_whole_return(self) -> None:
        """Nothing is granted before the reviewer has seen all of it."""
        ret = decided(RequestedLine("shoes", 1, reason="DEFECTIVE"), ground=Ground.NON_CONFORMITY)

        assert ret.authorization is AuthorizationState.IN_REVIEW
        assert allowed_commands(ret)[:3] == ("approve", "deny", "ask-info")

    def test_nothing_to_grant_is_a_denial(self) -> None:
        """A return of final sale alone is denied."""
        ret = decided(of=order(order_line(final_sale=True)))

        assert ret.authorization is AuthorizationState.DENIED
        assert ret.deliveries == ()


@pytest.mark.parametrize(
    ("line", "asked", "code", "field"),
    [
        (order_line(), RequestedLine("boots", 1), "line_not_found", "lines[0].line_id"),
        (order_line(parcels=()), RequestedLine("shoes", 1), "use_cancellation", "lines[0].line_id"),
        (order_line(), RequestedLine("shoes", 4), "units_not_available", "lines[0].quantity"),
        (
            order_line(delivered_at=None),
            RequestedLine("shoes", 1),
            "use_cancellation",
            "lines[0].line_id",
        ),
    ],
)
def test_what_cannot_come_back_is_refused(
    line: OrderLine, asked: RequestedLine, code: str, field: str
) -> None:
    """An unknown line, goods not sent or not delivered, or too many are refused with the field."""
    with pytest.raises(RefusedError) as refused:
        decide_lines(request(asked), order(line), policy(), at=NOW)

    assert (refused.value.code, refused.value.field) == (code, field)


def test_goods_that_never_came_are_no_matter_of_the_law_either() -> None:
    """The Union's days begin with the last parcel: while one is under way, none has begun."""
    bought, silent = order(order_line(delivered_at=None)), replace(policy(), rules=())
    law = shipped().governing("EU-DE", bought.contract_at)

    with pytest.raises(RefusedError) as refused:
        decide_lines(request(RequestedLine("shoes", 1)), bought, silent, law, at=NOW)

    assert refused.value.code == "use_cancellation"


def test_an_exchange_is_decided_like_a_refund() -> None:
    """The preview of an exchange is granted under the same rule."""
    (decision,) = decide_lines(request(exchange()), order(), policy(), at=NOW)

    assert decision.verdict is Verdict.APPROVE
