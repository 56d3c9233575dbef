"""A later version of the law rules over an older contract only if it says so and is better."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.eligibility import Decision, evaluate
from domain.law.deciding import Law
from domain.law.schema import Payer, ReturnShipping, Window
from domain.law.verdicts import Verdict
from packs.library import shipped
from packs.trying import facts_of_case
from tests.support.builders import policy
from tests.support.worked_cases import case

CHINESE = case("CN").input
OWN = shipped().governing("CN", CHINESE.order.contract_at)


def later(**changes: Any) -> Law:
    """Return the law of the contract as a later version has it, with another rule of withdrawal."""
    withdrawal = replace(OWN.law.rules[0], **changes)
    return Law("CN-CORE@2030-01-01", "sha256:later", (withdrawal, *OWN.law.rules[1:]))


def days(count: int) -> Window:
    window = OWN.law.rules[0].window
    assert window is not None
    return replace(window, days=count)


def decided(*versions: Law, on: str = "2026-09-10") -> Decision:
    asked = case("CN", request__requested_at=f"{on}T10:00:00").input
    governing = replace(OWN, later=versions)
    return evaluate(facts_of_case(asked, shipped()), replace(policy(), rules=()), governing)


def test_a_longer_right_reaches_who_bought_before_it() -> None:
    """Both results are kept: the one that counts, and the contract's own."""
    found = decided(later(window=days(14)), on="2026-09-18")

    assert (found.verdict, found.policy_ref) == (Verdict.APPROVE, "CN-CORE@2030-01-01")
    assert found.otherwise is not None
    assert found.otherwise.verdict is Verdict.REJECT
    assert found.otherwise.policy_ref == "CN-CORE@2024-07-01"


@pytest.mark.parametrize(
    "changes",
    [
        {"window": days(3)},
        {"window": days(14), "return_shipping": ReturnShipping(Payer.CONSUMER), "refund": None},
        {},
    ],
    ids=["shorter", "longer, and no date for the money", "the same"],
)
def test_what_is_worse_in_anything_changes_nothing(changes: dict[str, Any]) -> None:
    found = decided(later(**changes))

    assert found.policy_ref == "CN-CORE@2024-07-01"
    assert found.otherwise is None


def test_better_terms_of_the_same_grant_count() -> None:
    found = decided(later(return_shipping=ReturnShipping(Payer.TRADER)))

    assert found.terms is not None
    assert found.terms.return_shipping_payer == Payer.TRADER
    assert found.otherwise is not None


def test_no_shipped_version_reaches_back() -> None:
    """None of the laws that are shipped says so of itself."""
    assert OWN.later == ()


def test_a_later_version_fills_no_gap_of_the_shop_s_own() -> None:
    """A contract that no version of the shop's policy governs is a person's all the same."""
    asked = case("CN").input
    governing = replace(OWN, later=(later(window=days(30)),))
    young = replace(policy(), governs_from=asked.order.contract_at.date() + timedelta(days=30))

    found = evaluate(facts_of_case(asked, shipped()), young, governing)

    assert found.reason_codes == ("M_PACK_MISSING",)
