"""EasyPost's answers in the port's words."""

from collections.abc import Sequence
from datetime import datetime

from domain.money import Money
from domain.tracking import Scan, ScanStatus
from integrations.amounts import exact
from integrations.carriers.easypost import wire
from integrations.carriers.port import Booked, Label, Offer, Pickup, Shipment, TrackingSnapshot
from integrations.errors import ProtocolError, RejectedError

_SCANS = {
    "pre_transit": ScanStatus.LABEL_CREATED,
    "in_transit": ScanStatus.IN_TRANSIT,
    "out_for_delivery": ScanStatus.OUT_FOR_DELIVERY,
    "available_for_pickup": ScanStatus.AVAILABLE_FOR_PICKUP,
    "delivered": ScanStatus.DELIVERED,
    "return_to_sender": ScanStatus.RETURNED_TO_SENDER,
    "failure": ScanStatus.EXCEPTION,
    "error": ScanStatus.EXCEPTION,
}
_PICKUP_STATUS = {"unknown": "unbooked", "scheduled": "scheduled", "canceled": "canceled"}


def cheapest(rates: Sequence[wire.WireRate], messages: Sequence[wire.WireMessage]) -> wire.WireRate:
    """Return the cheapest rate; among equals the first by carrier, service and id.

    Raises:
        RejectedError: there is none, or they cannot be compared.
        ProtocolError: its price is no exact amount of money.
    """
    if not rates:
        # Who said no, but not what they said: their texts repeat the address.
        carriers = ", ".join(sorted({m.carrier for m in messages[:10] if m.carrier}))
        raise RejectedError(
            wire.SYSTEM,
            f"no carrier offers a rate (asked: {carriers or 'none'})",
            code="no_rates",
        )
    if len({rate.currency for rate in rates}) > 1:
        raise RejectedError(
            wire.SYSTEM, "rates in several currencies cannot be compared", code="mixed_currencies"
        )
    best = min(rates, key=lambda rate: (rate.rate, rate.carrier, rate.service, rate.id))
    _money(best)
    return best


def _money(rate: wire.WireRate) -> Money:
    return exact(wire.SYSTEM, rate.rate, rate.currency, field="rate")


def qr_code(found: wire.WireShipment) -> str | None:
    codes = [form.form_url for form in found.forms if form.form_type == wire.QR_CODE]
    return next((url for url in codes if url), None)


def shipment(found: wire.WireShipment) -> Shipment:
    bought = label(found)
    return Shipment(found.id, bought, found.refund_status, None if bought else _offer(found))


def _offer(found: wire.WireShipment) -> Offer | None:
    try:
        rate = cheapest(found.rates, found.messages)
    except RejectedError:
        return None
    return Offer(rate.carrier, rate.service, _money(rate), _days(rate))


def _days(rate: wire.WireRate) -> int | None:
    return rate.delivery_days if rate.delivery_days is not None else rate.est_delivery_days


def label(found: wire.WireShipment) -> Label | None:
    if not (found.postage_label and found.selected_rate and found.tracking_code):
        return None
    return Label(
        shipment_ref=found.id,
        tracking_code=found.tracking_code,
        tracker_ref=found.tracker.id if found.tracker else None,
        carrier=found.selected_rate.carrier,
        service=found.selected_rate.service,
        label_url=found.postage_label.label_url,
        cost=_money(found.selected_rate),
        promised_days=_days(found.selected_rate),
    )


def booked_label(found: wire.WireShipment) -> Booked | None:
    """Return a label that stands; one that is not ours by its reference is none of our business."""
    stands = found.postage_label is not None and found.refund_status is None
    if not stands or found.reference is None or found.created_at is None:
        return None
    return Booked(found.id, found.reference, found.created_at, is_visit=False)


def booked_visit(found: wire.WirePickup) -> Booked | None:
    stands = _PICKUP_STATUS.get(found.status) == "scheduled"
    if not stands or found.reference is None or found.created_at is None:
        return None
    return Booked(found.id, found.reference, found.created_at, is_visit=True)


def pickup(found: wire.WirePickup) -> Pickup:
    status = _PICKUP_STATUS.get(found.status)
    if status is None:
        raise ProtocolError(wire.SYSTEM, "a pickup has an unknown status", field="status")
    booked = status == "scheduled" and found.pickup_rates
    # EasyPost does not say which rate was bought; buy_pickup always takes this one.
    cost = _money(cheapest(found.pickup_rates, ())) if booked else None
    return Pickup(found.id, status, found.confirmation, cost)


def snapshot(tracker: wire.WireTracker) -> TrackingSnapshot:
    return TrackingSnapshot(
        tracking_code=tracker.tracking_code,
        scans=tuple(
            _scan(detail.status, detail.status_detail, detail.datetime, detail.message)
            for detail in tracker.tracking_details
            if detail.datetime is not None
        ),
    )


def _scan(status: str, detail: str | None, occurred_at: datetime, message: str | None) -> Scan:
    if detail == "received_at_origin_facility":
        return Scan(ScanStatus.ACCEPTED, occurred_at, message or "")
    return Scan(_SCANS.get(status, ScanStatus.UNKNOWN), occurred_at, message or "")
