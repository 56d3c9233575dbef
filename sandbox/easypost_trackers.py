"""Parcels on their way: trackers, their scans, and the events about them."""

import secrets

from sandbox import easypost_objects
from sandbox.clock import easypost_now
from sandbox.errors import easypost_refusal
from sandbox.ledger import Json
from sandbox.world import World

_MESSAGES = {
    "unknown": "No information yet",
    "pre_transit": "Shipping label created",
    "in_transit": "Picked up",
    "out_for_delivery": "Out for delivery",
    "delivered": "Delivered",
    "return_to_sender": "Returned to sender",
    "failure": "Lost or damaged on the way",
}
_TEST_CODES = {
    "EZ1000000001": "pre_transit",
    "EZ2000000002": "in_transit",
    "EZ3000000003": "out_for_delivery",
    "EZ4000000004": "delivered",
    "EZ5000000005": "return_to_sender",
    "EZ6000000006": "failure",
    "EZ7000000007": "unknown",
}
_FINAL = ("delivered", "return_to_sender", "failure")


def create(world: World, *, tracking_code: str, carrier: str, shipment: Json | None = None) -> Json:
    """Start following a parcel, or return the tracker that follows it already."""
    known = world.ledger.find("easypost.tracker", {"tracking_code": tracking_code}, limit=1)
    if known:
        return known[0]
    tracker = easypost_objects.tracker(
        tracking_code=tracking_code,
        carrier=carrier,
        shipment_id=shipment["id"] if shipment else None,
        is_return=bool(shipment and shipment["is_return"]),
    )
    world.ledger.add("easypost.tracker", tracker["id"], tracker)
    status = _TEST_CODES.get(tracking_code)
    if status not in (None, "unknown"):
        _append(tracker, status=str(status), scan_id="test-code")
        world.ledger.save("easypost.tracker", tracker["id"], tracker)
    _emit(world, "tracker.created", tracker, before={})
    return tracker


def find(world: World, id_or_code: str) -> Json:
    """Return a tracker by its id or tracking code, or raise the 404."""
    tracker = world.ledger.get("easypost.tracker", id_or_code)
    if tracker is None:
        by_code = world.ledger.find("easypost.tracker", {"tracking_code": id_or_code}, limit=1)
        tracker = by_code[0] if by_code else None
    if tracker is None:
        raise easypost_refusal(
            404, "TRACKER.NOT_FOUND", "The requested tracker could not be found."
        )
    return tracker


def scan(world: World, tracker: Json, *, status: str, scan_id: str) -> Json:
    """Add a scan and send ``tracker.updated``. A ``scan_id`` seen before changes nothing."""
    if any(detail.get("_scan_id") == scan_id for detail in tracker["tracking_details"]):
        return tracker
    before = {"status": tracker["status"]}
    _append(tracker, status=status, scan_id=scan_id)
    world.ledger.save("easypost.tracker", tracker["id"], tracker)
    _emit(world, "tracker.updated", tracker, before=before)
    return tracker


def presented(tracker: Json) -> Json:
    details = [easypost_objects.public(detail) for detail in tracker["tracking_details"]]
    return tracker | {"tracking_details": details}


def _append(tracker: Json, *, status: str, scan_id: str) -> None:
    now = easypost_now()
    detail = easypost_objects.tracking_detail(
        status=status, message=_MESSAGES[status], carrier=tracker["carrier"], at=now
    )
    tracker["tracking_details"].append(detail | {"_scan_id": scan_id})
    tracker |= {
        "status": status,
        "status_detail": "status_update",
        "updated_at": now,
        "finalized": status in _FINAL,
    }


def _emit(world: World, description: str, tracker: Json, *, before: Json) -> None:
    now, event_id = easypost_now(), f"evt_{secrets.token_hex(16)}"
    event: Json = {
        "id": event_id,
        "object": "Event",
        "description": description,
        "mode": "test",
        "previous_attributes": before,
        "created_at": now,
        "updated_at": now,
        "pending_urls": [],
        "completed_urls": [],
        "user_id": "user_sandbox",
        "status": "pending",
        "result": presented(tracker),
    }
    world.ledger.add("easypost.event", event_id, event)
    world.webhooks.enqueue("easypost", event_id, description, event)
