"""A parcel's way: labelled, handed over, moving, delivered; missed visits, cancelling, expiry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.lifecycle import AWAITED, AuthorizationState, DeliveryState, LotState
from domain.opening import Change
from domain.requests import HandoverMethod
from domain.returns import Delivery, PickupAttempt, Return
from domain.tracking import Milestone, Reached

BEFORE_HANDOVER = (
    DeliveryState.LABEL_PENDING,
    DeliveryState.AWAITING_HANDOVER,
    DeliveryState.PICKUP_SCHEDULED,
)


def labelled(
    ret: Return,
    delivery_id: str,
    *,
    at: datetime,
    carrier: str,
    shipment_ref: str,
    tracking_code: str,
    tracker_ref: str | None,
    label_url: str,
    cost_minor: int,
    cost_currency: str,
) -> Change:
    """A label was bought; without a courier the parcel now waits for the customer."""
    delivery = ret.delivery(delivery_id)
    back = delivery.ship_back_of is not None
    after = replace(
        delivery,
        state=DeliveryState.IN_TRANSIT if back else DeliveryState.AWAITING_HANDOVER,
        since=at,
        carrier=carrier,
        shipment_ref=shipment_ref,
        tracking_code=tracking_code,
        tracker_ref=tracker_ref,
        label_url=label_url,
    )
    facts = (
        Fact(
            "delivery.label_created",
            {"delivery_id": delivery_id, "carrier": carrier, "tracking_code": tracking_code},
        ),
        _cost("freight", cost_minor, cost_currency),
    )
    return ret.with_delivery(after), facts


def pickup_booked(
    ret: Return,
    delivery_id: str,
    *,
    at: datetime,
    pickup_ref: str,
    confirmation: str | None,
    cost_minor: int,
    cost_currency: str,
) -> Change:
    delivery = ret.delivery(delivery_id)
    window = delivery.pickup_window
    if window is None:
        raise ValueError(f"delivery {delivery_id} has no pickup window")
    attempt = PickupAttempt(len(delivery.attempts) + 1, window, pickup_ref, confirmation)
    after = replace(
        delivery,
        state=DeliveryState.PICKUP_SCHEDULED,
        since=at,
        attempts=(*delivery.attempts, attempt),
    )
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "attempt": attempt.number,
        "confirmation": confirmation,
        "window": {
            "not_before": window.not_before.isoformat(),
            "not_after": window.not_after.isoformat(),
            "time_zone": window.time_zone,
        },
    }
    facts = (Fact("pickup.booked", data), _cost("pickup", cost_minor, cost_currency))
    return ret.with_delivery(after), facts


def pickup_missed(ret: Return, delivery_id: str, *, at: datetime) -> Change:
    """The window passed without a scan: the parcel can still be dropped off with its label."""
    delivery = ret.delivery(delivery_id)
    after = replace(
        delivery,
        state=DeliveryState.AWAITING_HANDOVER,
        since=at,
        attempts=_last_outcome(delivery, "missed"),
    )
    number = len(delivery.attempts)
    missed = Fact("pickup.attempted", {"delivery_id": delivery_id, "attempt": number, "ok": False})
    return ret.with_delivery(after), (missed,)


def reached(
    ret: Return, delivery_id: str, milestones: Sequence[Reached], *, at: datetime
) -> Change:
    """Take in milestones, whatever was told before.

    Repeats and late ones change nothing, and a delivered parcel never goes back to moving.
    """
    facts: list[Fact] = []
    for milestone in milestones:
        ret, more = _reach(ret, ret.delivery(delivery_id), milestone, at)
        facts += more
    return ret, tuple(facts)


def _reach(ret: Return, delivery: Delivery, news: Reached, at: datetime) -> Change:
    where: dict[str, JsonValue] = {
        "delivery_id": delivery.delivery_id,
        "occurred_at": news.occurred_at.isoformat(),
    }
    over = (DeliveryState.DELIVERED, DeliveryState.RECEIVED)
    if news.milestone is Milestone.FIRST_SCAN:
        if delivery.first_scan_at is not None:
            return ret, ()
        after, facts = _handed_over(ret, delivery, news.occurred_at, at)
        return after, (Fact("delivery.first_scan", where), *facts)
    if delivery.delivered_at is not None or delivery.state in over:
        return ret, ()
    if news.milestone is Milestone.DELIVERED:
        arrived = replace(
            delivery, state=DeliveryState.DELIVERED, since=at, delivered_at=news.occurred_at
        )
        after = ret.with_delivery(arrived)
        if delivery.ship_back_of is not None:
            lot = after.lot(delivery.ship_back_of).moved(LotState.CLOSED_RETURNED, at)
            back = Fact("lot.returned_to_customer", {"lot_id": lot.lot_id})
            return after.with_lots(lot), (Fact("delivery.delivered", where), back)
        return after, (Fact("delivery.delivered", where),)
    state = (
        DeliveryState.RETURNED_TO_SENDER
        if news.milestone is Milestone.RETURNED_TO_SENDER
        else DeliveryState.EXCEPTION
    )
    if delivery.state is state:
        return ret, ()
    changed = replace(delivery, state=state, since=at)
    return ret.with_delivery(changed), (Fact(f"delivery.{state.lower()}", where),)


def _handed_over(ret: Return, delivery: Delivery, scanned_at: datetime, at: datetime) -> Change:
    moving = replace(delivery, first_scan_at=scanned_at)
    facts: tuple[Fact, ...] = ()
    if delivery.state in (*BEFORE_HANDOVER, DeliveryState.CANCEL_REQUESTED):
        moving = replace(moving, state=DeliveryState.IN_TRANSIT, since=at)
    if delivery.attempts and delivery.attempts[-1].outcome is None:
        moving = replace(moving, attempts=_last_outcome(delivery, "collected"))
        number = len(delivery.attempts)
        done: dict[str, JsonValue] = {"delivery_id": delivery.delivery_id, "attempt": number}
        facts = (Fact("pickup.completed", done),)
    after = ret.with_delivery(moving)
    if delivery.ship_back_of is None:
        travelling = [
            lot.moved(LotState.IN_TRANSIT, at)
            for lot in ret.lots
            if lot.state is LotState.AUTHORIZED
        ]
        after = after.with_lots(*travelling)
    return after, facts


def _last_outcome(delivery: Delivery, outcome: str) -> tuple[PickupAttempt, ...]:
    return (*delivery.attempts[:-1], replace(delivery.attempts[-1], outcome=outcome))


def check_withdrawal(ret: Return) -> None:
    """Refuse a withdrawal once anything was handed over, received or ended.

    Raises:
        RefusedError: with the reason why only the way forward is left.
    """
    open_states = (
        AuthorizationState.REQUESTED,
        AuthorizationState.IN_REVIEW,
        AuthorizationState.APPROVED,
        AuthorizationState.PARTIALLY_APPROVED,
    )
    if ret.authorization not in open_states:
        raise RefusedError("command_not_allowed", f"the return is {ret.headline}")
    if any(d.first_scan_at for d in ret.deliveries) or ret.receipts:
        raise RefusedError(
            "command_not_allowed", "the goods are on their way: let them arrive instead"
        )


def withdraw(ret: Return, *, at: datetime, reason: str) -> Change:
    """Take the request back; what is booked is to be cancelled."""
    return _call_off(
        ret,
        Fact("return.withdrawn", {"reason": reason}),
        to=AuthorizationState.WITHDRAWN,
        lot_state=LotState.CANCELLED,
        at=at,
    )


def expire(ret: Return, *, at: datetime) -> Change:
    """Nothing was handed over in time; what is booked is to be cancelled."""
    return _call_off(
        ret,
        Fact("return.expired", {"reason": "hand_over_by"}),
        to=AuthorizationState.EXPIRED,
        lot_state=LotState.EXPIRED,
        at=at,
    )


def _call_off(
    ret: Return,
    fact: Fact,
    *,
    to: AuthorizationState,
    lot_state: LotState,
    at: datetime,
) -> Change:
    lots = tuple(
        lot.moved(lot_state, at) if lot.state in (LotState.PENDING, *AWAITED) else lot
        for lot in ret.lots
    )
    deliveries = tuple(
        replace(d, state=DeliveryState.CANCEL_REQUESTED, since=at)
        if d.state in BEFORE_HANDOVER
        else d
        for d in ret.deliveries
    )
    after = replace(ret, authorization=to, authorized_since=at, lots=lots, deliveries=deliveries)
    return after, (fact,)


def cancelled(
    ret: Return, delivery_id: str, *, at: datetime, pickup_cancelled: bool, label_voided: bool
) -> Change:
    """Pickup and label of a delivery are given back, as far as there were any."""
    delivery = ret.delivery(delivery_id)
    after = replace(delivery, state=DeliveryState.CANCELLED, since=at)
    if delivery.attempts and delivery.attempts[-1].outcome is None:
        after = replace(after, attempts=_last_outcome(delivery, "cancelled"))
    where: dict[str, JsonValue] = {"delivery_id": delivery_id}
    facts: list[Fact] = []
    if pickup_cancelled:
        facts.append(Fact("pickup.cancelled", where))
    if label_voided:
        facts.append(Fact("delivery.label_voided", where))
    return ret.with_delivery(after), tuple(facts)


def send_back(ret: Return, lot_id: str, *, at: datetime) -> Return:
    """Open the delivery that brings a rejected lot back to the customer."""
    number = len(ret.deliveries) + 1
    delivery = Delivery(
        delivery_id=f"d{number}",
        method=HandoverMethod.DROP_OFF,
        state=DeliveryState.LABEL_PENDING,
        since=at,
        ship_back_of=lot_id,
    )
    return replace(ret, deliveries=(*ret.deliveries, delivery))


def sent_back(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """The rejected lot left the warehouse with its label."""
    lot = ret.lot(lot_id).moved(LotState.SHIPPED_BACK, at)
    return ret.with_lots(lot), (Fact("lot.sent_back", {"lot_id": lot_id}),)


def _cost(component: str, minor: int, currency: str) -> Fact:
    return Fact(
        "cost.recorded", {"component": component, "amount_minor": minor, "currency": currency}
    )
