"""What is owed for the lots of a return, to the minor unit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.charging import charged
from domain.exchanges import difference_given_back
from domain.gifts import gift_value_owed
from domain.ids import content_hash
from domain.intents import LotAmount
from domain.money import split
from domain.orders import Order, OrderLine
from domain.promotions import Standing, Units, discount_lost
from domain.requests import Resolution
from domain.returns import Lot, Return, ValueBasis


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


def settle(
    ret: Return, lots: Sequence[Lot], standing: Standing | None = None
) -> tuple[LotAmount, ...]:
    """Compute what ``lots`` are owed. The same function serves the preview and the execution.

    The order of domain.md §5.4: gross, discount, promotion clawback, condition deduction,
    restocking and handling fee, return-shipping fee, tax on what remains, zero at least. A share is
    of the price that was paid for the units, so what an order gives back does not depend on the
    order in which it comes back. What is kept by an offer is paid as it was offered. A clawback
    takes at most what the other lots are paid otherwise; what it finds no room for is kept back of
    the next settlement. An exchange is owed the difference where the wanted goods are cheaper.

    Args:
        ret: The return with its earlier settlements, whose fees are not taken again.
        lots: Those to be paid now, each once.
        standing: What the order's ledger says was paid back before, of all its returns; without
            it, what this return knows of itself.
    """
    before = own_standing(ret) if standing is None else standing
    bought = [lot for lot in lots if lot.resolution is not Resolution.EXCHANGE]
    agreed = [lot for lot in bought if lot.offered_minor is not None]
    others = [lot for lot in bought if lot not in agreed]
    rows = _with_clawback(ret, before, others, charged(ret, others))
    by_lot = {row.lot_id: row for row in (*rows, *charged(ret, agreed))}
    return tuple(
        by_lot.get(lot.lot_id) or difference_given_back(ret.line(lot.line_id), lot) for lot in lots
    )


def own_standing(ret: Return) -> Standing:
    """Return what the settlements of this return alone came to."""
    rows = [row for settlement in ret.settlements for row in settlement.breakdown]
    units = units_of(ret.lot(row.lot_id) for row in rows)
    return Standing((), sum(row.clawback_minor for row in rows)).with_units(units)


def units_of(lots: Iterable[Lot]) -> Units:
    """Return the units that are paid back; what is exchanged is kept in another form.

    Nor are those that were kept by an offer: the rest of their price stays paid.
    """
    back = [
        lot
        for lot in lots
        if lot.resolution is not Resolution.EXCHANGE and lot.offered_minor is None
    ]
    return Standing().with_units(tuple((lot.line_id, lot.units) for lot in back)).units


def _with_clawback(
    ret: Return, before: Standing, lots: Sequence[Lot], rows: Sequence[LotAmount]
) -> tuple[LotAmount, ...]:
    """Keep back, or give back, what the customer has by now of lost discounts and unearned gifts.

    Without either the order is not looked at: what a return under another policy kept back of it is
    that one's.
    """
    if not rows or not ret.looks_at_order:
        return tuple(rows)
    returned = before.with_units(units_of(lots)).units
    lost = discount_lost(ret.promotions, returned) + gift_value_owed(ret.gifts, returned)
    due = lost - before.clawback_minor
    taken = min(due, sum(row.refund_minor for row in rows))
    if not taken:
        return tuple(rows)
    weights = [row.refund_minor if taken > 0 else row.gross_minor for row in rows]
    return tuple(
        replace(row, clawback_minor=part, refund_minor=row.refund_minor - part)
        for row, part in zip(rows, split(taken, weights), strict=True)
    )


def settlement_hash(
    currency: str, rows: Sequence[LotAmount], by_tender: Iterable[tuple[str, int]]
) -> str:
    """Return the SHA-256 of everything a settlement pays and to which tender, as canonical JSON.

    ``by_tender`` in the order of tender ids, without tenders that get nothing.
    """
    return content_hash(
        {
            "currency": currency,
            "breakdown": [_hashed(row) for row in rows],
            "by_tender": [list(part) for part in by_tender],
        }
    )


def _hashed(row: LotAmount) -> dict[str, object]:
    """Leave out, while it is zero, what rows of an older version do not name: their hash stays."""
    named: dict[str, object] = {**row.as_data()}
    if not row.missed_visit_fee_minor:
        del named["missed_visit_fee_minor"]
    return named
