"""The refund of each lot: what was paid for it, less its condition and the fees of the policy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.fees import Per
from domain.inspection import Fault
from domain.intents import LotAmount
from domain.lifecycle import AWAITED, DeliveryState
from domain.money import half_up, share_of_units, split, taken_from
from domain.orders import Tax
from domain.requests import Resolution
from domain.returns import Lot, Return, ReturnLine


def charged(ret: Return, lots: Sequence[Lot]) -> tuple[LotAmount, ...]:
    """Return the lots' refunds in order, before any promotion is looked at.

    A fee of the whole return or of a parcel is taken once: what the first lot cannot bear, the next
    one does, also in a later settlement.
    """
    fees, rate = ret.policy.fees, _tax_rate(ret) if ret.policy.fees.taxable else Fraction(0)
    once, rows = _fees_taken_once(ret, lots), []
    for lot in lots:
        line = ret.line(lot.line_id)
        own = _own_restocking(ret, line, lot)
        early = lot.finding is None and ret.policy.release.is_early(lot.resolution)
        cover = "recovery" if early else "inspection"
        row = lot_amount(line, lot, restocking_minor=own, taxable=fees.taxable, cover=cover)
        if _bears_fees(ret, line, lot):
            restocking, handling, shipping, missed = once
            if not _is_by_law(line):
                row, restocking = _take(row, "restocking_fee_minor", restocking, rate)
                row, handling = _take(row, "handling_fee_minor", handling, rate)
            if _pays_the_way_back(ret, lot):
                row, shipping = _take(row, "return_shipping_fee_minor", shipping, rate)
            if not _is_by_law(line):
                row, missed = _take(row, "missed_visit_fee_minor", missed, rate)
            once = restocking, handling, shipping, missed
        rows.append(row)
    return tuple(rows)


_WITHOUT_TERMS = ("PRICE", "TAX")


def lot_amount(
    line: ReturnLine,
    lot: Lot,
    *,
    restocking_minor: int = 0,
    taxable: bool = False,
    cover: str = "inspection",
) -> LotAmount:
    """Compute one lot's refund: each amount is rounded once, what is left of a price half up.

    The restocking fee is taken from the price that the condition left, then from tax and shipping,
    and ends at a refund of zero: nothing is charged beyond what was paid. Tax lines scale with the
    part of the price that is refunded, which a ``taxable`` fee makes smaller. What the law lets the
    seller keep back is of price and tax alike. A deduction never touches the shipping share. The
    scope of the terms leaves out what the policy does not refund; a line that a person granted
    where no rule applies has no terms and gets its price and tax.
    """
    if lot.offered_minor is not None:
        return _as_offered(line, lot, lot.offered_minor)
    gross, net, deduction = _price(line, lot)
    left = net - deduction
    tax = sum(_taxes(line, lot, restocking_minor=restocking_minor, taxable=taxable))
    shipping = share_of_units(line.basis.shipping_minor, lot.units, of_units=line.basis.quantity)
    shipping = shipping if "SHIPPING" in _scope(line) else 0
    kept = min(_kept_by_law(line, lot), left + tax)
    kept_tax = half_up(Fraction(kept * tax, left + tax)) if kept else 0
    left, tax = left - (kept - kept_tax), tax - kept_tax
    value = left + tax + shipping
    taken = min(restocking_minor, value)
    return LotAmount(
        lot_id=lot.lot_id,
        gross_minor=gross,
        discount_minor=gross - net,
        deduction_minor=deduction + kept - kept_tax,
        tax_minor=tax,
        shipping_minor=shipping,
        refund_minor=value - taken,
        cover=_cover_without_goods(lot) or cover,
        restocking_fee_minor=taken,
    )


def _kept_by_law(line: ReturnLine, lot: Lot) -> int:
    """Return the lot's part of what is kept back of its line: units share it by their order."""
    total = sum(kept.amount_minor for kept in line.terms.kept) if line.terms else 0
    if not total:
        return 0
    numbered = line.units or tuple(range(line.requested))
    places = [numbered.index(unit) for unit in lot.units]
    return share_of_units(total, places, of_units=len(numbered))


def goods_value(line: ReturnLine, lot: Lot) -> int:
    """Return what was paid for a lot's goods, with its tax and without shipping; minor units."""
    row = lot_amount(line, lot)
    return row.refund_minor - row.shipping_minor


def _as_offered(line: ReturnLine, lot: Lot, offered_minor: int) -> LotAmount:
    """Give back what was offered: of price and taxes the same part each, without residue."""
    gross, net, _ = _price(line, lot)
    price, *taxes = _offered_parts(line, lot, offered_minor)
    return LotAmount(
        lot_id=lot.lot_id,
        gross_minor=gross,
        discount_minor=gross - net,
        deduction_minor=0,
        tax_minor=sum(taxes),
        shipping_minor=0,
        refund_minor=offered_minor,
        cover="keep_item",
        retained_minor=net - price,
    )


def _offered_parts(line: ReturnLine, lot: Lot, offered_minor: int) -> tuple[int, ...]:
    whole = replace(lot, offered_minor=None)
    taxes = _taxes(line, whole, restocking_minor=0, taxable=False)
    return split(offered_minor, [_price(line, lot)[1], *taxes])


def _cover_without_goods(lot: Lot) -> str | None:
    """What its carrier lost, and what may be kept, is paid without anybody having seen it."""
    if lot.kept_at is not None:
        return "keep_item"
    return "waiver" if lot.lost_at is not None else None


def own_taxes(ret: Return, lot: Lot) -> tuple[int, ...]:
    """Return what a lot gets of each tax of its line, before fees of the whole return.

    Minor units, in the order of the basis. What :func:`charged` says of the lot's tax beside their
    sum is the tax on those fees.
    """
    line = ret.line(lot.line_id)
    restocking = _own_restocking(ret, line, lot)
    return _taxes(line, lot, restocking_minor=restocking, taxable=ret.policy.fees.taxable)


def _taxes(line: ReturnLine, lot: Lot, *, restocking_minor: int, taxable: bool) -> tuple[int, ...]:
    if "TAX" not in _scope(line):
        return (0,) * len(line.basis.taxes)
    if lot.offered_minor is not None:
        return _offered_parts(line, lot, lot.offered_minor)[1:]
    _, net, deduction = _price(line, lot)
    left = net - deduction
    refunded = Fraction(100 - _percent_off(line, lot), 100)
    if taxable and left:
        refunded *= Fraction(max(left - restocking_minor, 0), left)
    shares = (
        share_of_units(tax.amount_minor, lot.units, of_units=line.basis.quantity)
        for tax in line.basis.taxes
    )
    return tuple(half_up(share * refunded) for share in shares)


def taxes_returned(ret: Return) -> tuple[tuple[Tax, int], ...]:
    """Return what was paid of each tax for all that is returned, where the policy refunds it.

    A fee that is of no single line bears tax at their average, so each has this part of it.
    """
    return tuple(
        (tax, share_of_units(tax.amount_minor, line.units, of_units=line.basis.quantity))
        for line in ret.lines
        if "TAX" in _scope(line)
        for tax in line.basis.taxes
    )


def lost_to_condition(ret: Return, lot: Lot) -> int:
    """Return what a graded lot would have been paid less than as it was expected; minor units."""
    line = ret.line(lot.line_id)

    def paid(one: Lot) -> int:
        own = _own_restocking(ret, line, one) if lot.settlement_no is not None else 0
        taxable = ret.policy.fees.taxable
        return lot_amount(line, one, restocking_minor=own, taxable=taxable).refund_minor

    return max(paid(replace(lot, deduction_percent=0)) - paid(lot), 0)


def _scope(line: ReturnLine) -> tuple[str, ...]:
    return line.terms.refund_scope if line.terms else _WITHOUT_TERMS


def _price(line: ReturnLine, lot: Lot) -> tuple[int, int, int]:
    """Return the lot's share of the price before and after discounts, and the deduction.

    What was paid is shared, and the discount is what lies between: two shares rounded apart could
    make a unit of a nearly free line cost less than nothing.
    """
    basis = line.basis
    gross, net = (
        share_of_units(total, lot.units, of_units=basis.quantity)
        for total in (basis.gross_minor, basis.gross_minor - basis.discount_minor)
    )
    return gross, net, taken_from(net, Fraction(_percent_off(line, lot), 100))


def _percent_off(line: ReturnLine, lot: Lot) -> int:
    """Return the deduction for the lot's condition; none where the law makes use free."""
    return 0 if line.terms is not None and line.terms.use_is_free else lot.deduction_percent


def _is_by_law(line: ReturnLine) -> bool:
    """A right by law bears no fee but the way back, where its payer is the consumer."""
    return line.terms is not None and line.terms.by_law


def _bears_fees(ret: Return, line: ReturnLine, lot: Lot) -> bool:
    """Say whether fees are the customer's: not where no rule applies, nor where one is excused.

    Nor of an exchange, which goods pay, nor of goods that are not to come.
    """
    fees = ret.policy.fees
    fault = lot.finding.fault if lot.finding else None
    excused = line.decision.ground in fees.excused_grounds or fault in fees.excused_faults
    exchanged = lot.resolution is Resolution.EXCHANGE
    comes = not lot.is_without_goods
    return line.terms is not None and not excused and not exchanged and comes


def _pays_the_way_back(ret: Return, lot: Lot) -> bool:
    """A lot that stayed away came in no parcel; one that is paid on its way comes in one."""
    terms = ret.line(lot.line_id).terms
    consumer = terms is not None and terms.return_shipping_payer == "CONSUMER"
    under_way = lot.state in AWAITED and ret.policy.release.is_early(lot.resolution)
    # Who brought it to a store, or paid a carrier, owes us nothing for a label.
    ours = not ret.inbound or any(
        d.method.has_label and d.state is not DeliveryState.CANCELLED for d in ret.inbound
    )
    return consumer and ours and (lot.receipt_id is not None or under_way)


def _own_restocking(ret: Return, line: ReturnLine, lot: Lot) -> int:
    if not _bears_fees(ret, line, lot) or _is_by_law(line):
        return 0
    fees, promised = ret.policy.fees, line.terms.restocking_percent if line.terms else None
    _, net, deduction = _price(line, lot)
    rate = fees.restocking_percent if promised is None else promised
    percent = taken_from(net - deduction, Fraction(rate, 100))
    return percent + fees.restocking_per_unit.minor(ret.currency) * lot.quantity


@dataclass(frozen=True, slots=True)
class _Once:
    """A fee that is taken once, in minor units: ``taken_minor`` of it was already."""

    total_minor: int
    taken_minor: int


def _fees_taken_once(ret: Return, lots: Sequence[Lot]) -> tuple[_Once, _Once, _Once, _Once]:
    """Return restocking, handling, return shipping and visits, with what was taken before."""
    fees, currency = ret.policy.fees, ret.currency
    rows = [row for settlement in ret.settlements for row in settlement.breakdown]
    earlier = [ret.lot(row.lot_id) for row in rows]
    bearing = [lot for lot in (*earlier, *lots) if _bears_fees(ret, ret.line(lot.line_id), lot)]
    returns = 1 if bearing else 0
    parcels = len({lot.receipt_id for lot in bearing if _pays_the_way_back(ret, lot)})
    if fees.return_shipping_per is Per.RETURN:
        parcels = min(parcels, 1)
    restocked = sum(
        max(row.restocking_fee_minor - _own_restocking(ret, ret.line(lot.line_id), lot), 0)
        for row, lot in zip(rows, earlier, strict=True)
    )
    return (
        _Once(returns * fees.restocking_per_return.minor(currency), restocked),
        _Once(returns * fees.handling.minor(currency), sum(row.handling_fee_minor for row in rows)),
        _Once(
            parcels * fees.return_shipping.minor(currency),
            sum(row.return_shipping_fee_minor for row in rows),
        ),
        _Once(
            returns * visits_missed(ret) * fees.missed_visit.minor(currency),
            sum(row.missed_visit_fee_minor for row in rows),
        ),
    )


def missed_visit_price(ret: Return) -> int:
    """Return what a visit in vain would cost by the customer's own fault; minor units."""
    bears = any(_bears_fees(ret, ret.line(lot.line_id), lot) for lot in ret.lots)
    return ret.policy.fees.missed_visit.minor(ret.currency) if bears else 0


def visits_missed(ret: Return) -> int:
    """Count the courier visits that were in vain by the customer's own fault (edge 27)."""
    visits = (visit for delivery in ret.inbound for visit in delivery.attempts)
    return sum(1 for visit in visits if visit.fault is Fault.CUSTOMER)


def _tax_rate(ret: Return) -> Fraction:
    """Return the tax on a fee that is of no single line: the average over what is returned.

    It stays the same for the whole return, so whichever lot bears the fee, the sum is the same.
    """
    prices = (
        share_of_units(
            line.basis.gross_minor - line.basis.discount_minor,
            line.units,
            of_units=line.basis.quantity,
        )
        for line in ret.lines
    )
    net, tax = sum(prices), sum(minor for _, minor in taxes_returned(ret))
    return Fraction(tax, net) if net else Fraction(0)


def _take(row: LotAmount, name: str, fee: _Once, rate: Fraction) -> tuple[LotAmount, _Once]:
    """Take of the lot's refund what is left of ``fee``, and its tax, as far as there is a refund.

    The tax of a fee that several lots bear is rounded over their sum.
    """
    left = max(fee.total_minor - fee.taken_minor, 0)
    tax = half_up(rate * (fee.taken_minor + left)) - half_up(rate * fee.taken_minor)
    if left + tax > row.refund_minor:
        left = min(half_up(row.refund_minor / (1 + rate)), left)
        tax = row.refund_minor - left
    kept = {
        name: getattr(row, name) + left,
        "tax_minor": row.tax_minor - tax,
        "refund_minor": row.refund_minor - left - tax,
    }
    return replace(row, **kept), replace(fee, taken_minor=fee.taken_minor + left)
