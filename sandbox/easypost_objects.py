"""The shapes of EasyPost's objects, as its recorded traffic has them."""

import secrets
from decimal import Decimal

from sandbox.clock import easypost_now
from sandbox.ledger import Json

UNSERVED_POSTAL_CODE = "00000"
"""No carrier goes there."""

_DOMESTIC = (("USPS", "GroundAdvantage", "6.07", 3), ("UPSDAP", "Ground", "8.45", 2))
_ABROAD = (("UPSDAP", "Standard", "9.20", 3), ("DHLExpress", "ExpressWorldwide", "14.90", 1))
_PICKUP_SERVICES = (("NextDay", "3.50"), ("SameDay", "7.90"))


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(16)}"


def public(document: Json) -> Json:
    """Leave out what the sandbox knows and the vendor does not tell."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def address(given: Json) -> Json:
    now = easypost_now()
    known = ("name", "company", "street1", "street2", "city", "state", "zip", "country")
    contact = ("phone", "email")
    return {
        "id": new_id("adr"),
        "object": "Address",
        "created_at": now,
        "updated_at": now,
        **{name: given.get(name) for name in (*known, *contact)},
        "mode": "test",
        "carrier_facility": None,
        "residential": given.get("residential"),
        "federal_tax_id": None,
        "state_tax_id": None,
        "verifications": {},
    }


def parcel(given: Json) -> Json:
    now = easypost_now()
    sizes = ("length", "width", "height", "predefined_package", "weight")
    return {
        "id": new_id("prcl"),
        "object": "Parcel",
        "created_at": now,
        "updated_at": now,
        **{name: given.get(name) for name in sizes},
        "mode": "test",
    }


def rates(shipment_id: str, *, country: str, ounces: float, currency: str) -> list[Json]:
    """The offers for a parcel from ``country``: two carriers, dearer by weight."""
    offers = _DOMESTIC if country == "US" else _ABROAD
    surcharge = Decimal("0.10") * Decimal(round(ounces / 16 * 10)) / 10
    return [
        _rate(
            shipment_id,
            carrier=carrier,
            service=service,
            price=Decimal(base) + surcharge,
            days=days,
            currency=currency,
        )
        for carrier, service, base, days in offers
    ]


def _rate(
    shipment_id: str, *, carrier: str, service: str, price: Decimal, days: int, currency: str
) -> Json:
    now, amount = easypost_now(), f"{price:.2f}"
    return {
        "id": new_id("rate"),
        "object": "Rate",
        "created_at": now,
        "updated_at": now,
        "mode": "test",
        "service": service,
        "carrier": carrier,
        "rate": amount,
        "currency": currency,
        "retail_rate": amount,
        "retail_currency": currency,
        "list_rate": amount,
        "list_currency": currency,
        "billing_type": "easypost",
        "delivery_days": days,
        "delivery_date": None,
        "delivery_date_guaranteed": False,
        "est_delivery_days": days,
        "shipment_id": shipment_id,
        "carrier_account_id": f"ca_{carrier.lower()}",
    }


def pickup_rates(pickup_id: str, *, carrier: str, currency: str) -> list[Json]:
    now = easypost_now()
    return [
        {
            "mode": "test",
            "service": service,
            "rate": price,
            "currency": currency,
            "created_at": now,
            "updated_at": now,
            "carrier": carrier,
            "pickup_id": pickup_id,
            "id": new_id("pickuprate"),
            "object": "PickupRate",
        }
        for service, price in _PICKUP_SERVICES
    ]


def postage_label(*, url: str) -> Json:
    now = easypost_now()
    return {
        "object": "PostageLabel",
        "id": new_id("pl"),
        "created_at": now,
        "updated_at": now,
        "date_advance": 0,
        "integrated_form": "none",
        "label_date": now,
        "label_resolution": 300,
        "label_size": "4x6",
        "label_type": "default",
        "label_file_type": "application/pdf",
        "label_url": url,
        "label_pdf_url": url,
        "label_zpl_url": None,
        "label_epl2_url": None,
        "label_file": None,
    }


def tracker(*, tracking_code: str, carrier: str, shipment_id: str | None, is_return: bool) -> Json:
    now = easypost_now()
    tracker_id = new_id("trk")
    return {
        "id": tracker_id,
        "object": "Tracker",
        "mode": "test",
        "tracking_code": tracking_code,
        "status": "unknown",
        "status_detail": "unknown",
        "created_at": now,
        "updated_at": now,
        "signed_by": None,
        "weight": None,
        "est_delivery_date": None,
        "shipment_id": shipment_id,
        "carrier": carrier,
        "tracking_details": [],
        "fees": [],
        "carrier_detail": None,
        "finalized": False,
        "is_return": is_return,
        "public_url": f"https://track.example.com/{tracker_id}",
    }


def tracking_detail(*, status: str, message: str, carrier: str, at: str) -> Json:
    return {
        "object": "TrackingDetail",
        "message": message,
        "description": message,
        "status": status,
        "status_detail": "status_update",
        "datetime": at,
        "source": carrier,
        "carrier_code": None,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": None,
            "state": None,
            "country": None,
            "zip": None,
        },
        "est_delivery_date": None,
    }
