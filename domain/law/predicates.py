"""The closed list of what a rule may ask of the facts: no code in a pack, only these names."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from domain.law.facts import LineFacts, MissingFactError, known


class When(StrEnum):
    RIGHT_NOT_INFORMED = "RIGHT_NOT_INFORMED"
    RETURN_COST_NOT_INFORMED = "RETURN_COST_NOT_INFORMED"
    COLLECTION_OFFERED = "COLLECTION_OFFERED"
    POLICY_NOT_POSTED = "POLICY_NOT_POSTED"
    SPECIAL_TERMS_SHOWN = "SPECIAL_TERMS_SHOWN"
    SPECIAL_TERMS_SHOWN_ONCE = "SPECIAL_TERMS_SHOWN_ONCE"
    DEDUCTS_LOST_FREE_SHIPPING = "DEDUCTS_LOST_FREE_SHIPPING"
    THREE_GUARANTEE_GOODS = "THREE_GUARANTEE_GOODS"
    OTHER_GOODS = "OTHER_GOODS"
    PERISHABLE = "PERISHABLE"
    REPAIRED = "REPAIRED"
    ONE_FAILED_REPAIR = "ONE_FAILED_REPAIR"
    TWO_FAILED_REPAIRS = "TWO_FAILED_REPAIRS"
    SAME_MODEL_IN_STOCK = "SAME_MODEL_IN_STOCK"


def _shown_twice(facts: LineFacts) -> bool:
    """Say whether terms stood in both places; one that is known to lack them decides alone."""
    ad, screen = _places(facts)
    if ad is False or screen is False:
        return False
    known(ad, "disclosures.return_terms_in_ad")
    return known(screen, "disclosures.return_terms_on_final_screen")


def _places(facts: LineFacts) -> tuple[bool | None, bool | None]:
    told = facts.disclosures
    return told.return_terms_in_ad, told.return_terms_on_final_screen


_HOLDS: Mapping[When, Callable[[LineFacts], bool]] = {
    When.RIGHT_NOT_INFORMED: lambda f: (
        not known(f.disclosures.withdrawal_right_informed, "disclosures.withdrawal_right_informed")
    ),
    When.RETURN_COST_NOT_INFORMED: lambda f: (
        not known(f.disclosures.return_cost_informed, "disclosures.return_cost_informed")
    ),
    When.COLLECTION_OFFERED: lambda f: f.seller.offers_collection,
    When.POLICY_NOT_POSTED: lambda f: (
        not known(f.disclosures.refund_policy_posted, "disclosures.refund_policy_posted")
    ),
    When.SPECIAL_TERMS_SHOWN: _shown_twice,
    When.SPECIAL_TERMS_SHOWN_ONCE: lambda f: set(_places(f)) == {True, False},
    When.DEDUCTS_LOST_FREE_SHIPPING: lambda f: f.seller.deducts_lost_free_shipping,
    When.THREE_GUARANTEE_GOODS: lambda f: f.sanbao is not None,
    When.OTHER_GOODS: lambda f: f.sanbao is None,
    When.PERISHABLE: lambda f: "PERISHABLE" in f.traits,
    When.REPAIRED: lambda f: f.history.failed_repairs > 0 or f.history.repair_days > 0,
    When.ONE_FAILED_REPAIR: lambda f: f.history.failed_repairs >= 1,
    When.TWO_FAILED_REPAIRS: lambda f: f.history.failed_repairs >= 2,
    When.SAME_MODEL_IN_STOCK: lambda f: known(
        f.seller.same_model_in_stock, "seller.same_model_in_stock"
    ),
}


def holds(when: When, facts: LineFacts) -> bool:
    """Say whether a predicate is true of these facts.

    Raises:
        MissingFactError: it needs a fact that nobody stated.
    """
    return _HOLDS[when](facts)


__all__ = ["MissingFactError", "When", "holds"]
