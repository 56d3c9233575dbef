"""A parcel's way: labelled, handed over, moving, delivered; cancelling and expiry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.label_dates import told_date, valid_until
from domain.lifecycle import (
    CALLED_OFF,
    GRANTED,
    UNDER_REVIEW,
    AuthorizationState,
    DeliveryState,
    LotState,
)
from domain.parcels import Delivery, chain_of, ordered_instead
from domain.promises import promised_at
from domain.releasing import is_value_out
from domain.requests import HandoverMethod, PickupWindow
from domain.returns import Change, Lot, Return
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
    promised_days: int | None = None,
    adapter: str | None = None,
    with_courier: bool = False,
    courier: PickupWindow | None = None,
    label_valid_until: datetime | None = None,
) -> Change:
    """A label was bought; without a courier the parcel now waits for the customer.

    A delivery that went another way meanwhile (called off, received) stays on it. ``with_courier``:
    the visit was ordered with the label, as one, for ``courier``. ``label_valid_until`` is what the
    carrier said.
    """
    delivery = ret.delivery(delivery_id)
    after = delivery
    if delivery.state is DeliveryState.LABEL_PENDING:
        back = delivery.ship_back_of is not None
        state = DeliveryState.IN_TRANSIT if back else DeliveryState.AWAITING_HANDOVER
        after = replace(delivery, state=state, since=at)
    after = replace(
        after,
        carrier=carrier,
        shipment_ref=shipment_ref,
        tracking_code=tracking_code,
        tracker_ref=tracker_ref,
        label_url=label_url,
        promised_days=promised_days,
        adapter=adapter,
        with_courier=with_courier,
    )
    if courier is not None:
        after = ordered_instead(after, courier)
    if delivery.ship_back_of is None:
        until = valid_until(ret, label_valid_until, at=at)
        after = replace(after, label_valid_until=until)
    facts = (
        Fact(
            "delivery.label_created",
            {
                "delivery_id": delivery_id,
                "carrier": carrier,
                "tracking_code": tracking_code,
                **told_date(ret, after),
            },
        ),
        cost_recorded("freight", cost_minor, cost_currency),
    )
    return ret.with_delivery(after), facts


def reached(
    ret: Return, delivery_id: str, milestones: Sequence[Reached], *, at: datetime
) -> Change:
    """Take in milestones, in whatever order they are told.

    Repeats change nothing; of late ones an earlier time counts, for it is evidence. A delivered
    parcel never goes back to moving, and trouble before the first scan shows only once the parcel
    moves. So the order decides nothing but what is told when: trouble that is told after the
    delivery is no news (edge 39). A scan proves that the goods are on their way, so a withdrawal
    or expiry that is still being cancelled no longer holds (edge 78).
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
    if news.milestone is Milestone.FIRST_SCAN:
        if delivery.first_scan_at is not None:
            sooner = _scanned(ret, delivery, news.occurred_at)
            return _corrected(ret, sooner, news, before=delivery.first_scan_at)
        return _handed_over(ret, delivery, news.occurred_at, where, at)
    if delivery.delivered_at is not None and news.milestone is Milestone.DELIVERED:
        sooner = replace(delivery, delivered_at=news.occurred_at)
        return _corrected(ret, sooner, news, before=delivery.delivered_at)
    if delivery.delivered_at is not None or delivery.state in NOTHING_AWAITED:
        return ret, ()
    if news.milestone is Milestone.DELIVERED:
        return _delivered(ret, delivery, news.occurred_at, where, at)
    trouble = _TROUBLES[news.milestone]
    if delivery.trouble in (trouble, DeliveryState.RETURNED_TO_SENDER):
        return ret, ()
    changed = replace(delivery, trouble=trouble)
    if delivery.state in _MOVING:
        changed = replace(changed, state=trouble, since=at)
    told = Fact(f"delivery.{trouble.lower()}", where, news.occurred_at)
    return ret.with_delivery(changed), (told,)


def _corrected(ret: Return, sooner: Delivery, news: Reached, *, before: datetime) -> Change:
    """Take a time that is earlier than the one told ``before``, and nothing else."""
    if news.occurred_at >= before:
        return ret, ()
    data: dict[str, JsonValue] = {
        "delivery_id": sooner.delivery_id,
        "milestone": news.milestone,
        "occurred_at": news.occurred_at.isoformat(),
        "before": before.isoformat(),
    }
    return ret.with_delivery(sooner), (Fact("delivery.time_corrected", data, news.occurred_at),)


NOTHING_AWAITED = (
    DeliveryState.DELIVERED,
    DeliveryState.RECEIVED,
    DeliveryState.CANCELLED,
    DeliveryState.LOST,
)
"""States in which no scan is awaited; one that comes all the same is taken."""
_MOVING = (DeliveryState.IN_TRANSIT, DeliveryState.EXCEPTION, DeliveryState.RETURNED_TO_SENDER)
_TROUBLES = {
    Milestone.RETURNED_TO_SENDER: DeliveryState.RETURNED_TO_SENDER,
    Milestone.EXCEPTION: DeliveryState.EXCEPTION,
}


def _handed_over(
    ret: Return,
    delivery: Delivery,
    scanned_at: datetime,
    where: dict[str, JsonValue],
    at: datetime,
) -> Change:
    ret, revived = revive(ret, at=at)
    delivery = ret.delivery(delivery.delivery_id)
    moving = _scanned(ret, delivery, scanned_at)
    promised: dict[str, JsonValue] = {**where, "promised_at": _told(moving.promised_at)}
    facts = [*revived, Fact("delivery.first_scan", promised, scanned_at)]
    if delivery.state in BEFORE_HANDOVER or _is_given_up(ret, delivery):
        moving = replace(moving, state=delivery.trouble or DeliveryState.IN_TRANSIT, since=at)
        ret = _without_successor(ret, delivery, at)
    if delivery.attempts and delivery.attempts[-1].outcome is None:
        moving = moving.with_visit_over("collected")
        number = len(delivery.attempts)
        window = delivery.attempts[-1].window
        done: dict[str, JsonValue] = {
            "delivery_id": delivery.delivery_id,
            "attempt": number,
            "on_time": window.not_before <= scanned_at <= window.not_after,
        }
        facts.append(Fact("pickup.completed", done, scanned_at))
    return _travelling(ret.with_delivery(moving), moving, at), tuple(facts)


def _scanned(ret: Return, delivery: Delivery, scanned_at: datetime) -> Delivery:
    """Return the delivery with its first scan, and with the date that its promise becomes by it."""
    promised = None
    if delivery.promised_days is not None:
        promised = promised_at(
            scanned_at,
            delivery.promised_days,
            time_zone=ret.time_zone,
            country=ret.country or "",
        )
    return replace(delivery, first_scan_at=scanned_at, promised_at=promised)


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _is_given_up(ret: Return, delivery: Delivery) -> bool:
    """Say whether another parcel was to go instead of this one, which is scanned after all."""
    given_up = delivery.state in (DeliveryState.CANCEL_REQUESTED, DeliveryState.CANCELLED)
    replaced = any(d.replaces == delivery.delivery_id for d in ret.inbound)
    return given_up and replaced and ret.authorization in GRANTED


def _without_successor(ret: Return, delivery: Delivery, at: datetime) -> Return:
    """Call off whatever was to go instead of a parcel, however often it was replaced."""
    for other in ret.inbound:
        instead_of = [one.delivery_id for one in chain_of(ret.deliveries, other)[1:]]
        if delivery.delivery_id in instead_of and other.state in BEFORE_HANDOVER:
            unneeded = replace(other, state=DeliveryState.CANCEL_REQUESTED, since=at, wish=None)
            ret = ret.with_delivery(unneeded)
    return ret


def _delivered(
    ret: Return,
    delivery: Delivery,
    delivered_at: datetime,
    where: dict[str, JsonValue],
    at: datetime,
) -> Change:
    ret, revived = revive(ret, at=at)
    delivery = ret.delivery(delivery.delivery_id)
    promised = delivery.promised_at
    told: dict[str, JsonValue] = {
        **where,
        "promised_at": _told(promised),
        "on_time": None if promised is None else delivered_at <= promised,
    }
    facts = [*revived, Fact("delivery.delivered", told, delivered_at)]
    arrived = replace(
        delivery,
        state=DeliveryState.DELIVERED,
        since=at,
        delivered_at=delivered_at,
        trouble=None,
    )
    after = _travelling(ret.with_delivery(arrived), delivery, at)
    if delivery.ship_back_of is not None:
        lot = after.lot(delivery.ship_back_of)
        if lot.state is LotState.RETURN_TO_CUSTOMER:
            lot = lot.moved(LotState.SHIPPED_BACK, at)
        after = after.with_lots(lot.moved(LotState.CLOSED_RETURNED, at))
        facts.append(Fact("lot.returned_to_customer", {"lot_id": lot.lot_id}))
    return after, tuple(facts)


def _travelling(ret: Return, delivery: Delivery, at: datetime) -> Return:
    if delivery.ship_back_of is not None or delivery.state is DeliveryState.CANCELLED:
        return ret
    authorized = [lot for lot in ret.lots if lot.state is LotState.AUTHORIZED]
    return ret.with_lots(*(lot.moved(LotState.IN_TRANSIT, at) for lot in authorized))


def check_withdrawal(ret: Return) -> None:
    """Refuse a withdrawal once anything was handed over, received or ended.

    Raises:
        RefusedError: with the reason why only the way forward is left.
    """
    undecided = (AuthorizationState.DRAFT, AuthorizationState.REQUESTED)
    if ret.authorization not in (*undecided, *UNDER_REVIEW, *GRANTED):
        raise RefusedError("command_not_allowed", f"the return is {ret.headline}")
    if is_value_out(ret):
        raise RefusedError(
            "command_not_allowed", "its value went out before the goods: let them arrive instead"
        )
    if any(lot.kept_at is not None for lot in ret.lots):
        raise RefusedError("command_not_allowed", "the goods may be kept, and are being settled")
    if any(map(was_handed_over, ret.deliveries)) or ret.receipts:
        raise RefusedError(
            "command_not_allowed", "the goods are on their way: let them arrive instead"
        )


def was_handed_over(delivery: Delivery) -> bool:
    """Say whether a parcel left its sender; of one that came back another is to be handed over."""
    left = delivery.first_scan_at or delivery.delivered_at or delivery.sent_at
    return left is not None and delivery.state is not DeliveryState.CANCELLED


def is_withdrawable(ret: Return) -> bool:
    try:
        check_withdrawal(ret)
    except RefusedError:
        return False
    return True


def withdraw(ret: Return, *, at: datetime) -> Change:
    """Take the request back; what is booked is to be cancelled.

    Why is not logged: it is the customer's free text and may name a person.
    """
    fact = Fact("return.withdrawn")
    return _call_off(ret, fact, to=AuthorizationState.WITHDRAWN, at=at)


def expire(ret: Return, *, at: datetime) -> Change:
    """Nothing was handed over in time; what is booked is to be cancelled.

    Where value went out for other lots, those are awaited still, and their label stays good.
    """
    if is_value_out(ret):
        late = [lot for lot in ret.lots if is_left_behind(lot)]
        facts = [
            Fact("lot.not_sent", {"lot_id": lot.lot_id, "quantity": lot.quantity}) for lot in late
        ]
        return ret.with_lots(*(lot.moved(LotState.EXPIRED, at) for lot in late)), tuple(facts)
    fact = Fact("return.expired", {"reason": "hand_over_by"})
    return _call_off(ret, fact, to=AuthorizationState.EXPIRED, at=at)


def is_left_behind(lot: Lot) -> bool:
    """Say whether a lot is to be handed over and nothing but its own end depends on it."""
    return lot.state is LotState.AUTHORIZED and not lot.is_going_out


def _call_off(ret: Return, fact: Fact, *, to: AuthorizationState, at: datetime) -> Change:
    """Authorized lots keep their units until the carrier has cancelled: a scan may come first."""
    deliveries = tuple(
        replace(d, state=DeliveryState.CANCEL_REQUESTED, since=at, wish=None)
        if d.state in BEFORE_HANDOVER
        else d
        for d in ret.deliveries
    )
    lots = tuple(
        lot.moved(LotState.CANCELLED, at) if lot.state is LotState.PENDING else lot
        for lot in ret.lots
    )
    after = replace(ret, authorization=to, authorized_since=at, lots=lots, deliveries=deliveries)
    return after, (fact,)


def is_called_off(ret: Return) -> bool:
    """Say whether a withdrawal or expiry waits for the carrier and may still be overtaken."""
    return ret.authorization in CALLED_OFF and any(
        d.state is DeliveryState.CANCEL_REQUESTED for d in ret.inbound
    )


def revive(ret: Return, *, at: datetime) -> Change:
    """The goods come after all: what was called off and not yet cancelled goes on."""
    if not is_called_off(ret):
        return ret, ()
    deliveries = tuple(
        replace(d, state=DeliveryState.AWAITING_HANDOVER, since=at)
        if d.state is DeliveryState.CANCEL_REQUESTED
        else d
        for d in ret.deliveries
    )
    fact = Fact("return.revived", {"before": ret.authorization})
    return replace(
        ret,
        authorization=granted_again(ret.lots),
        authorized_since=at,
        deliveries=deliveries,
    ), (fact,)


def granted_again(lots: Sequence[Lot]) -> AuthorizationState:
    """Return how a return was granted that had been called off, or had expired."""
    declined = any(lot.state is LotState.DECLINED for lot in lots)
    return AuthorizationState.PARTIALLY_APPROVED if declined else AuthorizationState.APPROVED


def cancelled(
    ret: Return, delivery_id: str, *, at: datetime, pickup_cancelled: bool, label_voided: bool
) -> Change:
    """Pickup and label of a delivery are given back, as far as there were any.

    With nothing left to cancel the authorized lots end and their units are free again. A delivery
    that moved on meanwhile stays as it is.
    """
    delivery = ret.delivery(delivery_id)
    where: dict[str, JsonValue] = {"delivery_id": delivery_id}
    facts: list[Fact] = []
    if pickup_cancelled:
        facts.append(Fact("pickup.cancelled", where))
    if label_voided:
        facts.append(Fact("delivery.label_voided", where))
    if delivery.state is not DeliveryState.CANCEL_REQUESTED:
        return ret, tuple(facts)
    facts.append(Fact("delivery.cancelled", where))
    after = replace(delivery, state=DeliveryState.CANCELLED, since=at)
    if delivery.attempts and delivery.attempts[-1].outcome is None:
        after = after.with_visit_over("cancelled")
    ret = ret.with_delivery(after)
    if ret.authorization in CALLED_OFF and not is_called_off(ret):
        ended = LotState.EXPIRED
        if ret.authorization is AuthorizationState.WITHDRAWN:
            ended = LotState.CANCELLED
        lots = [lot for lot in ret.lots if lot.state is LotState.AUTHORIZED]
        ret = ret.with_lots(*(lot.moved(ended, at) for lot in lots))
    return ret, tuple(facts)


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


def cost_recorded(component: str, minor: int, currency: str) -> Fact:
    return Fact(
        "cost.recorded", {"component": component, "amount_minor": minor, "currency": currency}
    )
