"""Parcels as nouns: a delivery with its courier visits, and what was counted when it came."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.inspection import Fault
from domain.lifecycle import (
    DeliveryState,
)
from domain.requests import HandoverMethod, PickupWindow
from domain.tracking import Reached


class VisitCancel(StrEnum):
    """How far the wish is that an ordered courier does not come; trouble with it parks."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


SLOT_GONE = "slot_gone"
"""A carrier's word for a window that is not to be had, and the outcome of such a visit."""


@dataclass(frozen=True, slots=True)
class PickupAttempt:
    """One courier visit; ``outcome`` is ``None`` until it is over.

    ``fault`` says who bears a visit that was over without the parcel, as far as that is known.
    """

    number: int
    window: PickupWindow
    pickup_ref: str
    confirmation: str | None = None
    outcome: str | None = None
    fault: Fault = Fault.NONE
    note: str = ""
    cancel: VisitCancel | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One parcel under way: back to the warehouse, or (``ship_back_of``) to the customer again.

    ``pickup_window`` is when the courier is wished for next, or was last. ``trouble`` is the worst
    the carrier told of it: EXCEPTION or RETURNED_TO_SENDER. ``wish`` is the way and window that it
    is to go once the ordered courier is out of the way; ``replaces`` is the parcel that it is
    instead of. ``claim_ref`` is our claim at the carrier who lost it. ``sent_at`` is when the
    customer proved to have sent it. ``adapter`` is whose account its label is from.
    ``promised_days`` under way become ``promised_at`` with the first scan; ``expected_at`` is when
    it is expected instead, once that promise will not be kept. ``with_courier``: label and visit
    are one order, so calling the courier off ends the label. ``label_valid_until`` is when the
    label runs out, where anybody says so; ``label_reminded`` and ``label_expired`` are what the
    customer was told of it.
    ``bag`` is in which bag of a bulk parcel it travels, whose number is its tracking code.
    ``slot_moves`` counts the courier's windows that were gone before they could be booked.
    """

    delivery_id: str
    method: HandoverMethod
    state: DeliveryState
    since: datetime
    ship_back_of: str | None = None
    pickup_window: PickupWindow | None = None
    carrier: str | None = None
    shipment_ref: str | None = None
    tracking_code: str | None = None
    tracker_ref: str | None = None
    label_url: str | None = None
    attempts: tuple[PickupAttempt, ...] = ()
    first_scan_at: datetime | None = None
    delivered_at: datetime | None = None
    trouble: DeliveryState | None = None
    wish: tuple[HandoverMethod, PickupWindow | None] | None = None
    replaces: str | None = None
    sent_at: datetime | None = None
    qr_url: str | None = None
    claim_ref: str | None = None
    adapter: str | None = None
    promised_days: int | None = None
    promised_at: datetime | None = None
    expected_at: datetime | None = None
    with_courier: bool = False
    label_valid_until: datetime | None = None
    label_reminded: bool = False
    label_expired: bool = False
    slot_moves: int = 0
    bag: str | None = None

    def with_visit_over(
        self, outcome: str, *, fault: Fault = Fault.NONE, note: str = ""
    ) -> "Delivery":
        """Return the delivery with its last courier visit over."""
        over = replace(self.attempts[-1], outcome=outcome, fault=fault, note=note)
        return replace(self, attempts=(*self.attempts[:-1], over))

    def with_last_visit(self, *, cancel: VisitCancel) -> "Delivery":
        """Return the delivery with what became of the wish to call its last visit off."""
        last = replace(self.attempts[-1], cancel=cancel)
        return replace(self, attempts=(*self.attempts[:-1], last))


def handover_key(delivery: Delivery) -> str:
    """Name the wait for a parcel to be handed over."""
    return f"delivery/{delivery.delivery_id}/handover"


def chain_of(deliveries: Sequence[Delivery], delivery: Delivery) -> tuple[Delivery, ...]:
    """Return a parcel with those that it is instead of, the newest first."""
    by_id, found = {one.delivery_id: one for one in deliveries}, [delivery]
    while (before := found[-1].replaces) is not None:
        found.append(by_id[before])
    return tuple(found)


def wants_courier(delivery: Delivery) -> bool:
    """Say whether a courier is wished for at a time that none was ordered for yet."""
    window = delivery.pickup_window
    if delivery.state is not DeliveryState.AWAITING_HANDOVER or window is None:
        return False
    if not delivery.attempts:
        return True
    last = delivery.attempts[-1]
    return last.window != window or last.cancel is VisitCancel.CONFIRMED


def ordered_instead(delivery: Delivery, window: PickupWindow) -> Delivery:
    """Return a delivery whose courier was ordered for another window than is wished by now.

    Its wish is granted once he is called off, as if it had come after the order.
    """
    courier = (HandoverMethod.PICKUP, window)
    wish = (delivery.method, delivery.pickup_window)
    if wish == courier:
        return delivery
    return replace(delivery, method=courier[0], pickup_window=window, wish=delivery.wish or wish)


@dataclass(frozen=True, slots=True)
class ReceiptEntry:
    """What was counted, by SKU as seen. ``unexpected`` of them belong to no awaited unit."""

    sku: str
    quantity: int
    unexpected: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An append-only count of one parcel's contents."""

    receipt_id: str
    parcel: str
    location_id: str
    entries: tuple[ReceiptEntry, ...]
    received_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LateScan:
    """What a carrier says of a parcel whose return had expired, until its units are had again."""

    delivery_id: str
    milestones: tuple[Reached, ...]
    since: datetime


class LinkKind(StrEnum):
    """SHARED is known once both returns counted goods of the parcel; SWAPPED until then."""

    SWAPPED = "swapped"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class LabelOwner:
    """The return whose label is on a parcel, and whether it has counted goods of it itself."""

    return_id: str
    rma_no: str
    has_counted: bool = False


@dataclass(frozen=True, slots=True)
class ParcelLink:
    """One parcel and the other return; ``is_own_label``: the label on it is this return's.

    ``to_tell``: the other return does not know yet what this one does.
    """

    tracking_code: str
    return_id: str
    rma_no: str
    kind: LinkKind
    is_own_label: bool
    to_tell: bool = False
