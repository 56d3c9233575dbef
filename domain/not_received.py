"""A parcel that its carrier delivered and nobody received: the customer does not wait for ever."""

from datetime import datetime

from domain.losing import lost
from domain.parcel_links import swapped_label
from domain.parcels import Delivery
from domain.returns import Change, Return

COUNTS_AS_LOST = (
    "the parcel counts as lost, decided by system:timeout: whoever sent it gets what he was to get"
)


def receipt_key(delivery: Delivery) -> str:
    """Name the wait for the count of a delivered parcel."""
    return f"delivery/{delivery.delivery_id}/receipt"


def counts_as_lost_at(ret: Return, delivery: Delivery) -> datetime | None:
    """Return when a delivered parcel counts as lost, if the policy says so (edge 36).

    Counted from when we heard of the delivery; who extends the wait for it extends this. A parcel
    that held another's goods is no evidence (edge 33).
    """
    lasts = ret.policy.handling.not_received
    if not lasts or swapped_label(ret) is not None:
        return None
    return ret.extended_to(receipt_key(delivery), delivery.since + lasts)


def is_lost_by_now(ret: Return, delivery: Delivery, *, at: datetime) -> bool:
    lost_at = counts_as_lost_at(ret, delivery)
    return lost_at is not None and lost_at <= at


def not_received(ret: Return, delivery: Delivery, *, at: datetime) -> Change:
    """Count a delivered parcel as lost: the carrier's own scan is the evidence.

    Our claim at the carrier is between us and him. What turns up later goes to quarantine, as from
    any lost parcel.
    """
    scanned_at = delivery.delivered_at.isoformat() if delivery.delivered_at else "unknown"
    evidence = f"the carrier's scan says delivered at {scanned_at}; it was never received"
    return lost(ret, delivery.delivery_id, evidence=evidence, claim_ref=None, at=at)
