"""Courier visits: ordered, over without the parcel, and tried again on another day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.handover import goes_on, granted_wish
from domain.inspection import Fault
from domain.lifecycle import DeliveryState
from domain.parcels import (
    SLOT_GONE,
    Delivery,
    PickupAttempt,
    VisitCancel,
    chain_of,
    ordered_instead,
)
from domain.requests import HandoverMethod, PickupWindow
from domain.returns import Change, Return
from domain.transport import cost_recorded


class PickupOutcome(StrEnum):
    """What can be told of a visit that was over without the parcel."""

    CUSTOMER_ABSENT = "customer_absent"
    COURIER_NO_SHOW = "courier_no_show"


_FAULTS = {
    PickupOutcome.CUSTOMER_ABSENT: Fault.CUSTOMER,
    PickupOutcome.COURIER_NO_SHOW: Fault.CARRIER,
}


def pickup_booked(
    ret: Return,
    delivery_id: str,
    *,
    at: datetime,
    pickup_ref: str,
    confirmation: str | None,
    cost_minor: int,
    cost_currency: str,
    window: PickupWindow,
) -> Change:
    """A courier is ordered for ``window``; a delivery that went another way meanwhile stays on it.

    Where another way or window was wished while he was ordered, he is called off for it.
    """
    delivery = ret.delivery(delivery_id)
    attempt = PickupAttempt(len(delivery.attempts) + 1, window, pickup_ref, confirmation)
    after = replace(delivery, attempts=(*delivery.attempts, attempt))
    if delivery.state in (DeliveryState.LABEL_PENDING, DeliveryState.AWAITING_HANDOVER):
        after = replace(after, state=DeliveryState.PICKUP_SCHEDULED, since=at)
        if delivery.pickup_window != window:
            after = ordered_instead(after, window)
        if after.wish is not None:
            after = after.with_last_visit(cancel=VisitCancel.REQUESTED)
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "attempt": attempt.number,
        "confirmation": confirmation,
        "window": told_window(window),
    }
    facts = (Fact("pickup.booked", data), cost_recorded("pickup", cost_minor, cost_currency))
    return ret.with_delivery(after), facts


def told_window(window: PickupWindow) -> dict[str, JsonValue]:
    """Return a window as it is told: local times with their offset, and the zone."""
    zone = ZoneInfo(window.time_zone)
    return {
        "not_before": window.not_before.astimezone(zone).isoformat(),
        "not_after": window.not_after.astimezone(zone).isoformat(),
        "time_zone": window.time_zone,
    }


def pickup_refused(
    ret: Return,
    delivery_id: str,
    *,
    at: datetime,
    pickup_ref: str,
    reason: str,
    window: PickupWindow,
) -> Change:
    """No courier comes there: the parcel can still be dropped off.

    Where another way or window than the asked one is wished by now, that goes on.
    """
    delivery = ret.delivery(delivery_id)
    number = len(delivery.attempts) + 1
    attempt = PickupAttempt(number, window, pickup_ref, outcome="refused")
    after = replace(delivery, attempts=(*delivery.attempts, attempt))
    if delivery.pickup_window != window:
        return ret.with_delivery(after), ()
    method = HandoverMethod.DROP_OFF
    told = attempted(after, reason, method)
    return goes_on(ret, after, method, after.pickup_window, at=at), (told,)


def check_pickup_outcome(ret: Return, delivery_id: str, attempt: int) -> None:
    """Refuse to close a courier visit that is unknown, over or being cancelled.

    Raises:
        RefusedError: it names the field that is wrong.
    """
    known = [delivery for delivery in ret.deliveries if delivery.delivery_id == delivery_id]
    if not known:
        raise RefusedError(
            "delivery_not_found", f"no delivery {delivery_id!r}", field="delivery_id"
        )
    (delivery,) = known
    if not 1 <= attempt <= len(delivery.attempts):
        raise RefusedError(
            "pickup_not_found",
            f"wanted 1 to {len(delivery.attempts)}, found {attempt}"
            if delivery.attempts
            else f"no courier was ordered for {delivery_id}",
            field="attempt",
        )
    outcome = delivery.attempts[attempt - 1].outcome
    if outcome is not None:
        raise RefusedError("pickup_over", f"visit {attempt} is {outcome}", field="attempt")
    if delivery.state is not DeliveryState.PICKUP_SCHEDULED:
        raise RefusedError("command_not_allowed", f"the delivery is {delivery.state}")


def pickup_failed(
    ret: Return, delivery_id: str, outcome: PickupOutcome | None, *, at: datetime, note: str = ""
) -> Change:
    """The visit is over without the parcel: another one is due, or after the last the drop-off.

    The next window is the wish for the next visit; the label stays the same, unless it was ordered
    with the courier. Without an ``outcome`` the visit was missed: its time passed and nobody told
    why.
    """
    delivery = ret.delivery(delivery_id)
    reason = outcome or "missed"
    fault = _FAULTS[outcome] if outcome else Fault.NONE
    after = replace(
        delivery.with_visit_over(reason, fault=fault, note=note),
        state=DeliveryState.AWAITING_HANDOVER,
        since=at,
    )
    ret = ret.with_delivery(after)
    if delivery.wish is not None:
        # The courier could not be called off, and had no parcel: now it is as was wished.
        method = delivery.wish[0]
        ret, facts = granted_wish(ret, delivery_id, at=at)
        return ret, (attempted(after, reason, method), *facts)
    method, window = HandoverMethod.DROP_OFF, after.pickup_window
    if visits_made(ret, after) < ret.policy.pickup_attempts:
        method = HandoverMethod.PICKUP
        window = next_window(delivery.attempts[-1].window, after=at)
    fact = attempted(after, reason, method)
    return goes_on(ret, after, method, window, at=at), (fact,)


def visits_made(ret: Return, delivery: Delivery) -> int:
    """Count the visits to a parcel and to those that it is instead of (edge 28).

    One that was called off in time is none, nor is one that was never to be had.
    """
    return sum(
        1
        for parcel in chain_of(ret.deliveries, delivery)
        for visit in parcel.attempts
        if visit.cancel is not VisitCancel.CONFIRMED and visit.outcome != SLOT_GONE
    )


def attempted(delivery: Delivery, reason: str, next_method: HandoverMethod) -> Fact:
    attempt = delivery.attempts[-1]
    return Fact(
        "pickup.attempted",
        {
            "delivery_id": delivery.delivery_id,
            "attempt": attempt.number,
            "ok": False,
            "reason": reason,
            "fault": attempt.fault,
            "next_method": next_method,
            "tracking_code": delivery.tracking_code,
        },
    )


def next_window(window: PickupWindow, *, after: datetime) -> PickupWindow:
    """Return the same hours of a later day, by the clock on the customer's wall, in UTC.

    It is the first day after the window's own whose hours lie wholly ahead of ``after``. An hour
    that a spring night leaves out is an hour later; a window that would end before it begins, for
    the clock was turned in it, keeps its length instead of its end.
    """
    zone = ZoneInfo(window.time_zone)
    start, end = window.not_before.astimezone(zone), window.not_after.astimezone(zone)
    days = max(1, (after.astimezone(zone).date() - start.date()).days)
    if _days_later(start, days) <= after:
        days += 1
    not_before, not_after = _days_later(start, days), _days_later(end, days)
    if not_after <= not_before:
        not_after = not_before + (window.not_after - window.not_before)
    return PickupWindow(not_before, not_after, window.time_zone)


def missed_from(window: PickupWindow, *, since: datetime) -> datetime:
    """Return when a visit that nobody told of counts as missed, in UTC.

    A day after the end of its window, or after it was ordered if that was later, by the clock on
    the customer's wall: over a night in which the clock is turned that is 23 or 25 hours.
    """
    return _days_later(max(window.not_after, since).astimezone(ZoneInfo(window.time_zone)), 1)


def _days_later(local: datetime, days: int) -> datetime:
    """Add days on the wall: the time of day stays, whatever the offset of that day is."""
    return (local + timedelta(days=days)).astimezone(UTC)
