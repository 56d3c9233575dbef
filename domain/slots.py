"""Courier windows that are gone by the time they can be booked (edge 26): the next one is taken."""

from dataclasses import replace
from datetime import datetime

from domain.events import Fact, JsonValue
from domain.handover import goes_on
from domain.lifecycle import DeliveryState
from domain.parcels import SLOT_GONE, Delivery, PickupAttempt, chain_of
from domain.pickups import attempted, next_window, told_window
from domain.requests import HandoverMethod, PickupWindow
from domain.returns import Change, Return

MOST_MOVES = 3
"""How often another window is taken for one parcel; then it is to be brought."""


def is_slot_over(delivery: Delivery, at: datetime) -> bool:
    """Say whether a courier is still to be ordered for a window that has passed."""
    window = delivery.pickup_window
    unbooked = delivery.state in (DeliveryState.LABEL_PENDING, DeliveryState.AWAITING_HANDOVER)
    return unbooked and window is not None and window.not_after <= at


def kept_ahead(ret: Return, delivery_id: str, *, at: datetime) -> Change:
    """Move the window of a parcel that has no label yet, if it has passed meanwhile."""
    if not is_slot_over(ret.delivery(delivery_id), at):
        return ret, ()
    return next_slot(ret, delivery_id, at=at)


def next_slot(ret: Return, delivery_id: str, *, at: datetime) -> Change:
    """Take the next window for a parcel that has no label yet, as its wished one is gone.

    After the last move the label is bought for the drop-off.
    """
    delivery = ret.delivery(delivery_id)
    if delivery.state is not DeliveryState.LABEL_PENDING or delivery.pickup_window is None:
        return ret, ()
    if moves_made(ret, delivery) >= MOST_MOVES:
        method = HandoverMethod.DROP_OFF
        brought = replace(delivery, method=method, pickup_window=None)
        data: dict[str, JsonValue] = {
            "delivery_id": delivery_id,
            "method": method,
            "before": delivery.method,
        }
        return ret.with_delivery(brought), (Fact("handover.changed", data),)
    window = next_window(delivery.pickup_window, after=at)
    moved = replace(delivery, pickup_window=window, slot_moves=delivery.slot_moves + 1)
    return ret.with_delivery(moved), (_rescheduled(delivery, window),)


def moves_made(ret: Return, delivery: Delivery) -> int:
    """Count the windows that were gone, of a parcel and of those that it is instead of."""
    return sum(one.slot_moves for one in chain_of(ret.deliveries, delivery))


def slot_gone(ret: Return, delivery_id: str, *, at: datetime, pickup_ref: str = "") -> Change:
    """Take the next window of a visit that is not to be had when it was wished.

    It is no visit that failed: it counts among the moves and not among the policy's attempts. After
    the last move the parcel is to be dropped off.
    """
    delivery = ret.delivery(delivery_id)
    assert delivery.pickup_window is not None
    visit = PickupAttempt(
        len(delivery.attempts) + 1, delivery.pickup_window, pickup_ref, outcome=SLOT_GONE
    )
    over = replace(
        delivery, attempts=(*delivery.attempts, visit), slot_moves=delivery.slot_moves + 1
    )
    ret, method = ret.with_delivery(over), HandoverMethod.PICKUP
    if moves_made(ret, over) > MOST_MOVES:
        method = HandoverMethod.DROP_OFF
        told = attempted(over, SLOT_GONE, method)
        return goes_on(ret, over, method, over.pickup_window, at=at), (told,)
    window = next_window(delivery.pickup_window, after=at)
    return goes_on(ret, over, method, window, at=at), (_rescheduled(over, window),)


def _rescheduled(delivery: Delivery, window: PickupWindow) -> Fact:
    assert delivery.pickup_window is not None
    data: dict[str, JsonValue] = {
        "delivery_id": delivery.delivery_id,
        "before": told_window(delivery.pickup_window),
        "window": told_window(window),
    }
    return Fact("pickup.rescheduled", data)
