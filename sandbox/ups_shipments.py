"""Labels at UPS: no drafts, a shipment is bought with its label and found by its references."""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox import ups_objects, ups_parcels
from sandbox.clock import easypost_now
from sandbox.errors import ups_refusal
from sandbox.ledger import Json
from sandbox.world import World

_TRAVELLED = ("in_transit", "out_for_delivery", "delivered", "return_to_sender", "failure")


def rated(given: Json, *, with_days: bool) -> Json:
    """Quote all services between two addresses; nothing is kept."""
    shipment = ups_objects.part(given, "RateRequest", "Shipment")
    start = ups_objects.part(shipment, "ShipFrom", "Address")
    currency = ups_objects.currency_of(ups_objects.text(start, "CountryCode"))
    end = ups_objects.part(shipment, "ShipTo", "Address")
    negotiated = "NegotiatedRatesIndicator" in (shipment.get("ShipmentRatingOptions") or {})
    found = []
    for code, price, days in ups_objects.offers(start, end, _package(shipment)):
        offer: Json = {
            "Service": {"Code": code, "Description": ""},
            "TotalCharges": ups_objects.charge(price, currency),
            "RatedPackage": [{"TotalCharges": ups_objects.charge(price, currency)}],
            **ups_objects.billing(price, currency),
        }
        if negotiated:
            own = ups_objects.charge(ups_objects.agreed(price), currency)
            offer["NegotiatedRateCharges"] = {"TotalCharge": own}
        if with_days:
            offer["TimeInTransit"] = _time_in_transit(code, days)
        found.append(offer)
    return {"RateResponse": {"Response": ups_objects.success(), "RatedShipment": found}}


def ship(world: World, given: Json, *, base_url: str) -> Json:
    """Buy a label. Twice is twice: nothing at UPS compares references."""
    request = ups_objects.part(given, "ShipmentRequest", "Request")
    shipment = ups_objects.part(given, "ShipmentRequest", "Shipment")
    shipper = ups_objects.part(shipment, "Shipper")
    account = ups_objects.text(shipper, "ShipperNumber")
    start, end = ups_objects.part(shipment, "ShipFrom"), ups_objects.part(shipment, "ShipTo")
    package, service = _package(shipment), ups_objects.part(shipment, "Service").get("Code")
    offers = ups_objects.offers(
        ups_objects.part(start, "Address"), ups_objects.part(end, "Address"), package
    )
    price = next((price for code, price, _ in offers if code == service), None)
    if price is None:
        raise ups_refusal(
            400, "120124", "The requested service is unavailable between the selected locations."
        )
    country = ups_objects.text(ups_objects.part(start, "Address"), "CountryCode")
    number = f"1Z{account[:6].upper():0<6}{service}{secrets.randbelow(10**8):08d}"
    bought: Json = {
        "id": number,
        "tracking_code": number,
        "reference": ups_objects.context(request),
        "reference_number": _reference(shipment, package),
        "account": account,
        "is_return": "ReturnService" in shipment,
        "service": service,
        "price": f"{price:.2f}",
        "cost": f"{ups_objects.agreed(price):.2f}",
        "currency": ups_objects.currency_of(country),
        "from_address": ups_objects.postal(start),
        "to_address": ups_objects.postal(end),
        "label_url": f"{base_url}/labels/{number}.pdf",
        "voided": False,
        "created_at": easypost_now(),
        "scans": [],
    }
    ups_parcels.scan(world, bought, status="pre_transit", scan_id="label")
    world.ledger.add("ups.shipment", number, bought)
    return _shipped(bought)


def recover(world: World, given: Json) -> Json:
    """Show a label again, by its tracking number or by reference and account.

    UPS publishes no codes for what it does not find; this one is the sandbox's.
    """
    request = ups_objects.part(given, "LabelRecoveryRequest")
    if "TrackingNumber" in request:
        found = [world.ledger.get("ups.shipment", ups_objects.text(request, "TrackingNumber"))]
    else:
        named = ups_objects.part(request, "ReferenceValues")
        value = ups_objects.text(ups_objects.part(named, "ReferenceNumber"), "Value")
        where = {"reference_number": value, "account": ups_objects.text(named, "ShipperNumber")}
        found = [*world.ledger.find("ups.shipment", where)]
    labels = [label for label in found if label is not None and not label["voided"]]
    if not labels:
        raise ups_refusal(400, "SANDBOX_NO_LABEL", "There is no label to recover.")
    answer: Json = {"Response": ups_objects.success(), "LabelResults": []}
    if len(labels) > 1:
        numbers = [{"TrackingNumber": label["tracking_code"]} for label in labels]
        answer["TrackingCandidate"] = numbers
    else:
        image: Json = {"LabelImageFormat": {"Code": "PDF"}, "GraphicImage": _image(labels[0])}
        if "LabelLinkIndicator" in (request.get("LabelDelivery") or {}):
            image["URL"] = labels[0]["label_url"]
        answer |= {
            "ShipmentIdentificationNumber": labels[0]["tracking_code"],
            "LabelResults": [{"TrackingNumber": labels[0]["tracking_code"], "LabelImage": image}],
        }
    return {"LabelRecoveryResponse": answer}


def void(world: World, number: str) -> Json:
    """Give a label back; a second time is answered as the first, once it travels it is refused."""
    found = world.ledger.get("ups.shipment", number)
    travelled = found is not None and any(s["status"] in _TRAVELLED for s in found["scans"])
    if found is None or travelled:
        raise ups_refusal(400, "190102", "No shipment found within the allowed void period")
    if not found["voided"]:
        found["voided"] = True
        ups_parcels.scan(world, found, status="voided", scan_id="void")
        world.ledger.save("ups.shipment", number, found)
    status = {"Code": "1", "Description": "Voided"}
    return {
        "VoidShipmentResponse": {
            "Response": ups_objects.success(),
            "SummaryResult": {"Status": status},
            "PackageLevelResults": [{"TrackingNumber": number, "Status": status}],
        }
    }


def printed(shipment: Json) -> Json:
    """Return a shipment as labels are drawn from it: its addresses are as the parcel travels."""
    rate = {"carrier": "UPS", "service": shipment["service"]}
    return shipment | {"is_return": False, "selected_rate": rate}


def _package(shipment: Json) -> Json:
    packages = shipment.get("Package")
    if not isinstance(packages, list) or len(packages) != 1:
        raise ups_refusal(400, "MISSING", "one Package is required")
    return ups_objects.part({"Package": packages[0]}, "Package")


def _reference(shipment: Json, package: Json) -> str | None:
    """Return the reference number, which belongs to the package inside the USA."""
    ends = ("ShipFrom", "ShipTo")
    countries = {ups_objects.part(shipment, end, "Address").get("CountryCode") for end in ends}
    holder = package if countries in ({"US"}, {"PR"}) else shipment
    numbers = holder.get("ReferenceNumber") or [{}]
    value = numbers[0].get("Value")
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= 35):
        raise ups_refusal(400, "INVALID", "ReferenceNumber/Value has 1 to 35 characters")
    return value


def _shipped(bought: Json) -> Json:
    published = ups_objects.charge(Decimal(bought["price"]), bought["currency"])
    agreed = ups_objects.charge(Decimal(bought["cost"]), bought["currency"])
    parts = ups_objects.billing(Decimal(bought["price"]), bought["currency"])
    weight = parts.pop("BillingWeight")
    return {
        "ShipmentResponse": {
            "Response": ups_objects.success(),
            "ShipmentResults": {
                "ShipmentCharges": {"TotalCharges": published, **parts},
                "BillingWeight": weight,
                "NegotiatedRateCharges": {"TotalCharge": agreed},
                "ShipmentIdentificationNumber": bought["tracking_code"],
                "PackageResults": [{"TrackingNumber": bought["tracking_code"]}],
                "LabelURL": bought["label_url"],
            },
        }
    }


def _time_in_transit(code: str, days: int) -> Json:
    start = datetime.now(UTC).date()
    return {
        "PickupDate": f"{start:%Y%m%d}",
        "ServiceSummary": {
            "Service": {"Description": code},
            "EstimatedArrival": {
                "Arrival": {"Date": f"{start + timedelta(days=days):%Y%m%d}"},
                "BusinessDaysInTransit": str(days),
                "Pickup": {"Date": f"{start:%Y%m%d}"},
                "DayOfWeek": "MON",
            },
        },
    }


def _image(label: Json) -> str:
    return base64.b64encode(f"label {label['tracking_code']}".encode()).decode()
