"""Shipments and their labels: what UPS is asked, and its answers in the port's words."""

from datetime import UTC, datetime

from domain.money import Money
from integrations.amounts import exact
from integrations.carriers.port import Address, Label, Offer, ShipmentRequest
from integrations.carriers.ups import addresses, shipment_wire, wire
from integrations.carriers.ups.quotes import LabelQuote, label_ref
from integrations.errors import RejectedError

WITH_DAYS, WITHOUT_DAYS = "Shoptimeintransit", "Shop"
_PRINT_RETURN_LABEL = {"Code": "9"}
_CUSTOMER_SUPPLIED = "02"
_NOT_A_DOCUMENT = "03"
_INCHES = {"Code": "IN", "Description": "Inches"}
_CENTIMETERS = {"Code": "CM", "Description": "Centimeters"}
_POUNDS = {"Code": "LBS", "Description": "Pounds"}
_KILOGRAMS = {"Code": "KGS", "Description": "Kilograms"}
_GRAMS_PER_100_000_POUNDS = 45_359_237
_MM_PER_10_INCHES = 254


def rated(request: ShipmentRequest, *, account: str, option: str) -> dict[str, object]:
    """Return what is to be rated; the option ``WITH_DAYS`` asks for the time in transit as well."""
    shipment = _ends(request, account) | {
        "Package": [_package(request, "PackagingType")],
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": ""},
    }
    if request.is_return:
        shipment["ShipmentServiceOptions"] = {"ReturnService": _PRINT_RETURN_LABEL}
    if option == WITH_DAYS:
        shipment["DeliveryTimeInformation"] = {"PackageBillType": _NOT_A_DOCUMENT}
    asked = {"RequestOption": option, **_context(request)}
    return {"RateRequest": {"Request": asked, "Shipment": shipment}}


def shipped(request: ShipmentRequest, service: str, *, account: str) -> dict[str, object]:
    """Return what is to be bought. ``ReferenceNumber`` is our key, by which it is found again."""
    reference = [{"Value": request.key}]
    package = _package(request, "Packaging") | {"Description": "Merchandise"}
    shipment = _ends(request, account, phones=True) | {
        "Description": "Merchandise",
        "PaymentInformation": {
            "ShipmentCharge": [{"Type": "01", "BillShipper": {"AccountNumber": account}}]
        },
        "Service": {"Code": service},
        "ShipmentRatingOptions": {"NegotiatedRatesIndicator": ""},
        "ShipmentServiceOptions": {"LabelDelivery": {"LabelLinksIndicator": ""}},
        "Package": [package],
    }
    if request.is_return:
        shipment["ReturnService"] = _PRINT_RETURN_LABEL
    # UPS takes it with the parcel inside the USA and Puerto Rico, with the shipment elsewhere.
    inside = request.sender.country == request.recipient.country
    if inside and request.sender.country in {"US", "PR"}:
        package["ReferenceNumber"] = reference
    else:
        shipment["ReferenceNumber"] = reference
    return {
        "ShipmentRequest": {
            "Request": {"RequestOption": "nonvalidate", **_context(request)},
            "Shipment": shipment,
            "LabelSpecification": {
                "LabelImageFormat": {"Code": "GIF"},
                "LabelStockSize": {"Height": "6", "Width": "4"},
            },
        }
    }


def recovered(*, key: str, account: str) -> dict[str, object]:
    """Return what asks for the label that bears our key."""
    named = {"ReferenceNumber": {"Value": key}, "ShipperNumber": account}
    return _recovery({"ReferenceValues": named})


def recovered_by_number(tracking_number: str) -> dict[str, object]:
    return _recovery({"TrackingNumber": tracking_number})


def cheapest(rates: shipment_wire.WireRates, country: str) -> LabelQuote:
    """Return the cheapest service; among equals the first by its code.

    Raises:
        RejectedError: there is none, or they cannot be compared.
        ProtocolError: its price is no exact amount of money.
    """
    priced = [(_charge(rated), rated) for rated in rates.rated_shipment]
    if not priced:
        raise no_rates()
    if len({charge.currency_code for charge, _ in priced}) > 1:
        raise RejectedError(
            wire.SYSTEM, "rates in several currencies cannot be compared", code="mixed_currencies"
        )
    charge, best = min(priced, key=lambda one: (one[0].monetary_value, one[1].service.code))
    return LabelQuote(best.service.code, country, _money(charge), _days(best))


def offered(quote: LabelQuote) -> Offer:
    return Offer("UPS", quote.service, quote.price, quote.days)


def bought(key: str, quote: LabelQuote, found: shipment_wire.WireShipmentResults) -> Label:
    """Return the label; what it costs may differ from the quote."""
    charge = None
    if found.negotiated_rate_charges is not None:
        charge = found.negotiated_rate_charges.total_charge
    elif found.shipment_charges is not None:
        charge = found.shipment_charges.total_charges
    cost = _money(charge) if charge else quote.price
    return label(key, quote, found.package_results[0].tracking_number, found.label_url, cost)


def label(key: str, quote: LabelQuote, number: str, url: str, cost: Money) -> Label:
    return Label(
        shipment_ref=label_ref(key, quote),
        tracking_code=number,
        tracker_ref=number,
        carrier="UPS",
        service=quote.service,
        label_url=url,
        cost=cost,
        promised_days=quote.days,
    )


def no_rates() -> RejectedError:
    return RejectedError(wire.SYSTEM, "no service is offered for this way", code="no_rates")


def _charge(rated: shipment_wire.WireRatedShipment) -> wire.WireCharge:
    agreed = rated.negotiated_rate_charges
    return agreed.total_charge if agreed is not None else rated.total_charges


def _money(charge: wire.WireCharge) -> Money:
    return exact(wire.SYSTEM, charge.monetary_value, charge.currency_code, field="MonetaryValue")


def _days(rated: shipment_wire.WireRatedShipment) -> int | None:
    if rated.time_in_transit is None:
        return None
    arrival = rated.time_in_transit.service_summary.estimated_arrival
    try:
        under_way = _day(arrival.arrival) - _day(arrival.pickup)
    except ValueError:
        return None
    return max(under_way.days, 0)


def _day(told: shipment_wire.WireDay) -> datetime:
    return datetime.strptime(told.date, "%Y%m%d").replace(tzinfo=UTC)


def _ends(request: ShipmentRequest, account: str, *, phones: bool = False) -> dict[str, object]:
    """Return the addresses as the parcel travels; the account's is always the warehouse's."""
    ours = request.recipient if request.is_return else request.sender

    def end(address: Address) -> dict[str, object]:
        written = addresses.party(address)
        return addresses.with_phone(written, address) if phones else written

    return {
        "Shipper": end(ours) | {"ShipperNumber": account},
        "ShipTo": end(request.recipient),
        "ShipFrom": end(request.sender),
    }


def _package(request: ShipmentRequest, packaging: str) -> dict[str, object]:
    # In the units of where it starts, and upwards: one declared too small is charged again later.
    parcel, american = request.parcel, request.sender.country in {"US", "PR"}
    grams = parcel.weight_grams
    tenths_of_pounds = -(-grams * 1_000_000 // _GRAMS_PER_100_000_POUNDS)
    tenths = max(1, tenths_of_pounds if american else -(-grams // 100))
    sides = sorted((parcel.length_mm, parcel.width_mm, parcel.height_mm), reverse=True)
    per_unit = _MM_PER_10_INCHES if american else 100
    whole = [max(1, -(-side * 10 // per_unit)) for side in sides]
    return {
        packaging: {"Code": _CUSTOMER_SUPPLIED},
        "Dimensions": {
            "UnitOfMeasurement": _INCHES if american else _CENTIMETERS,
            **dict(zip(("Length", "Width", "Height"), map(str, whole), strict=True)),
        },
        "PackageWeight": {
            "UnitOfMeasurement": _POUNDS if american else _KILOGRAMS,
            "Weight": f"{tenths // 10}.{tenths % 10}",
        },
    }


def _recovery(what: dict[str, object]) -> dict[str, object]:
    return {
        "LabelRecoveryRequest": {
            "Request": {},
            "LabelSpecification": {"LabelImageFormat": {"Code": "PDF"}},
            "LabelDelivery": {"LabelLinkIndicator": ""},
            **what,
        }
    }


def _context(request: ShipmentRequest) -> dict[str, object]:
    return {"TransactionReference": {"CustomerContext": request.reference}}
