"""Courier visits: free until bought, cancellable until the courier has been there."""

import secrets
from datetime import UTC, datetime

from sandbox import easypost_objects, easypost_shipments, easypost_trackers
from sandbox.clock import easypost_now, utc_text
from sandbox.easypost_objects import UNSERVED_POSTAL_CODE
from sandbox.errors import easypost_refusal
from sandbox.ledger import Json
from sandbox.world import World

OUTCOMES = ("collected", "customer_absent", "courier_no_show")


class OutcomeConflictError(Exception):
    """The pickup is not in a state in which this could have happened."""


def create(world: World, given: Json) -> Json:
    """Draft a visit for a shipment whose label is bought; no courier comes yet."""
    if not isinstance(given.get("address"), dict) or not given["address"]:
        raise easypost_refusal(422, "PICKUP.ADDRESS.REQUIRED", "A pickup needs an address.")
    shipment = _shipment_of(world, given)
    earliest = _moment(given, "min_datetime")
    latest = _moment(given, "max_datetime")
    if latest < earliest:
        raise easypost_refusal(
            422,
            "PICKUP.REQUEST.INVALID",
            "The window ends before it begins.",
            fields={"max_datetime": "must not be before min_datetime"},
        )
    now, pickup_id = easypost_now(), easypost_objects.new_id("pickup")
    address = easypost_objects.address(given["address"])
    rate = shipment["selected_rate"]
    served = address["zip"] != UNSERVED_POSTAL_CODE
    pickup: Json = {
        "id": pickup_id,
        "object": "Pickup",
        "created_at": now,
        "updated_at": now,
        "mode": "test",
        "status": "unknown",
        "reference": given.get("reference"),
        "min_datetime": utc_text(earliest),
        "max_datetime": utc_text(latest),
        "is_account_address": bool(given.get("is_account_address", False)),
        "instructions": given.get("instructions"),
        "messages": []
        if served
        else [_message(rate["carrier"], "rate_error", "No courier comes to this postal code.")],
        "confirmation": None,
        "address": address,
        "carrier_accounts": [],
        "pickup_rates": easypost_objects.pickup_rates(
            pickup_id, carrier=rate["carrier"], currency=rate["currency"]
        )
        if served
        else [],
        "_shipment_id": shipment["id"],
        "_outcome": None,
        "_bought": None,
    }
    world.ledger.add("easypost.pickup", pickup_id, pickup)
    return pickup


def buy(world: World, pickup: Json, given: Json) -> Json:
    """Order the visit at one of its rates. A second time is refused."""
    for name in ("carrier", "service"):
        if not given.get(name):
            raise easypost_refusal(
                422, f"PICKUP.{name.upper()}.REQUIRED", f"A {name} is needed to buy a pickup."
            )
    if pickup["status"] != "unknown":
        raise easypost_refusal(
            422, "PICKUP.BUY.FORBIDDEN", f"The pickup is already {pickup['status']}."
        )
    wanted = (given["carrier"], given["service"])
    rate = next(
        (rate for rate in pickup["pickup_rates"] if (rate["carrier"], rate["service"]) == wanted),
        None,
    )
    if rate is None:
        raise easypost_refusal(
            422, "PICKUP.BUY.NO_MATCHING_RATES", "No rate of this pickup matches."
        )
    pickup |= {
        "status": "scheduled",
        "confirmation": f"WTC{secrets.randbelow(10**8):08d}",
        "updated_at": easypost_now(),
        "_bought": rate,
    }
    world.ledger.save("easypost.pickup", pickup["id"], pickup)
    return pickup


def cancel(world: World, pickup: Json) -> Json:
    """Call the visit off. Refused when nothing is scheduled, or the courier is out already."""
    if pickup["_outcome"] in ("out", "collected"):
        raise easypost_refusal(
            422, "PICKUP.CANCEL.FAILED", "The carrier cannot cancel this pickup any more."
        )
    if pickup["status"] != "scheduled":
        raise easypost_refusal(
            422, "PICKUP.STATUS.INVALID", f"The pickup is {pickup['status']}, not scheduled."
        )
    pickup |= {"status": "canceled", "updated_at": easypost_now()}
    world.ledger.save("easypost.pickup", pickup["id"], pickup)
    return pickup


def finish(world: World, pickup: Json, outcome: str) -> Json:
    """Let the courier set out, come or not; collected adds the parcel's first scan.

    Repeats change nothing.

    Raises:
        OutcomeConflictError: nothing is scheduled, or the parcel was collected before.
    """
    if pickup["_outcome"] == outcome:
        return pickup
    if pickup["status"] != "scheduled" or pickup["_outcome"] == "collected":
        raise OutcomeConflictError(f"status {pickup['status']}, outcome {pickup['_outcome']}")
    pickup |= {"_outcome": outcome, "updated_at": easypost_now()}
    if outcome not in ("out", "collected"):
        pickup["messages"].append(
            _message(pickup["_bought"]["carrier"], "pickup_attempt", outcome.replace("_", " "))
        )
    world.ledger.save("easypost.pickup", pickup["id"], pickup)
    if outcome == "collected":
        shipment = easypost_shipments.find(world, pickup["_shipment_id"])
        tracker = easypost_trackers.find(world, shipment["tracker"])
        easypost_trackers.scan(
            world, tracker, status="in_transit", scan_id=f"collected/{pickup['id']}"
        )
    return pickup


def find(world: World, pickup_id: str) -> Json:
    """Return a pickup by id, or the newest with that reference, or raise the 404."""
    pickup = world.ledger.get("easypost.pickup", pickup_id)
    if pickup is None:
        by_reference = world.ledger.find("easypost.pickup", {"reference": pickup_id}, limit=1)
        pickup = by_reference[0] if by_reference else None
    if pickup is None:
        raise easypost_shipments.not_found()
    return pickup


def _shipment_of(world: World, given: Json) -> Json:
    wanted = given.get("shipment")
    if not isinstance(wanted, dict) or not wanted.get("id"):
        raise easypost_refusal(
            422,
            "PARAMETER.REQUIRED",
            "Missing required parameter.",
            fields={"shipment": "cannot be blank"},
        )
    shipment = easypost_shipments.find(world, str(wanted["id"]))
    if shipment["postage_label"] is None or shipment["refund_status"] is not None:
        raise easypost_refusal(
            422, "PICKUP.REQUEST.INVALID", "The shipment has no postage to pick up."
        )
    return shipment


def _moment(given: Json, name: str) -> datetime:
    value = given.get(name)
    if not value:
        raise easypost_refusal(422, f"PICKUP.{name.upper()}.REQUIRED", f"{name} is needed.")
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise easypost_refusal(
            422, "DATE.PARSE.FAILURE", f"{name} is not a date.", fields={name: "is invalid"}
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _message(carrier: str, kind: str, text: str) -> Json:
    return {"carrier": carrier, "type": kind, "message": text}
