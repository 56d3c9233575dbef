"""What is owed, to the minor unit, and how it goes back to the tenders it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.intents import LotAmount
from domain.money import allocated, half_up, split
from domain.orders import Order, OrderLine
from domain.returns import Lot, Return, ReturnLine, ValueBasis


def freeze_basis(order: Order) -> dict[str, ValueBasis]:
    """Freeze what was paid, per line.

    Shipping is shared over all lines by what they cost, so the shares of the whole order add up to
    what the cheapest way of shipping cost. What was given back elsewhere is no longer there.
    """
    shipping = order.shipping
    refundable = max(min(shipping.paid_minor, shipping.standard_minor) - shipping.refunded_minor, 0)
    shares = split(refundable, [line.paid_minor for line in order.lines])
    return {
        line.line_id: _basis(line, share) for line, share in zip(order.lines, shares, strict=True)
    }


def _basis(line: OrderLine, shipping_share: int) -> ValueBasis:
    """An earlier price adjustment or goodwill lowers price and taxes alike (edge 14)."""
    parts = [line.gross_minor - line.discount_minor, *(tax.amount_minor for tax in line.taxes)]
    off_price, *off_taxes = split(min(line.refunded_minor, line.paid_minor), parts)
    return ValueBasis(
        quantity=line.quantity,
        gross_minor=line.gross_minor,
        discount_minor=line.discount_minor + off_price,
        taxes=tuple(
            replace(tax, amount_minor=tax.amount_minor - off)
            for tax, off in zip(line.taxes, off_taxes, strict=True)
        ),
        shipping_minor=shipping_share,
        weight_grams=line.weight_grams,
    )


def share_of_units(total_minor: int, units: Iterable[int], *, of_units: int) -> int:
    """Return what ``total_minor`` gives to the numbered ``units`` (0-based) of ``of_units``.

    Unit *k* owns ``allocated(k + 1) - allocated(k)``: whichever units come back in whichever order
    and grouping, all of them together give back exactly the total.
    """
    return sum(
        allocated(total_minor, units=unit + 1, of_units=of_units)
        - allocated(total_minor, units=unit, of_units=of_units)
        for unit in units
    )


_WITHOUT_TERMS = ("PRICE", "TAX")


def lot_amount(line: ReturnLine, lot: Lot, *, cover: str = "inspection") -> LotAmount:
    """Compute one lot's refund, in the order of domain.md §5.4.

    Gross, discount, condition deduction, tax on what remains, shipping share. Half up once per
    amount; never below zero.

    Tax lines scale with the part of the net price that is refunded. A deduction never touches the
    shipping share. The scope of the terms leaves out what the policy does not refund; a line that a
    person granted where no rule applies has no terms and gets its price and tax.
    """
    basis, units = line.basis, lot.units
    scope = line.terms.refund_scope if line.terms else _WITHOUT_TERMS

    def share(total_minor: int) -> int:
        return share_of_units(total_minor, units, of_units=basis.quantity)

    # What was paid is shared, and the discount is what lies between: two shares rounded apart could
    # make a unit of a nearly free line cost less than nothing.
    gross, net = share(basis.gross_minor), share(basis.gross_minor - basis.discount_minor)
    deduction = half_up(Fraction(net * lot.deduction_percent, 100))
    left = Fraction(100 - lot.deduction_percent, 100)
    tax = sum(half_up(share(line_tax.amount_minor) * left) for line_tax in basis.taxes)
    tax = tax if "TAX" in scope else 0
    shipping = share(basis.shipping_minor) if "SHIPPING" in scope else 0
    return LotAmount(
        lot_id=lot.lot_id,
        gross_minor=gross,
        discount_minor=gross - net,
        deduction_minor=deduction,
        tax_minor=tax,
        shipping_minor=shipping,
        refund_minor=max(net - deduction + tax + shipping, 0),
        cover=cover,
    )


def settle(ret: Return, lots: Sequence[Lot]) -> tuple[LotAmount, ...]:
    """Compute what ``lots`` are owed. The same function serves the preview and the execution."""
    return tuple(lot_amount(ret.line(lot.line_id), lot) for lot in lots)


@dataclass(frozen=True, slots=True)
class TenderLeft:
    """One tender; ``refunded_minor`` counts what succeeded, is under way or unknown."""

    tender_id: str
    captured_minor: int
    refunded_minor: int


class NothingLeftError(ValueError):
    """More is owed than was captured and not yet given back (invariants 3 and 4)."""


def split_over_tenders(tenders: Sequence[TenderLeft], amount_minor: int) -> tuple[int, ...]:
    """Split a refund over the tenders it was paid with, in proportion to what each captured.

    Cumulative over the order: after any number of refunds each tender has got its share of their
    sum to the minor unit, and a full return gives every tender back exactly what it captured. No
    tender gets more than it has left; what does not fit goes to the others, newest last.

    Raises:
        NothingLeftError: all tenders together have less than ``amount_minor`` left.
    """
    # A chargeback can take more than was left; then nothing is left, and not less.
    left = [max(tender.captured_minor - tender.refunded_minor, 0) for tender in tenders]
    if amount_minor > sum(left):
        raise NothingLeftError(f"{amount_minor} is owed, {sum(left)} is left")
    given_before = sum(tender.refunded_minor for tender in tenders)
    targets = split(given_before + amount_minor, [tender.captured_minor for tender in tenders])
    parts = [
        min(max(target - tender.refunded_minor, 0), room)
        for target, tender, room in zip(targets, tenders, left, strict=True)
    ]
    for index in reversed(range(len(parts))):
        difference = amount_minor - sum(parts)
        parts[index] += min(max(difference, -parts[index]), left[index] - parts[index])
    return tuple(parts)
