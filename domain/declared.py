"""What a merchant declares of his shop once, where an order's own facts say nothing of it."""

from dataclasses import dataclass, fields, replace
from typing import Any

from domain.law.facts import Disclosures, Seller
from domain.pack_reading import At


@dataclass(frozen=True, slots=True)
class Declared:
    """``told`` is what every buyer is told at purchase; ``seller`` what the shop does."""

    told: Disclosures
    seller: Seller


_OF_ONE_BUYER = ("exclusion_marked", "exclusion_confirmed", "withdrawal_informed_at")

AS_USUAL = Declared(
    told=Disclosures(
        withdrawal_right_informed=True,
        return_cost_informed=True,
        return_terms_in_ad=False,
        return_terms_on_final_screen=False,
        refund_policy_posted=True,
    ),
    seller=Seller(),
)
"""Buyers are told of their right and of the cost of sending back; a refund policy is posted."""


def read_declared(pack: At) -> Declared:
    """Read a pack's ``declares``; what is left out is as usual.

    Raises:
        PolicyError: something is no flag, or nobody knows its name.
    """
    told = [field.name for field in fields(Disclosures) if field.name not in _OF_ONE_BUYER]
    does = ["offers_collection"]
    pack.only(*told, *does)
    flags: dict[str, Any] = {name: pack.flag(name) for name in pack.data}
    return Declared(
        replace(AS_USUAL.told, **{name: flags[name] for name in told if name in flags}),
        replace(AS_USUAL.seller, **{name: flags[name] for name in does if name in flags}),
    )


def told_to(buyer: Disclosures, declared: Declared) -> Disclosures:
    """Return what the buyer of one order was told: the order's facts, else what is declared."""
    known = {
        field.name: value
        for field in fields(Disclosures)
        if (value := getattr(buyer, field.name)) is not None
    }
    return replace(declared.told, **known)
