"""Everything that the decision of one line depends on, without personal data."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from domain.reasons import Ground

_Fact = TypeVar("_Fact")


class MissingFactError(ValueError):
    """A rule needs a fact that nobody stated; ``fact`` is its path (policy.md §3.7)."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


def known(value: _Fact | None, fact: str) -> _Fact:
    """Return a stated fact.

    Raises:
        MissingFactError: nobody stated it.
    """
    if value is None:
        raise MissingFactError(fact)
    return value


class ConditionFinding(StrEnum):
    """What an inspection saw (policy.md §3.7)."""

    PACKAGE_OPENED = "PACKAGE_OPENED"
    REASONABLE_TEST = "REASONABLE_TEST"
    DISPOSABLE_SEAL_BROKEN = "DISPOSABLE_SEAL_BROKEN"
    TAG_REMOVED = "TAG_REMOVED"
    STAINED = "STAINED"
    ACTIVATED = "ACTIVATED"
    USED_BEYOND_HANDLING = "USED_BEYOND_HANDLING"


@dataclass(frozen=True, slots=True)
class Disclosures:
    """What the buyer was told at purchase; ``None``: nobody stated it.

    ``withdrawal_informed_at`` is when one who was not told of the right then was told of it later.
    """

    exclusion_marked: bool | None = None
    exclusion_confirmed: bool | None = None
    withdrawal_right_informed: bool | None = None
    return_cost_informed: bool | None = None
    return_terms_in_ad: bool | None = None
    return_terms_on_final_screen: bool | None = None
    refund_policy_posted: bool | None = None
    withdrawal_informed_at: datetime | None = None


NOTHING_TOLD = Disclosures()


@dataclass(frozen=True, slots=True)
class Seller:
    """``offers_collection``: at the seller's own cost."""

    offers_collection: bool = False
    deducts_lost_free_shipping: bool = False
    same_model_in_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class Sanbao:
    """Goods under China's three guarantees: how long, and what a day of use costs.

    ``daily_depreciation`` is a part of the price, a decimal as text (``"0.001"``).
    """

    validity_months: int
    daily_depreciation: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was paid, in minor units of the order's currency.

    ``items_minor`` is the whole order before freight. Freight that was waived has a standard price
    and nothing paid.
    """

    price_minor: int
    items_minor: int
    shipping_paid_minor: int = 0
    shipping_standard_minor: int = 0
    tenders: int = 1
    free_shipping_from_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """An inspection: what it saw, what the use cost, and the prices of gifts that are missing."""

    findings: tuple[ConditionFinding, ...] = ()
    diminished_minor: int = 0
    missing_gifts_minor: int = 0


@dataclass(frozen=True, slots=True)
class ReturnLeg:
    """When sending was proven and when the goods arrived; ``None`` until then."""

    proof_at: datetime | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """``repair_days`` are whole days that the goods were at the repairer's."""

    failed_repairs: int = 0
    repair_days: int = 0


NEVER_REPAIRED = History()


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line's facts. Times are aware; ``agreed_at`` is the moment of the decision.

    ``place`` is the jurisdiction (``EU-DE``, ``US-NY``), ``time_zone`` that whose days count.
    ``anchor_is_estimated``: no delivery was ever told, and the day is counted from the sending.
    ``closed_days`` are the place's public holidays over which a window may roll.
    """

    line_id: str
    place: str
    time_zone: str
    channel: str
    buyer: str
    ground: Ground
    remedy: str
    contract_at: datetime
    requested_at: datetime
    agreed_at: datetime
    amounts: Amounts
    delivered_at: datetime | None = None
    last_delivered_at: datetime | None = None
    installed_at: datetime | None = None
    discovered_at: datetime | None = None
    traits: tuple[str, ...] = ()
    is_final_sale: bool = False
    sanbao: Sanbao | None = None
    disclosures: Disclosures = NOTHING_TOLD
    seller: Seller = Seller()
    leg: ReturnLeg = ReturnLeg()
    seen: Seen | None = None
    history: History = NEVER_REPAIRED
    anchor_is_estimated: bool = False
    abuse_signal: bool = False
    closed_days: tuple[date, ...] = ()

    @property
    def came_at(self) -> datetime | None:
        """Return when the last of the goods came, or were installed, as far as anybody knows."""
        known_of = (self.delivered_at, self.last_delivered_at, self.installed_at)
        return max((at for at in known_of if at is not None), default=None)
