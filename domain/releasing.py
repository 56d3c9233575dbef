"""Which lots' value goes out now although their goods are not accepted yet."""

from collections.abc import Collection
from dataclasses import replace

from domain.charging import lot_amount
from domain.exchanges import difference
from domain.lifecycle import AWAITED, GRANTED, LotState
from domain.parcel_links import swapped_label
from domain.recovery import Advance
from domain.requests import Resolution
from domain.returns import Lot, Return
from domain.triggers import HoldRule, Trigger


def is_due_early(ret: Return, lot: Lot) -> bool:
    """Say whether the trigger of a lot has come, and its value neither went out nor was declined.

    What nobody looked at in time was granted by the clock alone: it waits for its goods. So does an
    exchange for goods of another price, whose difference depends on them.
    """
    if ret.authorization not in GRANTED or lot.settlement_no is not None or lot.is_given:
        return False
    if lot.advance is not None and lot.advance.declined:
        return False
    if is_uneven(ret, lot):
        return False
    granted = ret.line(lot.line_id).authorization
    if granted is None or granted.by == "timeout":
        return False
    return _has_come(ret, lot, ret.policy.release.of(lot.resolution))


def is_uneven(ret: Return, lot: Lot) -> bool:
    """Say whether a lot is to be exchanged for goods of another price."""
    if lot.resolution is not Resolution.EXCHANGE:
        return False
    return difference(ret.line(lot.line_id), lot).minor != 0


def _has_come(ret: Return, lot: Lot, trigger: Trigger) -> bool:
    """A parcel that came without the lot, or an inspection, ends what could be early."""
    match lot.state:
        case LotState.AUTHORIZED:
            return trigger is Trigger.APPROVAL
        case LotState.IN_TRANSIT if swapped_label(ret) is not None:
            # Whatever was scanned, these goods were not in it (edge 33).
            return trigger is Trigger.APPROVAL
        case LotState.IN_TRANSIT:
            delivered = any(d.delivered_at is not None for d in ret.inbound)
            scanned = trigger in (Trigger.APPROVAL, Trigger.FIRST_SCAN)
            return scanned or (trigger is Trigger.DELIVERED and delivered)
        case LotState.RECEIVED:
            return trigger is not Trigger.ACCEPTED
        case _:
            return False


def lots_to_pay_early(ret: Return) -> tuple[Lot, ...]:
    """Return the lots whose money goes out now."""
    return tuple(lot for lot in ret.lots if lot.resolution.pays_back and is_due_early(ret, lot))


def needs_hold(ret: Return, lot: Lot) -> bool:
    """Say whether a replacement must not go out before money is held for it; zero cannot be."""
    return ret.policy.release.hold is HoldRule.REQUIRED and value_minor(ret, lot) > 0


def may_replace_early(ret: Return, lot: Lot) -> bool:
    """Say whether the replacement of a lot is to be ordered before its goods are accepted."""
    if lot.advance is not None and lot.advance.ordering:
        return True
    if lot.resolution is not Resolution.EXCHANGE or not is_due_early(ret, lot):
        return False
    hold = lot.advance.hold if lot.advance is not None else None
    return not needs_hold(ret, lot) or (hold is not None and hold.state == "authorized")


def value_minor(ret: Return, lot: Lot) -> int:
    """Return what was paid for a lot, as it is owed by who keeps both it and its replacement.

    In minor units, without fees: those are of a return, and nothing came back.
    """
    as_sent = Lot(lot.lot_id, lot.line_id, lot.units, lot.state, lot.since, lot.resolution)
    return lot_amount(ret.line(lot.line_id), as_sent).refund_minor


def value_of_lines(ret: Return, line_ids: Collection[str]) -> int:
    """Return what was paid for the units of some lines, in minor units, without fees."""
    return sum(value_minor(ret, lot) for lot in ret.lots if lot.line_id in line_ids)


def paying_early(ret: Return, lot_ids: Collection[str], *, now: bool) -> Return:
    """Note whether the refunds of those of these lots that are paid early are being sealed."""
    changed = [
        replace(lot, advance=replace(lot.advance or Advance(), paying=now))
        for lot in map(ret.lot, lot_ids)
        if (lot in lots_to_pay_early(ret) if now else lot.advance and lot.advance.paying)
    ]
    return ret.with_lots(*changed)


def is_value_out(ret: Return) -> bool:
    """Say whether value went out before its goods, or goes out this moment: no way leads back.

    A refund that is due early has not gone before it is being sealed: it may stand parked, or wait
    for finance.
    """
    return any(lot.is_going_out or may_replace_early(ret, lot) for lot in ret.lots)


def is_given_lot_awaited(ret: Return) -> bool:
    """Say whether goods are awaited whose value went out: whatever comes beside them may come."""
    return any(lot.is_going_out and lot.state in AWAITED for lot in ret.lots)
