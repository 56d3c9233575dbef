"""Parcels on their way with UPS: scans, what tracking shows of them, and Track Alerts."""

import secrets
from datetime import UTC, datetime

from sandbox.errors import ups_refusal
from sandbox.ledger import Json
from sandbox.world import World

_SCANS = {
    "pre_transit": ("M", "MP", "003", "Shipper created a label"),
    "voided": ("MV", "VM", "007", "Shipment information voided"),
    "collected": ("P", "PU", "038", "Picked up"),
    "in_transit": ("I", "DP", "005", "Departed from facility"),
    "out_for_delivery": ("I", "OT", "021", "Out for delivery"),
    "delivered": ("D", "FS", "011", "Delivered"),
    "return_to_sender": ("RS", "RS", "060", "Returned to shipper"),
    "failure": ("X", "XD", "013", "Lost or damaged on the way"),
}
"""Type, code, status code and description; the codes are those of Track Alert's examples and of
UPS's list of statuses, as far as those are public."""


def find(world: World, number: str) -> Json | None:
    return world.ledger.get("ups.shipment", number)


def scan(world: World, shipment: Json, *, status: str, scan_id: str) -> Json:
    """Add a scan and tell of it; a ``scan_id`` seen before changes nothing. The caller saves it."""
    if any(known["scan_id"] == scan_id for known in shipment["scans"]):
        return shipment
    at = datetime.now(UTC)
    shipment["scans"].append({"scan_id": scan_id, "status": status, "at": at.isoformat()})
    kind, code, _, description = _SCANS[status]
    event = {
        "trackingNumber": shipment["tracking_code"],
        "localActivityDate": f"{at:%Y%m%d}",
        "localActivityTime": f"{at:%H%M%S}",
        "activityLocation": {"country": shipment["from_address"]["country"]},
        "activityStatus": {"type": kind, "code": code, "description": description},
        "gmtActivityDate": f"{at:%Y%m%d}",
        "gmtActivityTime": f"{at:%H%M%S}",
        "gmtOffset": "+00.00",
    }
    world.webhooks.enqueue("ups", f"ups_{secrets.token_hex(12)}", "track.alert", event)
    return shipment


def tracked(world: World, number: str) -> Json:
    found = find(world, number)
    return _response(number, [] if found is None else [found])


def tracked_by_reference(world: World, reference: str, account: str | None) -> Json:
    where = {"reference_number": reference} | ({"account": account} if account else {})
    return _response(reference, world.ledger.find("ups.shipment", where))


def _response(inquiry: str, found: list[Json]) -> Json:
    if not found:
        raise ups_refusal(404, "TRK-404", "Tracking information not found")
    packages = [
        {
            "trackingNumber": shipment["tracking_code"],
            "activity": [_activity(known) for known in reversed(shipment["scans"])],
            "referenceNumber": [{"type": "SHIPMENT", "number": shipment["reference_number"]}],
            "packageCount": 1,
        }
        for shipment in found
    ]
    return {"trackResponse": {"shipment": [{"inquiryNumber": inquiry, "package": packages}]}}


def _activity(known: Json) -> Json:
    kind, code, status_code, description = _SCANS[known["status"]]
    at = datetime.fromisoformat(known["at"])
    status = {
        "type": kind,
        "code": code,
        "statusCode": status_code,
        "description": description,
    }
    return {
        "date": f"{at:%Y%m%d}",
        "time": f"{at:%H%M%S}",
        "gmtDate": f"{at:%Y%m%d}",
        "gmtTime": f"{at:%H:%M:%S}",
        "gmtOffset": "+00:00",
        "status": status,
    }
