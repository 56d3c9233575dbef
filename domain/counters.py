"""How many units of a line are where: sums over lots and receipts, none of them stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from domain.inspection import Acceptance
from domain.lifecycle import (
    ARRIVED,
    LotState,
)
from domain.parcels import Receipt
from domain.returns import Lot, Return


@dataclass(frozen=True, slots=True)
class Counters:
    """Units of one line; each is a sum over lots and receipts, none is ever overwritten."""

    requested: int
    authorized: int
    handed_over: int
    received: int
    missing: int
    lost: int
    unexpected: int
    accepted: int
    rejected: int
    pending_inspection: int
    resolved: int
    kept: int = 0


_ACCEPTED = (Acceptance.ACCEPTED, Acceptance.PARTIALLY_ACCEPTED)


_HANDED = ARRIVED | {LotState.IN_TRANSIT, LotState.MISSING, LotState.LOST}


_RESOLVED = frozenset(
    {LotState.REFUNDED, LotState.REPLACED, LotState.CLOSED_RETURNED, LotState.NOT_RETURNED}
)


def counters(ret: Return, line_id: str) -> Counters:
    """Count one line's units; ``accepted + rejected + pending_inspection == received`` holds."""
    lots = [lot for lot in ret.lots if lot.line_id == line_id]
    line = ret.line(line_id)

    def units(fits: Callable[[Lot], bool]) -> int:
        return sum(lot.quantity for lot in lots if fits(lot))

    return Counters(
        requested=line.requested,
        authorized=units(lambda lot: lot.state not in (LotState.PENDING, LotState.DECLINED)),
        handed_over=units(lambda lot: lot.state in _HANDED and lot.kept_at is None),
        received=units(lambda lot: lot.state in ARRIVED and not lot.is_without_goods),
        missing=units(lambda lot: lot.state is LotState.MISSING),
        lost=units(lambda lot: lot.lost_at is not None),
        unexpected=unexpected_units(ret.receipts, line.sku),
        accepted=units(lambda lot: lot.acceptance in _ACCEPTED),
        rejected=units(lambda lot: lot.acceptance is Acceptance.REJECTED),
        pending_inspection=units(lambda lot: lot.state is LotState.RECEIVED),
        resolved=units(lambda lot: lot.state in _RESOLVED),
        kept=units(lambda lot: lot.kept_at is not None),
    )


def unexpected_units(receipts: Sequence[Receipt], sku: str) -> int:
    return sum(e.unexpected for receipt in receipts for e in receipt.entries if e.sku == sku)
