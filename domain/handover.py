"""How a parcel gets into somebody's hands: the method, its change, and the proof of sending."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.carriage import check_way_open, granted_lines
from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.label_dates import told_date
from domain.lifecycle import GRANTED, DeliveryState, LotState
from domain.parcels import Delivery, VisitCancel
from domain.requests import HandoverMethod, PickupWindow
from domain.returns import Change, Return
from domain.transport import BEFORE_HANDOVER, was_handed_over


@dataclass(frozen=True, slots=True)
class Sending:
    """What the customer shows of a parcel that was sent: by whom, and where that can be seen.

    ``reference`` names the receipt in the platform's books; no personal data. ``bag`` is the code
    of the bag in which it travels, where ``tracking_code`` is of a bulk parcel of many bags.
    """

    sent_at: datetime
    carrier: str = ""
    tracking_code: str = ""
    reference: str = ""
    bag: str = ""


_CLOCKS_DIFFER_BY = timedelta(minutes=15)
_BOOKED_AHEAD = timedelta(days=60)
_LONGEST_WINDOW = timedelta(days=7)


def check_bookable(window: PickupWindow, at: datetime) -> None:
    """Refuse a courier's window that is over, too far ahead, or no window any more."""
    if window.not_after <= at:
        raise RefusedError("invalid_request", "the window is over", field="pickup_window.not_after")
    if window.not_before > at + _BOOKED_AHEAD:
        raise RefusedError(
            "invalid_request", "wanted within 60 days", field="pickup_window.not_before"
        )
    if window.not_after > max(window.not_before, at) + _LONGEST_WINDOW:
        raise RefusedError(
            "invalid_request", "wanted 7 days at most", field="pickup_window.not_after"
        )


def handover_of(ret: Return) -> Delivery | None:
    """Return the parcel that is still to be handed over, if there is one."""
    return next((d for d in ret.inbound if d.state in BEFORE_HANDOVER), None)


def is_changeable(ret: Return) -> bool:
    """Say whether the way back can still be chosen: granted, and nothing was handed over."""
    delivery = handover_of(ret)
    scanned = any(map(was_handed_over, ret.inbound))
    return ret.authorization in GRANTED and delivery is not None and not scanned


def check_change(
    ret: Return, method: HandoverMethod, window: PickupWindow | None, *, at: datetime
) -> None:
    """Refuse a change that comes too late or changes nothing.

    Raises:
        RefusedError: nothing is to be handed over any more; it is what was chosen already; no
            courier can be booked then; the goods would be kept, which is granted and not chosen; or
            no carrier may take them.
    """
    delivery = handover_of(ret)
    if delivery is None or not is_changeable(ret):
        raise RefusedError("command_not_allowed", "nothing is to be handed over any more")
    if method is HandoverMethod.KEEP:
        raise RefusedError("invalid_request", "is granted with the return alone", field="handover")
    check_way_open(ret, granted_lines(ret), method)
    if _wish_of(delivery) == (method, window):
        raise RefusedError("command_not_allowed", f"it is {method} already", field="handover")
    if window is not None:
        check_bookable(window, at)


def change_handover(
    ret: Return, method: HandoverMethod, window: PickupWindow | None, *, at: datetime
) -> Change:
    """Take the wish for another way or another window.

    A courier who is ordered is called off first: until the carrier confirms that, the visit stands,
    and a scan or its failure may come before. A parcel whose label is of no more use is replaced by
    one without; the label is given back, and a scan of it still finds the return.
    """
    delivery = handover_of(ret)
    assert delivery is not None
    data: dict[str, JsonValue] = {
        "delivery_id": delivery.delivery_id,
        "method": method,
        "before": delivery.method,
    }
    wished = replace(delivery, wish=(method, window))
    if delivery.state is DeliveryState.PICKUP_SCHEDULED:
        wished = wished.with_last_visit(cancel=VisitCancel.REQUESTED)
        return ret.with_delivery(wished), (Fact("handover.changed", data),)
    ret, facts = granted_wish(ret.with_delivery(wished), delivery.delivery_id, at=at)
    return ret, (Fact("handover.changed", data), *facts)


def wants_visit_cancelled(delivery: Delivery) -> bool:
    """Say whether the carrier is to be asked to call an ordered courier off."""
    visits = delivery.attempts
    scheduled = delivery.state is DeliveryState.PICKUP_SCHEDULED
    return scheduled and bool(visits) and visits[-1].cancel is VisitCancel.REQUESTED


def visit_cancelled(ret: Return, delivery_id: str, *, at: datetime) -> Change:
    """The carrier confirmed that no courier comes: the wish is granted."""
    delivery = ret.delivery(delivery_id)
    if not wants_visit_cancelled(delivery):
        return ret, ()
    over = delivery.with_visit_over("cancelled").with_last_visit(cancel=VisitCancel.CONFIRMED)
    free = replace(over, state=DeliveryState.AWAITING_HANDOVER, since=at)
    ret, facts = granted_wish(ret.with_delivery(free), delivery_id, at=at)
    return ret, (Fact("pickup.cancelled", {"delivery_id": delivery_id}), *facts)


def visit_not_cancelled(ret: Return, delivery_id: str, reason: str) -> Change:
    """The courier is out already (edge 29): a scan or his failure decides; the wish stays."""
    delivery = ret.delivery(delivery_id)
    if not wants_visit_cancelled(delivery):
        return ret, ()
    told: dict[str, JsonValue] = {"delivery_id": delivery_id, "reason": reason}
    refused = delivery.with_last_visit(cancel=VisitCancel.REFUSED)
    return ret.with_delivery(refused), (Fact("pickup.cancel_rejected", told),)


def granted_wish(ret: Return, delivery_id: str, *, at: datetime) -> Change:
    """Let a parcel that no courier is ordered for go the way that was wished."""
    delivery = ret.delivery(delivery_id)
    if delivery.wish is None:
        return ret, ()
    method, window = delivery.wish
    gone = replace(delivery, wish=None, since=at)
    if delivery.with_courier or (delivery.method.has_label and not method.has_label):
        ret, instead = another_parcel(ret, delivery_id, method, window, at=at)
        return ret, (() if method.has_label else (handover_ready(ret, instead),))
    labelled = delivery.label_url is not None
    state = DeliveryState.AWAITING_HANDOVER if labelled else first_state(method)
    changed = replace(gone, method=method, pickup_window=window, state=state)
    is_ready = not method.has_label or (labelled and method is HandoverMethod.DROP_OFF)
    return ret.with_delivery(changed), ((handover_ready(ret, changed),) if is_ready else ())


def goes_on(
    ret: Return,
    delivery: Delivery,
    method: HandoverMethod,
    window: PickupWindow | None,
    *,
    at: datetime,
) -> Return:
    """Let a parcel whose courier did not take it go on, with the next one or to a drop-off point.

    With its label, unless that was ordered with the courier: then another parcel takes its place.
    """
    if not delivery.with_courier:
        return ret.with_delivery(replace(delivery, pickup_window=window))
    ret, next_window = ret.with_delivery(delivery), window
    if method is not HandoverMethod.PICKUP:
        next_window = None
    return another_parcel(ret, delivery.delivery_id, method, next_window, at=at)[0]


def another_parcel(
    ret: Return,
    delivery_id: str,
    method: HandoverMethod,
    window: PickupWindow | None,
    *,
    at: datetime,
    ended: DeliveryState = DeliveryState.CANCEL_REQUESTED,
) -> tuple[Return, Delivery]:
    """Let another parcel go instead of one whose label is of no more use.

    It is given back, unless it has ``ended`` already.
    """
    given_up = replace(ret.delivery(delivery_id), state=ended, since=at, wish=None)
    instead = Delivery(
        delivery_id=f"d{len(ret.deliveries) + 1}",
        method=method,
        state=first_state(method),
        since=at,
        pickup_window=window,
        replaces=delivery_id,
    )
    ret = ret.with_delivery(given_up)
    return replace(ret, deliveries=(*ret.deliveries, instead)), instead


def handover_ready(ret: Return, delivery: Delivery) -> Fact:
    """Nothing more is booked for it: the customer may hand it over."""
    data: dict[str, JsonValue] = {
        "delivery_id": delivery.delivery_id,
        "method": delivery.method,
        "tracking_code": delivery.tracking_code,
        **told_date(ret, delivery),
    }
    return Fact("handover.ready", data)


def first_state(method: HandoverMethod) -> DeliveryState:
    return DeliveryState.LABEL_PENDING if method.has_label else DeliveryState.AWAITING_HANDOVER


def is_sendable(ret: Return) -> bool:
    return handover_of(ret) is not None and ret.authorization in GRANTED


def check_sending(ret: Return, sending: Sending, *, at: datetime) -> None:
    """Refuse a proof of sending that proves nothing.

    Raises:
        RefusedError: nothing is to be handed over, it lies ahead or before the request, or it
            names neither a parcel nor a receipt.
    """
    if not is_sendable(ret):
        raise RefusedError("command_not_allowed", "nothing is to be handed over any more")
    if sending.sent_at > at + _CLOCKS_DIFFER_BY:
        raise RefusedError("invalid_request", "lies ahead", field="sent_at")
    if sending.sent_at < ret.requested_at - _CLOCKS_DIFFER_BY:
        raise RefusedError(
            "invalid_request",
            f"lies before the request of {ret.requested_at:%Y-%m-%d %H:%M %Z}",
            field="sent_at",
        )
    if sending.bag and not sending.tracking_code:
        raise RefusedError(
            "invalid_request", "wanted the bulk parcel that the bag is in", field="tracking_code"
        )
    if not (sending.tracking_code or sending.reference):
        raise RefusedError(
            "invalid_request", "wanted it, or the receipt as reference", field="tracking_code"
        )


def sent(ret: Return, sending: Sending, *, at: datetime) -> Change:
    """Note that the customer proved that the parcel was sent; it counts as under way from then.

    An ordered courier has not taken it, then: the visit is over.
    """
    delivery = handover_of(ret)
    assert delivery is not None
    data: dict[str, JsonValue] = {
        "delivery_id": delivery.delivery_id,
        "sent_at": sending.sent_at.isoformat(),
        "carrier": sending.carrier,
        "tracking_code": sending.tracking_code,
        "reference": sending.reference,
        "bag": sending.bag,
    }
    under_way = replace(
        delivery,
        state=DeliveryState.IN_TRANSIT,
        since=at,
        sent_at=sending.sent_at,
        carrier=sending.carrier or delivery.carrier,
        tracking_code=sending.tracking_code or delivery.tracking_code,
        bag=sending.bag or None,
        wish=None,
    )
    if delivery.attempts and delivery.attempts[-1].outcome is None:
        under_way = under_way.with_visit_over("overtaken")
    lots = [lot for lot in ret.lots if lot.state is LotState.AUTHORIZED]
    ret = ret.with_delivery(under_way)
    ret = ret.with_lots(*(lot.moved(LotState.IN_TRANSIT, at) for lot in lots))
    return ret, (Fact("delivery.proof_of_sending", data, sending.sent_at),)


def sent_on(ret: Return) -> datetime | None:
    """Return when the goods were first proven to be sent by the customer, if they were."""
    return min((d.sent_at for d in ret.inbound if d.sent_at is not None), default=None)


def wants_qr_code(delivery: Delivery) -> bool:
    """Say whether a label is to be shown as a code at the drop-off point, and is not yet."""
    wanted = delivery.method is HandoverMethod.QR_DROP_OFF and delivery.qr_url is None
    return wanted and delivery.state is DeliveryState.AWAITING_HANDOVER


def qr_code_made(ret: Return, delivery_id: str, qr_url: str, *, at: datetime) -> Change:
    """The code that stands for the label is there; one that nobody wants any more is kept.

    The customer could not hand the parcel over without it: the time for that begins now.
    """
    delivery = replace(ret.delivery(delivery_id), qr_url=qr_url)
    if delivery.state is DeliveryState.AWAITING_HANDOVER:
        delivery = replace(delivery, since=at)
    told: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "tracking_code": delivery.tracking_code,
    }
    return ret.with_delivery(delivery), (Fact("delivery.qr_code_created", told),)


def _wish_of(delivery: Delivery) -> tuple[HandoverMethod, PickupWindow | None]:
    return delivery.wish or (delivery.method, delivery.pickup_window)
