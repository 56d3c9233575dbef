"""What a granted right means for money: until when, what is kept back, and who pays the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.law.dues import NOT_WITHHELD, DueDate, Events, due_date
from domain.law.facts import LineFacts, known
from domain.law.predicates import When, holds
from domain.law.promises import Promise
from domain.law.schema import (
    Anchor,
    Deduction,
    DeductionKind,
    Due,
    DueKind,
    Payer,
    Remedy,
    Rule,
    Scope,
)
from domain.law.windows import add_months, anchor_day, local_day
from domain.money import taken_from


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept back of a refund, in minor units, and the code that says why."""

    code: str
    amount_minor: int


def earliest_due(
    rule: Rule | None, promises: Sequence[Promise], facts: LineFacts
) -> DueDate | None:
    """Return the date that is best for the consumer among those of everything that grants.

    A date that is known comes before one whose event is still to come; of these the one of fewer
    days, and the law's before a promise of as many.
    """
    dues = [
        Due(promise.refund_days, promise.refund_from, DueKind.PROMISE)
        for promise in promises
        if promise.refund_days is not None
    ]
    if rule is not None and rule.refund is not None and rule.refund.due is not None:
        dues.insert(0, rule.refund.due)
    leg, collected = facts.leg, facts.seller.offers_collection
    asked_at, agreed_at = facts.requested_at, facts.agreed_at
    events = Events(facts.time_zone, asked_at, agreed_at, leg.received_at, leg.proof_at)
    dates = [due_date(due, events, collected=collected) for due in dues]
    in_order = sorted(
        zip(dates, dues, strict=True), key=lambda of: (of[0].on or date.max, of[1].days)
    )
    best = in_order[0][0] if in_order else None
    # That nothing is withheld stays true of the law where a promise pays earlier still.
    if best is not None and best.code is None and any(d.code == NOT_WITHHELD for d in dates):
        return replace(best, code=NOT_WITHHELD)
    return best


def kept_back(
    deductions: Sequence[Deduction], facts: LineFacts
) -> tuple[tuple[Kept, ...], tuple[str, ...]]:
    """Return what the law lets the seller keep back, and the codes of what it bars.

    What each leaves of the price is rounded half up once.

    Raises:
        MissingFactError: a fact that decides a deduction was not stated.
    """
    kept: list[Kept] = []
    barred: list[str] = []
    for one in deductions:
        if is_barred(one, facts):
            barred += [one.note] if one.note else []
            continue
        wants_no_money = facts.remedy != Remedy.REFUND
        if one.kind is DeductionKind.DEPRECIATION and wants_no_money:
            continue
        if one.only_if is not None and not holds(one.only_if, facts):
            continue
        if minor := _amount(one.kind, facts):
            kept.append(Kept(one.code, minor))
    return tuple(kept), tuple(barred)


def is_barred(one: Deduction, facts: LineFacts) -> bool:
    """Say whether these facts forbid a deduction that the law allows otherwise."""
    if one.barred_if is not None and holds(one.barred_if, facts):
        return True
    if not one.barred_months:
        return False
    until = add_months(anchor_day(Anchor.INSTALLED, facts), one.barred_months)
    return local_day(facts.requested_at, facts.time_zone) <= until


def _amount(kind: DeductionKind, facts: LineFacts) -> int:
    amounts, seen = facts.amounts, facts.seen
    if kind is DeductionKind.MISSING_GIFT:
        return seen.missing_gifts_minor if seen is not None else 0
    if kind is DeductionKind.DIMINISHED_VALUE:
        return min(seen.diminished_minor, amounts.price_minor) if seen is not None else 0
    if kind is DeductionKind.FREE_SHIPPING_LOST:
        free_from = amounts.free_shipping_from_minor
        was_free = free_from is not None and amounts.shipping_paid_minor == 0
        left = amounts.items_minor - amounts.price_minor
        lost = was_free and free_from is not None and left < free_from <= amounts.items_minor
        return amounts.shipping_standard_minor if lost else 0
    return _depreciation(facts)


def _depreciation(facts: LineFacts) -> int:
    """Price times the daily rate times the days of use: from the purchase, without repairs."""
    sanbao = known(facts.sanbao, "item.sanbao")
    bought = local_day(facts.contract_at, facts.time_zone)
    claimed = local_day(facts.requested_at, facts.time_zone)
    days = max((claimed - bought).days - facts.history.repair_days, 0)
    used = min(Fraction(sanbao.daily_depreciation) * days, Fraction(1))
    return taken_from(facts.amounts.price_minor, used)


def payer_of(rule: Rule | None, promises: Sequence[Promise], facts: LineFacts) -> Payer:
    """Return who pays the way back: the one that is best for the consumer.

    Raises:
        MissingFactError: a fact that decides it was not stated.
    """
    payers = [promise.payer for promise in promises]
    if holds(When.COLLECTION_OFFERED, facts):
        payers.append(Payer.TRADER)
    if rule is not None:
        payers.append(_payer_by_law(rule, facts, is_free=Payer.TRADER in payers))
    return next(p for p in (Payer.NONE, Payer.TRADER, Payer.CONSUMER) if p in payers)


def _payer_by_law(rule: Rule, facts: LineFacts, *, is_free: bool) -> Payer:
    """``is_free``: the trader pays anyhow, and no fact has to be stated for that."""
    shipping = rule.return_shipping
    for one in shipping.unless:
        if is_free and one.payer is Payer.TRADER:
            continue
        if holds(one.when, facts):
            return one.payer
    return shipping.payer


def shipping_codes(scope: Sequence[Scope], facts: LineFacts) -> tuple[str, ...]:
    """Return the codes of the outbound freight that is given back, and of what is not."""
    amounts = facts.amounts
    if Scope.SHIPPING not in scope:
        return ()
    paid, standard = amounts.shipping_paid_minor, amounts.shipping_standard_minor
    back = ("T_OUTBOUND_STANDARD_REFUNDED",) if min(paid, standard) else ()
    surcharge = ("T_EXPRESS_SURCHARGE_NOT_REFUNDED",) if paid > standard else ()
    return (*back, *surcharge)
