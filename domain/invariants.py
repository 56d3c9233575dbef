"""The rules of domain.md §5.3 that one return can check of itself, after every change.

Rules 1 and 3 span all returns of an order: the order ledger keeps them by a primary key per unit
and by a check under row lock. What is here must never be false; a breach parks the return.
"""

from collections import Counter

from domain.counters import counters
from domain.exchanges import difference_given_back
from domain.lifecycle import WITHOUT_EFFECT, LotState
from domain.money import allocated, share_of_units
from domain.recovering import recovery_of
from domain.resolving import all_resolved
from domain.returns import Return


def broken(ret: Return) -> tuple[str, ...]:
    """Return a sentence per broken rule, none when all is well."""
    return (
        *_units_once(ret),
        *_counters_add_up(ret),
        *_order_cap(ret),
        *_one_resolution(ret),
        *_units_add_up(ret),
        *_ends_clean(ret),
        *_refund_is_covered(ret),
        *_recovered_at_most(ret),
    )


def _units_once(ret: Return) -> list[str]:
    """Rule 2: each unit has at most one lot, and no lot holds a unit that was not locked."""
    problems = []
    for line in ret.lines:
        lots = [lot for lot in ret.lots if lot.line_id == line.line_id]
        held = Counter(unit for lot in lots for unit in lot.units)
        if any(count > 1 for count in held.values()):
            problems.append(f"2: a unit of line {line.line_id} is in two lots")
        if line.units and sorted(held) != sorted(line.units):
            problems.append(f"2: the lots of line {line.line_id} are not its units")
    return problems


def _counters_add_up(ret: Return) -> list[str]:
    problems = []
    for line in ret.lines:
        count = counters(ret, line.line_id)
        if count.accepted + count.rejected + count.pending_inspection != count.received:
            problems.append(f"counters of line {line.line_id} do not add up to what was received")
        if not count.requested >= count.authorized >= count.handed_over:
            problems.append(f"counters of line {line.line_id} are out of order")
    return problems


def _order_cap(ret: Return) -> list[str]:
    """Rule 4: no line gives back more than was paid for its units, and each amount adds up.

    What a promotion keeps back of one line, a later return may give back with another.
    """
    problems = []
    for line in ret.lines:
        paid = (
            line.basis.gross_minor
            - line.basis.discount_minor
            + sum(tax.amount_minor for tax in line.basis.taxes)
            + line.basis.shipping_minor
        )
        refunded = sum(
            row.value_minor
            for settlement in ret.settlements
            for row in settlement.breakdown
            if ret.lot(row.lot_id).line_id == line.line_id
        )
        if refunded > paid:
            problems.append(f"4: line {line.line_id} gives back {refunded} of {paid}")
    problems += [
        f"4: the amount of lot {row.lot_id} does not add up"
        for settlement in ret.settlements
        for row in settlement.breakdown
        if not row.adds_up
    ]
    problems += [
        f"4: the intents of settlement {settlement.number} are not its amount"
        for settlement in ret.settlements
        if sum(intent.amount_minor for intent in settlement.intents) != settlement.amount_minor
    ]
    return problems


def _one_resolution(ret: Return) -> list[str]:
    """Rule 5: a lot is either replaced or paid, and paid in one settlement.

    A replacement of a lower price leaves the difference to be paid.
    """
    paid = Counter(lot_id for settlement in ret.settlements for lot_id in settlement.lot_ids)
    problems = [f"5: lot {lot_id} is in two settlements" for lot_id, n in paid.items() if n > 1]
    live = (LotState.REPLACEMENT_RESERVED, LotState.REPLACEMENT_SHIPPED, LotState.REPLACED)
    problems += [
        f"5: lot {lot.lot_id} is both replaced and paid"
        for settlement in ret.settlements
        for row in settlement.breakdown
        if (lot := ret.lot(row.lot_id)).state in live or lot.has_replacement
        if row != difference_given_back(ret.line(lot.line_id), lot)
    ]
    return problems


def _units_add_up(ret: Return) -> list[str]:
    """Rule 6: the shares of all units of a line are its totals, without residue."""
    problems = []
    for line in ret.lines:
        quantity = line.basis.quantity
        totals = (
            line.basis.gross_minor,
            line.basis.discount_minor,
            line.basis.shipping_minor,
            *(tax.amount_minor for tax in line.basis.taxes),
        )
        for total in totals:
            whole = allocated(total, units=quantity, of_units=quantity)
            if share_of_units(total, range(quantity), of_units=quantity) != total or whole != total:
                problems.append(f"6: the units of line {line.line_id} leave a residue")
    return problems


def _ends_clean(ret: Return) -> list[str]:
    """Rules 7 and 8: no end with open money, pickup or stock; goods without an end stay open."""
    problems = []
    if (ret.closed or ret.completed_at is not None) and not all_resolved(ret):
        problems.append("8: the return ended with something open")
    problems += [
        f"7: lot {lot.lot_id} has stock effects without a disposition"
        for lot in ret.lots
        if lot.disposition_applied and lot.disposition is None
    ]
    problems += [
        f"2: lot {lot.lot_id} ended without effect but has money"
        for lot in ret.lots
        if lot.state in WITHOUT_EFFECT and (lot.settlement_no is not None or lot.is_given)
    ]
    return problems


def _refund_is_covered(ret: Return) -> list[str]:
    """Rule 9: every refund has exactly one of inspection, waiver, keep-item rule or recovery."""
    problems = []
    for settlement in ret.settlements:
        for row in settlement.breakdown:
            lot = ret.lot(row.lot_id)
            inspected = lot.finding is not None
            if row.cover not in ("inspection", "waiver", "keep_item", "recovery"):
                problems.append(f"9: lot {row.lot_id} is paid without cover")
            elif row.cover == "recovery":
                if recovery_of(lot) is None:
                    problems.append(f"9: lot {row.lot_id} was paid early and bears no recovery")
            elif (row.cover == "inspection") != inspected:
                problems.append(f"9: lot {row.lot_id} is paid with the wrong cover")
    return problems


def _recovered_at_most(ret: Return) -> list[str]:
    """Rule 10: nobody is charged more than went out early, nor given back more than that."""
    problems = []
    for lot in ret.lots:
        recovery = recovery_of(lot)
        if recovery is None:
            continue
        backs = [s.amount_minor for s in ret.settlements if s.gives_back == lot.lot_id]
        if max(recovery.due_minor, recovery.collected_minor) > recovery.value_minor:
            problems.append(f"10: lot {lot.lot_id} is charged more than went out for it")
        if len(backs) > 1 or sum(backs) > recovery.collected_minor:
            problems.append(f"10: lot {lot.lot_id} gets more back than it was charged")
    return problems
