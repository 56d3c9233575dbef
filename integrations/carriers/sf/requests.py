"""What SF is asked: addresses, weights and local times in its own words and units."""

from datetime import datetime

from integrations.carriers.clocks import local
from integrations.carriers.port import Address, ShipmentRequest, Visit
from integrations.carriers.sf.wire import SYSTEM
from integrations.errors import RejectedError

LANGUAGE = "zh-CN"
_SENDER, _RECIPIENT = 1, 2
_SENDER_PAYS = 1
_CANCEL = 2
_BY_NUMBER, _BY_ORDER = 1, 2
_LONGEST = {"name": 100, "phone": 20, "region": 30, "city": 100}
_LONGEST_STREET = 200
_RETURNED, _SENT = "退货", "商品"
"""SF wants a word for the contents; which goods they are is not its business."""


def is_inland(request: ShipmentRequest) -> bool:
    return request.sender.country == request.recipient.country == "CN"


def check_addresses(request: ShipmentRequest) -> None:
    """Refuse, before anything is sent, an address that SF cannot take.

    Raises:
        RejectedError: ``field`` names what is missing or too long.
    """
    for end, address in (("sender", request.sender), ("recipient", request.recipient)):
        for name in ("phone", "name"):
            if not getattr(address, name).strip():
                raise _unfit(f"{end}.{name}", "is missing")
        for name, longest in _LONGEST.items():
            if len(getattr(address, name)) > longest:
                raise _unfit(f"{end}.{name}", f"has at most {longest} characters")
        if not 0 < len(_street(address)) <= _LONGEST_STREET:
            raise _unfit(f"{end}.street1", f"has 1 to {_LONGEST_STREET} characters")


def priced(
    request: ShipmentRequest, visit: Visit, *, product: str, monthly_card: str
) -> dict[str, object]:
    """Ask for a price; weights upwards, in hundredths of a kilogram."""
    return {
        "businessType": product,
        "monthlyCard": monthly_card,
        "weight": -(-request.parcel.weight_grams // 10) / 100,
        "consignedTime": _written(local(SYSTEM, visit.not_before, visit.time_zone)),
        "searchPrice": "1",
        "srcAddress": _place(request.sender),
        "destAddress": _place(request.recipient),
    }


def ordered(
    request: ShipmentRequest, visit: Visit, *, product: str, monthly_card: str, now: datetime
) -> dict[str, object]:
    """Order label and courier as one. A window that has begun begins now, which SF takes unsaid."""
    parcel = request.parcel
    begins = local(SYSTEM, visit.not_before, visit.time_zone)
    ends = local(SYSTEM, visit.not_after, visit.time_zone)
    start = {"sendStartTm": _written(begins)} if visit.not_before > now else {}
    return {
        "language": LANGUAGE,
        "orderId": request.key,
        "custReferenceNo": request.reference,
        "contactInfoList": [
            _contact(request.sender, _SENDER),
            _contact(request.recipient, _RECIPIENT),
        ],
        "cargoDetails": [{"name": _RETURNED if request.is_return else _SENT, "count": 1}],
        "monthlyCard": monthly_card,
        "payMethod": _SENDER_PAYS,
        "expressTypeId": int(product),
        "parcelQty": 1,
        "totalWeight": parcel.weight_grams / 1000,
        "totalLength": parcel.length_mm / 10,
        "totalWidth": parcel.width_mm / 10,
        "totalHeight": parcel.height_mm / 10,
        "isReturnRoutelabel": 0,
        "isUnifiedWaybillNo": 1,
        "isDocall": 1,
        **start,
        "extraInfoList": [{"attrName": "pickupAppointEndTime", "attrVal": _written(ends)}],
    }


def looked_up(key: str) -> dict[str, object]:
    return {"orderId": key, "searchType": "1", "language": LANGUAGE}


def cancelled(key: str) -> dict[str, object]:
    return {"orderId": key, "dealType": _CANCEL, "language": LANGUAGE}


def tracked(ref: str, *, is_key: bool) -> dict[str, object]:
    """Ask for the routes of an order of ours, or of a waybill's number."""
    return {
        "language": LANGUAGE,
        "trackingType": _BY_ORDER if is_key else _BY_NUMBER,
        "trackingNumber": [ref],
        "methodType": 1,
    }


def _contact(address: Address, kind: int) -> dict[str, object]:
    return {
        "contactType": kind,
        "contact": address.name,
        "mobile": address.phone,
        "country": address.country,
        "province": address.region,
        "city": address.city,
        "address": _street(address),
        "postCode": address.postal_code,
    }


def _place(address: Address) -> dict[str, object]:
    whole = f"{address.region}{address.city}{_street(address)}"
    return {"province": address.region, "city": address.city, "address": whole}


def _street(address: Address) -> str:
    return f"{address.street1}{address.street2}".strip()


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _unfit(field: str, why: str) -> RejectedError:
    return RejectedError(SYSTEM, f"{field} {why}", code="bad_address", field=field)
