"""Labels: a shipment is free until its postage is bought, once."""

import secrets
import time

from sandbox import easypost_objects, easypost_trackers
from sandbox.clock import easypost_now
from sandbox.easypost_objects import UNSERVED_POSTAL_CODE
from sandbox.errors import easypost_refusal
from sandbox.ledger import Json
from sandbox.world import World

_REFUND_SETTLES_AFTER_S = 1.0
FORMS = ("label_qr_code", "rma_qr_code", "return_packing_slip")


def create(world: World, given: Json) -> Json:
    """Draft a shipment with its rates; nothing is spent and no carrier knows."""
    missing = {
        name: "cannot be blank"
        for name in ("to_address", "from_address", "parcel")
        if not isinstance(given.get(name), dict) or not given[name]
    }
    if missing:
        raise easypost_refusal(
            422, "PARAMETER.REQUIRED", "Missing required parameter.", fields=missing
        )
    weight = given["parcel"].get("weight")
    if not isinstance(weight, int | float) or isinstance(weight, bool) or weight <= 0:
        raise easypost_refusal(
            422,
            "PARCEL.PARAMETERS.INVALID",
            "Invalid parcel.",
            fields={"weight": "must be a number of ounces"},
        )
    reference = given.get("reference")
    if reference is not None and not isinstance(reference, str):
        raise easypost_refusal(422, "SHIPMENT.INVALID_PARAMS", "Invalid reference.")
    now, shipment_id = easypost_now(), easypost_objects.new_id("shp")
    to_address = easypost_objects.address(given["to_address"])
    from_address = easypost_objects.address(given["from_address"])
    options = given.get("options") or {}
    currency = str(options.get("currency") or "USD")
    served = UNSERVED_POSTAL_CODE not in (to_address["zip"], from_address["zip"])
    shipment: Json = {
        "id": shipment_id,
        "created_at": now,
        "is_return": bool(given.get("is_return", False)),
        "messages": [] if served else [_no_carrier(kind="rate_error")],
        "mode": "test",
        "options": {"currency": currency, "payment": {"type": "SENDER"}, "date_advance": 0},
        "reference": reference,
        "status": "unknown",
        "tracking_code": None,
        "updated_at": now,
        "batch_id": None,
        "batch_status": None,
        "batch_message": None,
        "customs_info": given.get("customs_info"),
        "from_address": from_address,
        "insurance": None,
        "order_id": None,
        "parcel": easypost_objects.parcel(given["parcel"]),
        "postage_label": None,
        "rates": easypost_objects.rates(
            shipment_id,
            country=str(from_address["country"]),
            ounces=float(weight),
            currency=currency,
        )
        if served
        else [],
        "refund_status": None,
        "scan_form": None,
        "selected_rate": None,
        "tracker": None,
        "to_address": to_address,
        "usps_zone": None,
        "return_address": from_address,
        "buyer_address": to_address,
        "forms": [],
        "fees": [],
        "object": "Shipment",
    }
    world.ledger.add("easypost.shipment", shipment_id, shipment)
    return shipment


def buy(world: World, shipment: Json, given: Json, *, base_url: str) -> Json:
    """Spend: pay one rate, get the label and a tracker. A second time is refused."""
    if shipment["postage_label"] is not None:
        raise easypost_refusal(
            422, "SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment."
        )
    wanted = given.get("rate")
    if not isinstance(wanted, dict) or not wanted.get("id"):
        raise easypost_refusal(
            422,
            "SHIPMENT.MISSING_RATE",
            "A rate is needed to buy a shipment.",
            fields={"rate": "cannot be blank"},
        )
    rate = next((rate for rate in shipment["rates"] if rate["id"] == wanted["id"]), None)
    if rate is None:
        raise easypost_refusal(
            422, "SHIPMENT.RATES.UNAVAILABLE", "The rate is not one of this shipment's."
        )
    tracking_code = f"94{secrets.randbelow(10**18):018d}"
    tracker = easypost_trackers.create(
        world, tracking_code=tracking_code, carrier=rate["carrier"], shipment=shipment
    )
    shipment |= {
        "selected_rate": rate,
        "tracking_code": tracking_code,
        "tracker": tracker["id"],
        "postage_label": easypost_objects.postage_label(
            url=f"{base_url}/labels/{shipment['id']}.pdf"
        ),
        "fees": [
            {"object": "Fee", "type": kind, "amount": amount, "charged": True, "refunded": False}
            for kind, amount in (("LabelFee", "0.00000"), ("PostageFee", f"{rate['rate']}000"))
        ],
        "updated_at": easypost_now(),
        "_bought_at": easypost_now(),
    }
    world.ledger.save("easypost.shipment", shipment["id"], shipment)
    return shipment


def add_form(world: World, shipment: Json, given: Json, *, base_url: str) -> Json:
    """Make a document of a bought label; the vendor has more kinds than these."""
    if shipment["postage_label"] is None:
        raise easypost_refusal(
            422, "SHIPMENT.POSTAGE.REQUIRED", "A label must be bought before a form is made."
        )
    if given.get("type") not in FORMS:
        raise easypost_refusal(
            422,
            "FORM.TYPE.INVALID",
            "The form type is not supported.",
            fields={"type": "is not included in the list"},
        )
    form_id = easypost_objects.new_id("form")
    now = easypost_now()
    form = {
        "object": "Form",
        "id": form_id,
        "created_at": now,
        "updated_at": now,
        "mode": "test",
        "form_type": given["type"],
        "form_url": f"{base_url}/forms/{form_id}.png",
        "submitted_electronically": None,
    }
    shipment["forms"] = [*shipment["forms"], form]
    world.ledger.save("easypost.shipment", shipment["id"], shipment)
    return shipment


def refund(world: World, shipment: Json) -> Json:
    """Ask for the postage back: submitted now, refunded a second later; refused once it travels."""
    if shipment["postage_label"] is None:
        raise easypost_refusal(422, "SHIPMENT.REFUND.UNAVAILABLE", "There is no postage to refund.")
    if shipment["refund_status"] is not None:
        raise easypost_refusal(
            422, "SHIPMENT.REFUND.UNAVAILABLE", "A refund was already requested."
        )
    tracker = easypost_trackers.find(world, shipment["tracker"])
    if tracker["status"] not in ("unknown", "pre_transit"):
        raise easypost_refusal(
            422, "SHIPMENT.REFUND.FAILURE", "The parcel has already been shipped."
        )
    now = easypost_now()
    shipment |= {"refund_status": "submitted", "updated_at": now, "_refund_at": time.time()}
    world.ledger.save("easypost.shipment", shipment["id"], shipment)
    refund_id = easypost_objects.new_id("rfnd")
    document: Json = {
        "id": refund_id,
        "object": "Refund",
        "created_at": now,
        "updated_at": now,
        "tracking_code": shipment["tracking_code"],
        "confirmation_number": None,
        "status": "submitted",
        "carrier": shipment["selected_rate"]["carrier"],
        "shipment_id": shipment["id"],
        "_refund_at": shipment["_refund_at"],
    }
    world.ledger.add("easypost.refund", refund_id, document)
    return shipment


def find(world: World, id_or_reference: str) -> Json:
    """Return a shipment by id, or the newest with that reference, or raise the 404."""
    shipment = world.ledger.get("easypost.shipment", id_or_reference)
    if shipment is None:
        by_reference = world.ledger.find(
            "easypost.shipment", {"reference": id_or_reference}, limit=1
        )
        shipment = by_reference[0] if by_reference else None
    if shipment is None:
        raise not_found()
    return shipment


def refund_status(document: Json) -> str | None:
    """The state of a label's refund now; carriers take their time."""
    requested_at = document.get("_refund_at")
    if requested_at is None:
        return None
    return "refunded" if time.time() - requested_at >= _REFUND_SETTLES_AFTER_S else "submitted"


def presented(world: World, shipment: Json) -> Json:
    tracker_id = shipment["tracker"]
    return easypost_objects.public(shipment) | {
        "refund_status": refund_status(shipment),
        "tracker": None if tracker_id is None else _tracker_inside(world, tracker_id),
    }


def _tracker_inside(world: World, tracker_id: str) -> Json:
    """Inside a shipment the vendor leaves out two of a tracker's fields."""
    tracker = easypost_trackers.presented(easypost_trackers.find(world, tracker_id))
    return {name: tracker[name] for name in tracker if name not in ("finalized", "is_return")}


def presented_refund(document: Json) -> Json:
    return easypost_objects.public(document) | {"status": refund_status(document)}


def _no_carrier(*, kind: str) -> Json:
    return {
        "carrier": "USPS",
        "carrier_account_id": "ca_usps",
        "type": kind,
        "message": "No carrier serves this postal code.",
    }


def not_found() -> Exception:
    return easypost_refusal(404, "NOT_FOUND", "The requested resource could not be found.")
