"""Courier visits at UPS: one for each address, and whoever asks again is answered its number."""

import secrets
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sandbox import ups_objects
from sandbox.clock import easypost_now
from sandbox.errors import ups_refusal
from sandbox.ledger import Json
from sandbox.world import World

_PRICE = Decimal("5.85")
_DISPATCHED = "002"
_EARLIEST_ZONE = timedelta(hours=14)


class OutcomeConflictError(Exception):
    """The visit is not in a state in which this could have happened."""


def rated(given: Json) -> Json:
    """Quote a visit; nothing is kept. UPS publishes no codes of its refusals: these are ours."""
    asked = ups_objects.part(given, "PickupRateRequest")
    address = ups_objects.part(asked, "PickupAddress")
    _served(address)
    _window(ups_objects.part(asked, "PickupDateInfo"))
    currency = ups_objects.currency_of(ups_objects.text(address, "CountryCode"))
    return {
        "PickupRateResponse": {
            "Response": ups_objects.success(),
            "RateResult": _rate(currency),
            "WeekendServiceTerritory": {"SatWST": "N", "SunWST": "N"},
        }
    }


def create(world: World, given: Json) -> Json:
    """Order a visit, or answer the number of the one that stands for the address."""
    asked = ups_objects.part(given, "PickupCreationRequest")
    address = ups_objects.part(asked, "PickupAddress")
    _served(address)
    day, ready, close = _window(ups_objects.part(asked, "PickupDateInfo"))
    account = ups_objects.part(asked, "Shipper", "Account")
    place = _place(address, ups_objects.text(account, "AccountNumber"))
    booking = {
        "reference": ups_objects.context(ups_objects.part(asked, "Request")),
        "number": asked.get("ReferenceNumber"),
    }
    standing = [v for v in world.ledger.find("ups.pickup", {"place": place}) if _stands(v)]
    if standing:
        visit = standing[0]
        if booking not in visit["bookings"]:
            visit["bookings"].append(booking)
            world.ledger.save("ups.pickup", visit["id"], visit)
        return _created(visit)
    prn = f"29{secrets.randbelow(10**9):09d}"
    visit = {
        "id": prn,
        "reference": booking["reference"],
        "bookings": [booking],
        "account": account["AccountNumber"],
        "place": place,
        "status": "scheduled",
        "outcome": None,
        "day": day.isoformat(),
        "ready": ready,
        "close": close,
        "cost": f"{_PRICE:.2f}",
        "currency": ups_objects.currency_of(ups_objects.text(address, "CountryCode")),
        "created_at": easypost_now(),
    }
    world.ledger.add("ups.pickup", prn, visit)
    return _created(visit)


def pending(world: World, account: str) -> Json:
    """List what is to come today and tomorrow, as UPS does, by the earliest clock on earth."""
    last = (datetime.now(UTC) + _EARLIEST_ZONE).date() + timedelta(days=1)
    found = world.ledger.find("ups.pickup", {"account": account})
    listed = [
        {
            "PickupType": "01",
            "ServiceDate": visit["day"].replace("-", ""),
            "PRN": visit["id"],
            "OnCallStatusCode": _DISPATCHED,
            "PickupStatusMessage": "Dispatched to driver",
            "ReferenceNumber": visit["bookings"][0]["number"],
        }
        for visit in found
        if _stands(visit) and date.fromisoformat(visit["day"]) <= last
    ]
    return {
        "PickupPendingStatusResponse": {
            "Response": ups_objects.success(),
            "PendingStatus": listed,
        }
    }


def cancel(world: World, prn: str) -> Json:
    """Call a visit off, once, and only while the courier is not out."""
    visit = world.ledger.get("ups.pickup", prn)
    if visit is None or not _stands(visit) or visit["outcome"] == "out":
        raise ups_refusal(400, "SANDBOX_NOT_PENDING", "The pickup cannot be cancelled.")
    visit["status"] = "canceled"
    world.ledger.save("ups.pickup", prn, visit)
    return {"PickupCancelResponse": {"Response": ups_objects.success(), "PickupType": "01"}}


def finish(world: World, visit: Json, outcome: str) -> Json:
    """Let the courier set out, come or not. Repeats change nothing.

    UPS ties no parcel to a visit, so their scans are their own.

    Raises:
        OutcomeConflictError: nothing is scheduled, or the parcels were collected before.
    """
    if visit["outcome"] == outcome:
        return visit
    if visit["status"] != "scheduled" or visit["outcome"] == "collected":
        raise OutcomeConflictError(f"status {visit['status']}, outcome {visit['outcome']}")
    visit["outcome"] = outcome
    world.ledger.save("ups.pickup", visit["id"], visit)
    return visit


def find(world: World, prn_or_number: str) -> Json | None:
    """Return a visit by its PRN, or the newest that was ordered with this reference number.

    What follows a hyphen is not of the number: callers keep more in their names of a visit.
    """
    found = world.ledger.get("ups.pickup", prn_or_number)
    if found is not None:
        return found
    return next(
        (
            visit
            for visit in world.ledger.find("ups.pickup")
            if any(
                booking["number"] == prn_or_number.partition("-")[0]
                for booking in visit["bookings"]
            )
        ),
        None,
    )


def _stands(visit: Json) -> bool:
    return visit["status"] == "scheduled" and visit["outcome"] in (None, "out")


def _served(address: Json) -> None:
    if address.get("PostalCode") == ups_objects.UNSERVED_POSTAL_CODE:
        raise ups_refusal(400, "SANDBOX_NOT_SERVED", "No pickup is offered at this address.")


def _window(given: Json) -> tuple[date, str, str]:
    day_text = ups_objects.text(given, "PickupDate")
    ready, close = ups_objects.text(given, "ReadyTime"), ups_objects.text(given, "CloseTime")
    try:
        day = date.fromisoformat(day_text)
    except ValueError as error:
        raise ups_refusal(400, "INVALID", "PickupDate is no date") from error
    # A day that is over everywhere.
    if day < datetime.now(UTC).date() - timedelta(days=1) or ready > close:
        raise ups_refusal(400, "SANDBOX_BAD_WINDOW", "No courier can come then.")
    return day, ready, close


def _place(address: Json, account: str) -> str:
    lines = address.get("AddressLine")
    street = " ".join(lines) if isinstance(lines, list) else str(lines)
    named = (account, street, address.get("City"), address.get("PostalCode"))
    return "|".join(str(part).casefold() for part in named)


def _created(visit: Json) -> Json:
    return {
        "PickupCreationResponse": {
            "Response": ups_objects.success(),
            "PRN": visit["id"],
            "RateStatus": {"Code": "01", "Description": "Rate available"},
            "RateResult": _rate(visit["currency"]),
        }
    }


def _rate(currency: str) -> Json:
    # Eight characters, as the specification wants.
    return {"CurrencyCode": currency, "GrandTotalOfAllCharge": f"{_PRICE:08.2f}"}
