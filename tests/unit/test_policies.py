"""A pack is read whole or not at all, and the error says where it is wrong."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from domain.fees import NO_FEES
from domain.pack_reading import PolicyError
from domain.parcel_terms import Settle
from domain.policies import TENDER_ORDER
from domain.policy_reading import parse_policy
from tests.support.builders import pack, policy


def test_the_standard_pack_is_sound() -> None:
    """The pack that is shipped has two rules and a treatment for every grade."""
    standard = policy()

    assert standard.ref == "STANDARD@2024-01-01"
    assert [rule.rule_id for rule in standard.rules] == [
        "STD-WITHDRAWAL-30",
        "STD-NON-CONFORMITY-730",
    ]
    assert standard.source("EU-CRD#9,13").url.endswith("2011/83")


def test_the_same_pack_has_the_same_hash() -> None:
    """A pack is known by its content, whatever the order of its keys."""
    turned = dict(reversed(pack().items()))

    assert parse_policy(turned).content_hash == policy().content_hash


def test_scaled_handling_leaves_promises_alone() -> None:
    """A demo a thousand times faster shortens our waits and no refund's due date."""
    standard = policy()

    scaled = standard.handling.scaled(1000)

    assert scaled.review == timedelta(hours=24) / 1000
    assert scaled.dispute == timedelta(hours=336) / 1000
    assert not hasattr(scaled, "refund_due_days")


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for name in path[:-1]:
            data = data[name]
        data[path[-1]] = to

    return change


def _drop(*path: str | int) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for name in path[:-1]:
            data = data[name]
        del data[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_drop("id"), "id: is missing"),
        (_set("version", to=7), "version: wanted a text"),
        (_set("governs", to=[]), "governs: wanted an object"),
        (_set("governs", "by", to="MOOD"), "governs.by: wanted CONTRACT_DATE"),
        (_set("governs", "from", to="soon"), "governs.from: wanted a date"),
        (_set("governs", "to", to="never"), "governs.to: wanted a date"),
        (_set("rules", to={}), "rules: wanted a list"),
        (_set("rules", 1, to="x"), "rules[1]: wanted an object"),
        (_drop("rules", 1, "id"), "rules[1].id: is missing"),
        (_set("rules", 0, "ground", to="MOOD"), "rules[0].ground: wanted one of WITHDRAWAL"),
        (_set("rules", 0, "window", "days", to=-1), "rules[0].window.days: wanted a whole number"),
        (_set("rules", 0, "window", "days", to=True), "rules[0].window.days: wanted a whole"),
        (_set("rules", 0, "window", "anchor", to="PAID"), "rules[0].window.anchor: wanted DELIV"),
        (_set("rules", 0, "remedies", to=["CAKE"]), "rules[0].remedies[0]: wanted one of REFUND"),
        (_set("rules", 0, "exclusions", to=[1]), "rules[0].exclusions: wanted a list of texts"),
        (_set("rules", 0, "review", to="false"), "rules[0].review: wanted true or false"),
        (_set("rules", 0, "refund", "due_days", to=10**12), "rules[0].refund.due_days: wanted 0"),
        (_set("handling_hours", "parked", to=10**12), "handling_hours.parked: wanted 0 to 87600"),
        (_set("delivered_after_days", to=10**12), "delivered_after_days: wanted 0 to 3650"),
        (_set("rules", 0, "layer", to="SHOP"), "rules.STD-WITHDRAWAL-30.layer: wanted one of LAW"),
        (_set("rules", 0, "sources", to=["X#1"]), "rules.STD-WITHDRAWAL-30.sources: unknown"),
        (_set("rules", 0, "refund", "scope", to=["TAX"]), "rules.STD-WITHDRAWAL-30.refund.scope"),
        (
            _set("rules", 0, "refund", "scope", to=["PRICE", "TIP"]),
            "rules.STD-WITHDRAWAL-30.refund.scope",
        ),
        (_drop("conditions", 0), "conditions: wanted each grade once"),
        (_set("conditions", 0, "grade", to="Z"), "conditions[0].grade: wanted one of A, B"),
        (_set("conditions", 2, "deduction_percent", to=101), "conditions.C.deduction_percent"),
        (_set("conditions", 0, "deduction_percent", to=1), "conditions.A.deduction_percent"),
        (_set("faults_without_deduction", to=["FATE"]), "faults_without_deduction[0]: wanted one"),
        (_drop("handling_hours", "review"), "handling_hours.review: is missing"),
        (_set("handling_hours", "nap", to=1), "handling_hours.nap: wanted one of review"),
        (_set("handling_hours", "review", to="1"), "handling_hours.review: wanted a whole number"),
        (_set("review_default", to="MAYBE"), "review_default: wanted APPROVE or DENY"),
        (_drop("pickup_attempts"), "pickup_attempts: is missing"),
        (_set("pickup_attempts", to="2"), "pickup_attempts: wanted a whole number"),
        (_set("pickup_attempts", to=0), "pickup_attempts: wanted 1 to 5"),
        (_set("pickup_attempts", to=6), "pickup_attempts: wanted 1 to 5"),
        (_drop("sources", 0, "url"), "sources[0].url: is missing"),
        (
            _set("rules", 0, "return_shipping_payer", to="CUSTOMER"),
            "rules.STD-WITHDRAWAL-30.return_shipping_payer: wanted one of CONSUMER",
        ),
        (_set("keep_item_up_to", to={"EUR": "5"}), "keep_item_up_to.EUR: wanted a whole number"),
        (_set("review_limits", to=[]), "review_limits: wanted an object"),
        (_set("review_limits", to={"king": {}}), "review_limits.king: wanted one of reviewer"),
        (
            _set("review_limits", to={"reviewer": {"EUR": -1}}),
            "review_limits.reviewer.EUR: wanted a whole number",
        ),
        (_set("offer_default", to="approve"), "offer_default: wanted deny or review"),
        (_set("handling_hours", "counter_offer", to=0), "handling_hours.counter_offer: wanted 1"),
        (_set("review_warnings", to=50), "review_warnings: wanted a list of percents"),
        (_set("review_warnings", to=["x"]), "review_warnings[0]: wanted a whole number"),
        (_set("review_warnings", to=[100]), "review_warnings: wanted percents of 1 to 99"),
        (_set("review_warnings", to=[80, 50]), "review_warnings: wanted percents of 1 to 99"),
        (_set("info_rounds", to=11), "info_rounds: wanted 0 to 10"),
        (_set("info_default", to="shrug"), "info_default: wanted one of deny, approve, review"),
        (_set("handling_hours", "info_answer", to=0), "handling_hours.info_answer: wanted 1"),
        (_set("label_valid_days", to=0), "label_valid_days: wanted 1 to 365"),
        (_set("label_valid_days", to=366), "label_valid_days: wanted 1 to 365"),
        (_set("label_valid_days", to="x"), "label_valid_days: wanted a whole number"),
        (_set("keep_item_up_to", to=500), "keep_item_up_to: wanted an object"),
        (_set("promotion_clawback", to="yes"), "promotion_clawback: wanted true or false"),
        (_set("uneven_exchange", to=1), "uneven_exchange: wanted true or false"),
        (_set("tender_order", to="CARD"), "tender_order: wanted a list of lists"),
        (_set("tender_order", to=[["CARD", "CASH"]]), "tender_order[0][1]: wanted one of CARD"),
        (_set("tender_order", to=[["CARD", "WALLET"]]), "tender_order: wanted each of CARD"),
        (_set("fees", to=[]), "fees: wanted an object"),
        (_set("refund_gate_minor", to={"EUX": 1}), "refund_gate_minor.EUX: wanted a currency"),
        (_set("refund_gate_minor", to={"EUR": -1}), "refund_gate_minor.EUR: "),
    ],
)
def test_a_bad_pack_names_the_path(change: Callable[[Any], None], path: str) -> None:
    """Whoever writes a pack reads at once what is wrong where."""
    data = pack()
    change(data)

    with pytest.raises(PolicyError) as refused:
        parse_policy(data)

    assert str(refused.value).startswith(path)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (_drop("taxable"), "fees.taxable: is missing"),
        (_drop("excused_grounds"), "fees.excused_grounds: is missing"),
        (_set("excused_faults", to=["FATE"]), "fees.excused_faults[0]: wanted one of NONE"),
        (_set("restoking", to={}), "fees.restoking: wanted one of restocking"),
        (_set("restocking", to={"percent": 101}), "fees.restocking.percent: wanted 0 to 100"),
        (_set("restocking", to={"per_item": 1}), "fees.restocking.per_item: wanted one of percent"),
        (
            _set("restocking", to={"per_unit_minor": {"EURO": 1}}),
            "fees.restocking.per_unit_minor.EURO: wanted a currency",
        ),
        (
            _set("handling", to={"per_return_minor": {"EUR": -1}}),
            "fees.handling.per_return_minor.EUR: wanted a whole number",
        ),
        (_set("return_shipping", to={"per": "LOT"}), "fees.return_shipping.amount_minor: is miss"),
        (
            _set("return_shipping", to={"per": "LOT", "amount_minor": {}}),
            "fees.return_shipping.per: wanted one of RETURN, PARCEL",
        ),
    ],
)
def test_a_bad_fee_names_the_path(change: Callable[[Any], None], path: str) -> None:
    """A fee that nobody reads would be a fee that nobody takes."""
    fees: dict[str, object] = {"taxable": True, "excused_grounds": [], "excused_faults": []}
    change(fees)

    with pytest.raises(PolicyError) as refused:
        parse_policy({**pack(), "fees": fees})

    assert str(refused.value).startswith(path)


def test_a_pack_without_fees_takes_none() -> None:
    """Fees, clawback and tender order may be left out; the shipped pack has no fee."""
    standard = policy()

    assert standard.fees == NO_FEES
    assert not standard.promotion_clawback
    assert standard.uneven_exchange
    assert standard.tender_order == TENDER_ORDER


def test_a_gate_is_of_its_currency() -> None:
    """A pack names the amount per currency; in one that it does not name there is no gate."""
    gated = parse_policy({**pack(), "refund_gate_minor": {"EUR": 50_000}})

    assert [gated.refund_gate(currency) for currency in ("EUR", "JPY")] == [50_000, None]
    assert parse_policy(pack()).refund_gate("EUR") is None


def test_a_pack_without_promises_may_wait_for_the_rest_of_a_return() -> None:
    """No date of its own is missed by that."""
    terms = parse_policy({**pack(), "rules": [], "settle": "when_complete"}).parcels

    assert terms.settle is Settle.WHEN_COMPLETE
