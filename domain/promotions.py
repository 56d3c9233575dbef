"""Promotions whose condition a partial return breaks: what of their discounts no longer holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.money import half_up, share_of_units
from domain.orders import Order, PromotionKind, PromotionLine

Units = tuple[tuple[str, tuple[int, ...]], ...]
"""Unit numbers (0-based) by line."""


@dataclass(frozen=True, slots=True)
class PromotedLine:
    """One line of a promotion, frozen at request time: minor units for all ``quantity`` units.

    ``net_minor`` and ``tax_minor`` are what was paid for it; ``discount_minor`` is the promotion's.
    """

    line_id: str
    quantity: int
    gross_minor: int
    net_minor: int
    tax_minor: int
    discount_minor: int
    bundle_quantity: int


@dataclass(frozen=True, slots=True)
class PromotionBasis:
    """A promotion of the order with all its lines, also those that are not returned."""

    promotion_id: str
    kind: PromotionKind
    threshold_minor: int
    lines: tuple[PromotedLine, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What earlier settlements of an order came to, of whichever return.

    ``units`` were paid back; ``clawback_minor`` is kept back of promotions so far.
    """

    units: Units = ()
    clawback_minor: int = 0

    def with_units(self, more: Units) -> "Standing":
        """Return the standing with more units paid back, in one canonical order."""
        by_line: dict[str, tuple[int, ...]] = {}
        for line_id, numbers in (*self.units, *more):
            by_line[line_id] = (*by_line.get(line_id, ()), *numbers)
        units = tuple((line_id, tuple(sorted(by_line[line_id]))) for line_id in sorted(by_line))
        return Standing(units, self.clawback_minor)


def freeze_promotions(order: Order) -> tuple[PromotionBasis, ...]:
    return tuple(
        PromotionBasis(
            promotion.promotion_id,
            promotion.kind,
            promotion.threshold_minor,
            tuple(_promoted(order, line) for line in promotion.lines),
        )
        for promotion in order.promotions
    )


def _promoted(order: Order, promoted: PromotionLine) -> PromotedLine:
    line = order.line(promoted.line_id)
    return PromotedLine(
        line_id=line.line_id,
        quantity=line.quantity,
        gross_minor=line.gross_minor,
        net_minor=line.gross_minor - line.discount_minor,
        tax_minor=sum(tax.amount_minor for tax in line.taxes),
        discount_minor=promoted.discount_minor,
        bundle_quantity=promoted.bundle_quantity,
    )


def discount_lost(promotions: Sequence[PromotionBasis], returned: Units) -> int:
    """Return what the customer has of discounts that no longer hold once ``returned`` is back.

    Minor units with the tax at each kept line's own rate, rounded half up per line. Never more than
    the promotions gave, and nothing once everything came back: then no discount is left to hold.
    """
    back = dict(returned)
    return sum(_lost(promotion, back) for promotion in promotions)


def _lost(promotion: PromotionBasis, returned: Mapping[str, tuple[int, ...]]) -> int:
    kept = {
        line.line_id: [
            unit for unit in range(line.quantity) if unit not in returned.get(line.line_id, ())
        ]
        for line in promotion.lines
    }
    holds = _part_that_holds(promotion, kept)
    total = 0
    for line in promotion.lines:
        mine = share_of_units(line.discount_minor, kept[line.line_id], of_units=line.quantity)
        off = max(mine - half_up(holds * line.discount_minor), 0)
        # Of a line that cost nothing no tax was paid, so its rate is not known.
        tax = half_up(Fraction(off * line.tax_minor, line.net_minor)) if line.net_minor else 0
        total += off + tax
    return total


def _part_that_holds(promotion: PromotionBasis, kept: Mapping[str, Sequence[int]]) -> Fraction:
    if promotion.kind is PromotionKind.THRESHOLD:
        price = sum(
            share_of_units(line.gross_minor, kept[line.line_id], of_units=line.quantity)
            for line in promotion.lines
        )
        return Fraction(price >= promotion.threshold_minor)
    bought = min(line.quantity // line.bundle_quantity for line in promotion.lines)
    whole = min(len(kept[line.line_id]) // line.bundle_quantity for line in promotion.lines)
    return Fraction(whole, bought)
