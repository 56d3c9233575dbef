"""Which facts the customer is written about."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.disputing import holds
from domain.events import Event, JsonValue
from domain.ids import content_hash, part_id
from domain.lifecycle import GRANTED
from domain.orders import Destination
from domain.recovering import recovery_of
from domain.requests import HandoverMethod
from domain.returns import Return
from domain.transport import BEFORE_HANDOVER


@dataclass(frozen=True, slots=True)
class Notice:
    """One message that is due.

    ``notice_id`` is the same however often its cause is recorded; ``data`` is what its text needs,
    without personal data.
    """

    notice_id: str
    kind: str
    data: dict[str, JsonValue] = field(default_factory=dict)


def notices_for(ret: Return, events: Sequence[Event]) -> tuple[Notice, ...]:
    """Return the messages that ``events`` make due, in their order."""
    found: list[Notice] = []
    for event in events:
        kind = _kind(ret, event)
        if kind is None:
            continue
        # By what it says and not by its number: an event that is recorded again is one message.
        # A refund is named by the provider, whoever told of it first.
        cause = "" if event.type.startswith("refund.") else event.cause_id or ""
        notice_id = part_id(ret.return_id, "notice", kind, cause, content_hash(event.data))
        facts: dict[str, JsonValue] = {"rma_no": ret.rma_no, "currency": ret.currency}
        found.append(Notice(notice_id, kind, {**facts, **event.data}))
    return tuple(found)


_PLAIN = {
    "return.info_requested": "info_requested",
    "return.info_reminded": "info_reminder",
    "return.offer_made": "offer_made",
    "return.withdrawn": "withdrawn",
    "return.revived": "revived",
    "return.expired": "expired",
    "delivery.lost": "parcel_lost",
    "delivery.delay_expected": "parcel_late",
    "pickup.rescheduled": "pickup_rescheduled",
    "delivery.label_running_out": "label_running_out",
    "delivery.label_expired": "label_expired",
    "parcel.received": "parcel_received",
    "lot.rejected": "lot_rejected",
    "lot.sent_back": "sent_back",
    "refund.settled": "refund_sent",
    "replacement.payment_asked": "difference_to_pay",
    "replacement.called_off": "replacement_called_off",
    "refund.covered": "refund_covered",
    "refund.reversed": "refund_returned",
    "recovery.opened": "send_back_by",
    "recovery.collected": "recovery_charged",
    "recovery.given_back": "charge_given_back",
    "replacement.advance_declined": "advance_declined",
}


def _kind(ret: Return, event: Event) -> str | None:
    if event.type == "return.decided":
        if event.data["decision"] == "DENIED":
            return "request_denied"
        if "offer_no" in event.data:
            return "offer_accepted"
        is_kept = event.data.get("handover") == HandoverMethod.KEEP
        return "keep_item" if is_kept else "request_received"
    if event.type in _HANDOVER:
        return "handover_ready" if _is_to_be_handed_over(ret, event) else None
    if event.type == "settlement.sealed":
        # No provider is called, so nothing else would tell the customer (edge 70).
        return "nothing_to_refund" if not event.data["amount_minor"] else None
    if event.type == "chargeback.opened":
        # Where nothing is granted, or nothing is still to be paid, there is nothing to wait for.
        is_held = any(
            chargeback.dispute_ref == event.data["dispute_ref"] and holds(ret, chargeback)
            for chargeback in ret.chargebacks
        )
        return "refund_on_hold" if is_held and ret.authorization in GRANTED else None
    if event.type == "return.withdrawn" and not ret.lines:
        # Of a draft nobody was told anything.
        return None
    if event.type == "refund.settled" and event.data.get("destination") == Destination.LAPSED:
        return "coupon_lapsed"
    if event.type == "replacement.shipped":
        # Of one that left before its goods came, the message says until when those have to come.
        recovery = recovery_of(ret.lot(str(event.data["lot_id"])))
        early = recovery is not None and recovery.is_outstanding
        return None if early else "replacement_shipped"
    return _PLAIN.get(event.type)


_HANDOVER = (
    *("pickup.booked", "pickup.attempted"),
    *("delivery.label_created", "delivery.qr_code_created", "handover.ready"),
)
"""What may bring the customer's turn: a courier to wait for, or a parcel to hand over."""


def _is_to_be_handed_over(ret: Return, event: Event) -> bool:
    if event.type == "pickup.attempted":
        # Before another visit there is nothing to do: the customer hears of its window.
        # Nor where another parcel takes its place: he hears of that one's label.
        return event.data["next_method"] == HandoverMethod.DROP_OFF and _is_awaited(ret, event)
    if event.type == "delivery.label_created":
        delivery = ret.delivery(str(event.data["delivery_id"]))
        own = delivery.ship_back_of is None and delivery.method is HandoverMethod.DROP_OFF
        return own and _is_awaited(ret, event)
    return _is_awaited(ret, event)


def _is_awaited(ret: Return, event: Event) -> bool:
    """Say whether the customer still has the parcel that was booked; it may have arrived since."""
    return ret.delivery(str(event.data["delivery_id"])).state in BEFORE_HANDOVER
