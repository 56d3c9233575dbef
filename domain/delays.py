"""A parcel that will be late: said once, before its promise breaks."""

from dataclasses import replace
from datetime import datetime

from domain.events import Fact, JsonValue
from domain.lifecycle import DeliveryState
from domain.parcels import Delivery
from domain.returns import Change, Return

_UNDER_WAY = (DeliveryState.IN_TRANSIT, DeliveryState.EXCEPTION)


def may_be_warned_of(delivery: Delivery, at: datetime) -> bool:
    """Say whether a delay of this parcel is news: it moves, and its promise still stands."""
    promised, moves = delivery.promised_at, delivery.state in _UNDER_WAY
    return moves and delivery.expected_at is None and promised is not None and at < promised


def delay_expected(ret: Return, delivery_id: str, expected_at: datetime, *, at: datetime) -> Change:
    """Take a forecast of a delay: the customer hears the new date, and the wait shows it.

    It is told once of a parcel; a forecast that comes too late, or again, changes nothing.
    """
    delivery = ret.delivery(delivery_id)
    if delivery.ship_back_of is not None or not may_be_warned_of(delivery, at):
        return ret, ()
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "promised_at": delivery.promised_at.isoformat() if delivery.promised_at else None,
        "expected_at": expected_at.isoformat(),
    }
    late = replace(delivery, expected_at=expected_at)
    return ret.with_delivery(late), (Fact("delivery.delay_expected", data),)
