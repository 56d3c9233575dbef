"""The shapes of UPS's answers, as its published specifications have them."""

from decimal import Decimal

from sandbox.errors import ups_refusal
from sandbox.ledger import Json

UNSERVED_POSTAL_CODE = "00000"
"""No courier goes there."""

_DOMESTIC = (("03", "8.45", 2), ("02", "19.80", 1))
_ABROAD = (("11", "9.20", 3), ("07", "24.90", 1))
_CURRENCIES = {"US": "USD", "PR": "USD", "GB": "GBP", "CA": "CAD"}


def success() -> Json:
    return {"ResponseStatus": {"Code": "1", "Description": "Success"}}


def part(given: object, *path: str) -> Json:
    """Return the object at a path of a request, or refuse the request for want of it."""
    found = given
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise ups_refusal(400, "MISSING", f"{'/'.join(path)} is required")
    return found


def text(given: Json, name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found:
        raise ups_refusal(400, "MISSING", f"{name} is required")
    return found


def context(request: Json) -> str | None:
    """Return what the caller has written for himself, which UPS echoes and never reads."""
    reference = request.get("TransactionReference")
    found = reference.get("CustomerContext") if isinstance(reference, dict) else None
    return found if isinstance(found, str) else None


def charge(amount: Decimal, currency: str) -> Json:
    return {"CurrencyCode": currency, "MonetaryValue": f"{amount:.2f}"}


def billing(price: Decimal, currency: str) -> Json:
    """Return what a price is made of; the weight that is billed is always the same here."""
    unit = {"Code": "KGS", "Description": "Kilograms"}
    return {
        "TransportationCharges": charge(price, currency),
        "ServiceOptionsCharges": charge(Decimal(), currency),
        "BillingWeight": {"UnitOfMeasurement": unit, "Weight": "1.0"},
    }


def offers(start: Json, end: Json, package: Json) -> list[tuple[str, Decimal, int]]:
    """Return service, published price and days under way of each service; dearer by weight."""
    home, away = text(start, "CountryCode"), text(end, "CountryCode")
    if UNSERVED_POSTAL_CODE in (start.get("PostalCode"), end.get("PostalCode")):
        raise ups_refusal(
            400,
            "111210",
            "The requested service is unavailable between the selected locations.",
        )
    weight = Decimal(text(part(package, "PackageWeight"), "Weight"))
    surcharge = (weight * Decimal("0.10")).quantize(Decimal("0.01"))
    services = _DOMESTIC if home == away == "US" else _ABROAD
    return [(code, Decimal(price) + surcharge, days) for code, price, days in services]


def agreed(price: Decimal) -> Decimal:
    """Return the account's own price: a tenth less."""
    return (price * Decimal("0.9")).quantize(Decimal("0.01"))


def currency_of(country: str) -> str:
    return _CURRENCIES.get(country, "EUR")


def postal(end: Json) -> Json:
    """Return one end of a shipment as labels are drawn from it."""
    address = part(end, "Address")
    lines = [str(line) for line in address.get("AddressLine") or ()]
    return {
        "name": end.get("Name"),
        "street1": lines[0] if lines else "",
        "street2": " ".join(lines[1:]),
        "city": address.get("City"),
        "zip": address.get("PostalCode"),
        "country": address.get("CountryCode"),
    }
