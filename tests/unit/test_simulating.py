"""A policy tried on returns that were decided: what it would have said, and what it would cost."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain import simulating
from domain.eligibility import Facts, evaluate
from domain.fees import Fees, Flat
from domain.law.governing import GoverningLaw
from domain.opening import asked_facts, open_return
from domain.policies import Policy
from domain.policy_reading import parse_policy
from domain.reasons import Ground
from domain.requests import RequestedLine, Resolution
from domain.settlement import freeze_basis, settle
from domain.simulating import EXAMPLES, Recorded, Simulation
from packs.library import shipped
from tests.support.builders import NOW, RETURN_ID, order, order_line, pack, policy, request


def record(
    name: str = "RMA-1",
    *lines: RequestedLine,
    known: bool = True,
    ground: Ground = Ground.WITHDRAWAL,
    currency: str = "EUR",
    shipping: int = 0,
    **of_line: Any,
) -> list[Recorded]:
    """What the standard policy decided on a return; of one pair of shoes unless stated."""
    wanted = lines or (RequestedLine("shoes", 1),)
    lines_bought = (order_line(line.line_id, **of_line) for line in wanted)
    bought = order(*lines_bought, shipping=shipping)
    return [
        Recorded(
            return_id=name,
            rma_no=name,
            quantity=asked.quantity,
            currency=currency,
            facts=facts,
            decision=evaluate(facts, policy()),
            policy=held,
            basis=freeze_basis(bought)[asked.line_id],
        )
        for asked, facts in zip(
            wanted,
            asked_facts(request(*wanted, ground=ground), bought, policy(), at=NOW),
            strict=True,
        )
        for held in (policy() if known else None,)
    ]


def ruled(change: Callable[[Any], object]) -> Policy:
    data = copy.deepcopy(pack())
    change(data)
    return parse_policy(data)


def window(days: int) -> Policy:
    return ruled(lambda data: data["rules"][0]["window"].update(days=days))


def simulate(recorded: Sequence[Recorded], draft: Policy) -> Simulation:
    """Try a draft on contracts of no law: the merchant's rules alone decide."""
    return simulating.simulate(recorded, draft, lambda _: None)


def test_settings_that_no_record_can_try_are_named() -> None:
    """A draft that declares something else changes no line of a record, and that is said."""
    draft = ruled(lambda data: data.update(declares={"refund_policy_posted": False}))

    assert simulate(record(), draft).untried == ("declares",)
    assert simulate(record(), window(14)).untried == ()


def test_every_setting_is_tried_or_named_or_moves_no_money() -> None:
    """A new one has to be thought of here."""
    tried = {"rules", "fees", "places"}
    named = {"pack_id", "version", "governs_from", "governs_to", "content_hash", "sources"}
    when_and_by_whom = {
        *("handling", "review_default", "review", "pickup_attempts", "label_valid_days"),
        *("customs_papers", "approval_above", "refund_gate_minor", "release", "parcels"),
        *("tender_order", "fallback_tenders", "credit_shortfall"),
    }

    known = tried | named | when_and_by_whom | {*simulating._UNTRIED} - {"fees.missed_visit"}
    assert {field.name for field in fields(Policy)} == known


def test_the_law_of_a_contract_stays_above_the_draft() -> None:
    """Fourteen days are Germany's own, whatever the shop would give."""
    (one,) = record()
    german = replace(one, facts=replace(one.facts, place="EU-DE"))

    def law_of(facts: Facts) -> GoverningLaw | None:
        return shipped().law_of(facts.place, facts.contract_at)

    by_law = simulating.simulate([german], window(0), law_of)

    assert by_law.verdicts == (("APPROVE", "APPROVE", 1),)
    assert simulate([german], window(0)).verdicts == (("APPROVE", "REJECT", 1),)


def test_the_same_policy_changes_nothing() -> None:
    """Every line stays what it is, and so does the money."""
    recorded = [*record("RMA-1"), *record("RMA-2", RequestedLine("shoes", 2))]

    found = simulate(recorded, policy())

    assert (found.returns, found.lines, found.changed, found.examples) == (2, 2, 0, ())
    assert found.verdicts == (("APPROVE", "APPROVE", 2),)
    # 10.00 and 1.90 of tax for each pair.
    assert found.money == (("EUR", 3570, 3570),)


def test_a_shorter_window_refuses_what_was_granted() -> None:
    """The example says what was and would be; that the other's last day is another counts too."""
    recorded = [
        *record("RMA-1"),
        *record("RMA-2", delivered_at=NOW - timedelta(days=20)),
    ]

    found = simulate(recorded, window(14))

    example = found.examples[0]
    assert found.verdicts == (("APPROVE", "APPROVE", 1), ("APPROVE", "REJECT", 1))
    assert found.money == (("EUR", 2380, 1190),)
    assert (found.changed, example.recorded.rma_no) == (2, "RMA-2")
    assert "R_PROMISE_APPLIES" in example.recorded.decision.reason_codes
    assert example.after.reason_codes == ("X_WINDOW_EXPIRED",)
    assert (example.before_minor, example.after_minor) == (1190, 0)


def test_a_fee_changes_money_and_no_verdict() -> None:
    """A fee of the whole return is taken once of all its lines."""
    lines = RequestedLine("shoes", 1), RequestedLine("boots", 1)
    dear = replace(policy(), fees=Fees(restocking_per_return=Flat((("EUR", 300),))))

    found = simulate(record("RMA-1", *lines), dear)

    assert found.verdicts == (("APPROVE", "APPROVE", 2),)
    assert found.money == (("EUR", 2380, 2080),)
    assert found.changed == 1


def test_dates_of_the_draft_are_not_looked_at() -> None:
    """It would govern contracts to come; the question is what it would have said of these."""
    later = replace(policy(), governs_from=NOW.date() + timedelta(days=100), version="2")

    assert simulate(record(), later).changed == 0


def test_what_a_person_has_to_decide_is_owed_by_nobody_yet() -> None:
    """A complaint goes to review under both, so no money is counted."""
    found = simulate(record(ground=Ground.NON_CONFORMITY), policy())

    assert found.verdicts == (("MANUAL_REVIEW", "MANUAL_REVIEW", 1),)
    assert found.money == (("EUR", 0, 0),)


def test_an_exchange_is_owed_no_money() -> None:
    """Its goods go out instead."""
    found = simulate(record("RMA-1", RequestedLine("shoes", 1, Resolution.EXCHANGE)), policy())

    assert found.money == (("EUR", 0, 0),)


def test_money_is_what_a_settlement_would_pay() -> None:
    """To the cent, and with the share of the freight."""
    lines = RequestedLine("shoes", 1), RequestedLine("boots", 2)
    recorded = record("RMA-1", *lines, shipping=491, taxes=(571,), gross=2999)
    bought = order(*(order_line(x.line_id, taxes=(571,), gross=2999) for x in lines), shipping=491)
    wanted = request(*lines)
    ret = open_return(
        tenant_id="t",
        return_id=RETURN_ID,
        rma_no="RMA-1",
        request=wanted,
        request_hash="",
        order=bought,
        policy=policy(),
        decisions=[line.decision for line in recorded],
        units={"shoes": (0,), "boots": (0, 1)},
        at=NOW,
    )
    paid = settle(ret, [replace(lot, receipt_id="R-1") for lot in ret.lots])

    found = simulate(recorded, policy())

    total = sum(row.refund_minor for row in paid)
    assert sum(row.shipping_minor for row in paid) > 0
    assert found.money == (("EUR", total, total),)


def test_currencies_are_summed_apart() -> None:
    """An amount of one says nothing of another."""
    found = simulate([*record("RMA-1"), *record("RMA-2", currency="USD")], window(0))

    assert found.money == (("EUR", 1190, 0), ("USD", 1190, 0))


def test_money_of_a_policy_that_is_gone_is_said_to_be_missing() -> None:
    """Its verdicts are compared all the same."""
    found = simulate([*record("RMA-1", known=False), *record("RMA-2")], window(0))

    assert found.verdicts == (("APPROVE", "REJECT", 2),)
    assert found.money == (("EUR", 1190, 0),)
    assert found.without_money == 1


def test_other_verdicts_are_shown_before_other_money() -> None:
    """Five examples at most, in the order of the records."""
    recorded = [
        line
        for number in range(8)
        for line in record(f"RMA-{number}", delivered_at=NOW - timedelta(days=20 * (number % 2)))
    ]
    draft = replace(window(14), fees=Fees(handling=Flat((("EUR", 100),))))

    found = simulate(recorded, draft)

    assert found.changed == 8
    assert [line.recorded.rma_no for line in found.examples] == [
        "RMA-1",
        "RMA-3",
        "RMA-5",
        "RMA-7",
        "RMA-0",
    ]
    assert len(found.examples) == EXAMPLES


@given(
    days=st.lists(st.integers(min_value=0, max_value=60), min_size=1, max_size=6),
    shorter=st.integers(min_value=0, max_value=30),
)
def test_a_longer_window_never_takes_a_grant_away(days: list[int], shorter: int) -> None:
    """Whatever the shorter one grants the longer one does, and owes at least as much."""
    recorded = [
        replace(line, decision=evaluate(line.facts, window(shorter)), policy=window(shorter))
        for number, age in enumerate(days)
        for line in record(f"RMA-{number}", delivered_at=NOW - timedelta(days=age))
    ]

    found = simulate(recorded, window(shorter + 15))

    assert sum(lines for *_, lines in found.verdicts) == len(days)
    assert ("APPROVE", "REJECT") not in {pair[:2] for pair in found.verdicts}
    assert all(before <= after for _, before, after in found.money)


def test_nothing_on_record_is_an_empty_answer() -> None:
    """A new tenant has nothing to try a draft on."""
    found = simulate([], policy())

    assert (found.returns, found.lines, found.changed) == (0, 0, 0)
    assert (found.verdicts, found.money, found.examples) == ((), (), ())
