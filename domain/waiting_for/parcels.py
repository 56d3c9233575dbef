"""What is waited for until a parcel is here: carriers, the customer, another return."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from domain.customs import awaits_papers
from domain.handover import wants_qr_code, wants_visit_cancelled
from domain.label_dates import label_runs, reminded_at
from domain.late_scans import wants_units
from domain.lifecycle import AWAITED, DeliveryState
from domain.not_received import COUNTS_AS_LOST, counts_as_lost_at, receipt_key
from domain.parcel_links import links_to_tell, swapped_label
from domain.parcels import Delivery, handover_key, wants_courier
from domain.pickups import missed_from
from domain.returns import Return
from domain.transport import is_left_behind
from domain.waiting_for.wait import Waiting, wait_for
from domain.work import RELOCKING, WorkKind, link_subject


def parcel_waits(ret: Return) -> list[Waiting]:
    of_deliveries = (_delivery_wait(ret, delivery) for delivery in ret.deliveries)
    return [
        *(wait for waits in of_deliveries for wait in waits),
        *_link_waits(ret),
        *_late_scan_wait(ret),
    ]


def _delivery_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    found = _booking_wait(ret, delivery) or _handover_wait(ret, delivery)
    return found or _way_wait(ret, delivery)


def _booking_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    """What is being asked of the carrier."""
    of, scheduled = delivery.delivery_id, delivery.state is DeliveryState.PICKUP_SCHEDULED
    booking = "booking_delivery" if delivery.ship_back_of is None else "sending_back"
    if awaits_papers(ret, delivery):
        lasts, key = ret.policy.handling.parked, f"delivery/{of}/customs"
        return [wait_for(ret, key, "customs_papers_missing", delivery.since, lasts)]
    works = {
        WorkKind.BOOK: (delivery.state is DeliveryState.LABEL_PENDING, booking),
        WorkKind.CANCEL: (
            delivery.state is DeliveryState.CANCEL_REQUESTED,
            "cancelling_delivery",
        ),
        WorkKind.CALL_COURIER_OFF: (
            scheduled and wants_visit_cancelled(delivery),
            "calling_courier_off",
        ),
        WorkKind.COURIER: (wants_courier(delivery), "booking_delivery"),
        WorkKind.QR_CODE: (wants_qr_code(delivery), "booking_delivery"),
    }
    return [
        wait_for(ret, f"work/{kind}/{of}", code, delivery.since, ret.policy.handling.parked)
        for kind, (is_due, code) in works.items()
        if is_due
    ]


def _handover_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    since, key = delivery.since, f"delivery/{delivery.delivery_id}"
    window = delivery.pickup_window
    if delivery.state is DeliveryState.PICKUP_SCHEDULED and window is not None:
        visit = f"{key}/pickup/{len(delivery.attempts)}"
        # The window is a promise to the customer and never scaled.
        lasts = missed_from(window, since=since) - since
        return [wait_for(ret, visit, "awaiting_pickup", since, lasts)]
    is_expected = any(is_left_behind(lot) for lot in ret.lots)
    if delivery.state is DeliveryState.AWAITING_HANDOVER and is_expected:
        lasts = ret.policy.handling.hand_over_by
        code = "label_expired" if delivery.label_expired else "awaiting_handover"
        wait = wait_for(ret, handover_key(delivery), code, since, lasts)
        return [replace(wait, detail=_label_date(ret, delivery)), *_label_wait(ret, delivery)]
    return []


def _label_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    """For as long as the label is good: the reminder, then its end."""
    until = label_runs(delivery)
    if until is None:
        return []
    remind_at, key = reminded_at(delivery, until), f"delivery/{delivery.delivery_id}/label"
    code, ends = ("label_valid", remind_at) if remind_at else ("label_running_out", until)
    return [wait_for(ret, key, code, delivery.since, ends - delivery.since)]


def _label_date(ret: Return, delivery: Delivery) -> str:
    until = delivery.label_valid_until
    if until is None:
        return ""
    local = until.astimezone(ZoneInfo(ret.time_zone))
    return f"label valid until {local:%Y-%m-%d %H:%M} ({ret.time_zone})"


def _way_wait(ret: Return, delivery: Delivery) -> list[Waiting]:
    handling, since = ret.policy.handling, delivery.since
    key, back = f"delivery/{delivery.delivery_id}", delivery.ship_back_of is not None
    link = swapped_label(ret) if not back else None
    detail = f"its label was on goods of {link.rma_no}" if link is not None else ""
    is_coming = any(lot.state in AWAITED for lot in ret.lots)
    if delivery.state is DeliveryState.DELIVERED and not back and is_coming:
        lasts, late = handling.inspection, "delivered_not_received"
        wait = wait_for(ret, receipt_key(delivery), "awaiting_receipt", since, lasts, overdue=late)
        lost_at = counts_as_lost_at(ret, delivery)
        if lost_at is None or lost_at > wait.deadline:
            return [replace(wait, detail=detail)]
        return [replace(wait, deadline=lost_at, at_deadline=COUNTS_AS_LOST)]
    if delivery.state not in _MOVING or not (back or is_coming):
        return []
    if back:
        code, late, lasts = "awaiting_ship_back", "ship_back_overdue", handling.ship_back
    else:
        code, late, lasts = "awaiting_arrival", "carrier_silent", handling.arrival
    arrival = wait_for(ret, f"{key}/arrival", code, since, lasts, overdue=late)
    if (expected := delivery.expected_at) is not None:
        promised = delivery.promised_at or since
        said = f"promised by {promised:%Y-%m-%d %H:%M}, expected {expected:%Y-%m-%d %H:%M} UTC"
        detail = f"{detail}; {said}" if detail else said
    return [replace(arrival, detail=detail)]


_MOVING = (
    DeliveryState.IN_TRANSIT,
    DeliveryState.EXCEPTION,
    DeliveryState.RETURNED_TO_SENDER,
)


def _link_waits(ret: Return) -> list[Waiting]:
    """How long another return has not been told is not kept: it is a matter of seconds."""
    lasts = ret.policy.handling.parked
    since = max([receipt.received_at for receipt in ret.receipts], default=ret.requested_at)
    return [
        wait_for(ret, f"work/{WorkKind.TELL}/{link_subject(link)}", "linking_parcels", since, lasts)
        for link in links_to_tell(ret)
    ]


def _late_scan_wait(ret: Return) -> list[Waiting]:
    if ret.late_scan is None or not wants_units(ret):
        return []
    lasts, since = ret.policy.handling.parked, ret.late_scan.since
    return [wait_for(ret, f"work/{RELOCKING.key}", "relocking_units", since, lasts)]
