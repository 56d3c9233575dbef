"""What EasyPost is asked: addresses, parcels and visits in its own words and units."""

from datetime import UTC, datetime

from integrations.carriers.port import Address, Parcel, PickupRequest, ShipmentRequest

_GRAMS_PER_OUNCE = 28.349523125
_MM_PER_INCH = 25.4


def shipment(request: ShipmentRequest) -> dict[str, object]:
    # A return is written as the outbound parcel was: EasyPost turns the addresses itself.
    start, end = request.sender, request.recipient
    if request.is_return:
        start, end = end, start
    return {
        "shipment": {
            "reference": request.reference,
            "is_return": request.is_return,
            "from_address": _address(start),
            "to_address": _address(end),
            "parcel": _parcel(request.parcel),
        }
    }


def pickup(request: PickupRequest) -> dict[str, object]:
    return {
        "pickup": {
            "reference": request.reference,
            "shipment": {"id": request.shipment_ref},
            "address": _address(request.address),
            "is_account_address": False,
            "min_datetime": utc(request.not_before),
            "max_datetime": utc(request.not_after),
        }
    }


def _address(address: Address) -> dict[str, str]:
    fields = {
        "name": address.name,
        "street1": address.street1,
        "street2": address.street2,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
        "email": address.email,
    }
    return {name: value for name, value in fields.items() if value}


def _parcel(parcel: Parcel) -> dict[str, float]:
    # Upwards to a tenth: a parcel declared too light or too small is charged again later.
    return {
        "weight": _tenths_up(parcel.weight_grams / _GRAMS_PER_OUNCE),
        "length": _tenths_up(parcel.length_mm / _MM_PER_INCH),
        "width": _tenths_up(parcel.width_mm / _MM_PER_INCH),
        "height": _tenths_up(parcel.height_mm / _MM_PER_INCH),
    }


def _tenths_up(value: float) -> float:
    return max(1, -int(-value * 10 // 1)) / 10


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
