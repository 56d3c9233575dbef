"""When a return is done: goods, money and stock are where they belong."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.events import Fact
from domain.lifecycle import DeliveryState, is_terminal
from domain.parcels import wants_courier
from domain.returns import Change, Lot, Return
from domain.settling import lots_to_settle, parcels_in_grading

_BOOKED = (
    DeliveryState.LABEL_PENDING,
    DeliveryState.PICKUP_SCHEDULED,
    DeliveryState.CANCEL_REQUESTED,
)


def lots_to_move(ret: Return) -> dict[str, tuple[Lot, ...]]:
    """Return the lots whose goods have a new place that the platform's stock does not know yet.

    By receipt: what arrived in one parcel is told to the platform together.
    """
    grading = parcels_in_grading(ret)
    found: dict[str, tuple[Lot, ...]] = {}
    for lot in ret.lots:
        if lot.disposition is None or lot.disposition_applied or lot.receipt_id is None:
            continue
        if lot.receipt_id not in grading:
            found[lot.receipt_id] = (*found.get(lot.receipt_id, ()), lot)
    return found


def stock_moved(ret: Return, lot_ids: Sequence[str]) -> Change:
    """The platform's stock follows the dispositions of these lots."""
    lots = [replace(ret.lot(lot_id), disposition_applied=True) for lot_id in lot_ids]
    facts = [
        Fact(
            "stock.moved",
            {"lot_id": lot.lot_id, "disposition": lot.disposition, "quantity": lot.quantity},
        )
        for lot in lots
    ]
    return ret.with_lots(*lots), tuple(facts)


def all_resolved(ret: Return) -> bool:
    """Say whether nothing is left to do for goods, money and stock (invariant 8)."""
    moved = all(lot.disposition_applied for lot in ret.lots if lot.disposition is not None)
    paid = all(i.is_settled for s in ret.settlements for i in s.intents)
    ended = all(is_terminal(lot.state) and not lot.is_outstanding for lot in ret.lots)
    booked = any(d.state in _BOOKED or wants_courier(d) for d in ret.deliveries)
    # Without lots nothing is registered yet, let alone resolved; and what was replaced by cheaper
    # goods may have its difference still to come.
    done = moved and paid and ended and not booked
    return bool(ret.lots) and done and not lots_to_settle(ret)


def complete(ret: Return, *, at: datetime) -> Change:
    return replace(ret, completed_at=at), (Fact("return.completed", {"headline": "COMPLETED"}),)


def close(ret: Return) -> Change:
    states = sorted({lot.state.value for lot in ret.lots})
    return replace(ret, closed=True), (Fact("return.closed", {"resolution": [*states]}),)
