"""Courier visits: what UPS is asked, and its answers in the port's words."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from domain.money import Money
from integrations.amounts import exact
from integrations.carriers.clocks import local
from integrations.carriers.port import Pickup, PickupRequest
from integrations.carriers.ups import addresses, visit_wire, wire
from integrations.carriers.ups.quotes import LabelQuote, VisitQuote
from integrations.errors import ProtocolError

_STANDS = "scheduled"
_NOT_CHARGED = "03"
_STATUS = {"003": "over", "004": "over", "007": "canceled", "008": "over"}
"""All others, known and unknown, are still to come: received, dispatched, on the way, processed."""


def day(request: PickupRequest) -> date:
    """Return the local day of the visit.

    Raises:
        RejectedError: there is no such time zone.
    """
    return local(wire.SYSTEM, request.not_before, request.time_zone).date()


def is_today(request: PickupRequest, now: datetime) -> bool:
    return day(request) == local(wire.SYSTEM, now, request.time_zone).date()


def priced(request: PickupRequest, *, account: str, country: str) -> dict[str, object]:
    return {
        "PickupRateRequest": {
            "Request": _context(request),
            "ShipperAccount": {"AccountNumber": account, "AccountCountryCode": country},
            "PickupAddress": addresses.rated(request.address),
            "AlternateAddressIndicator": "Y",
            "ServiceDateOption": "03",
            "PickupDateInfo": _window(request),
        }
    }


def ordered(
    request: PickupRequest, label: LabelQuote, *, account: str, country: str
) -> dict[str, object]:
    return {
        "PickupCreationRequest": {
            "Request": _context(request),
            "RatePickupIndicator": "Y",
            "Shipper": {"Account": {"AccountNumber": account, "AccountCountryCode": country}},
            "PickupDateInfo": _window(request),
            "PickupAddress": addresses.visited(request.address),
            "AlternateAddressIndicator": "Y",
            "PickupPiece": [
                {
                    "ServiceCode": f"0{label.service}",
                    "Quantity": "1",
                    "DestinationCountryCode": label.country,
                    "ContainerCode": "01",
                }
            ],
            "PaymentMethod": "01",
            "ReferenceNumber": request.key,
            "ShippingLabelsAvailable": "Y",
        }
    }


def quoted(answer: visit_wire.WirePickupQuoted) -> Money:
    """Return the price of a visit.

    Raises:
        ProtocolError: there is none, or it is no exact amount of money.
    """
    price = _price(answer.pickup_rate_response.rate_result)
    if price is None:
        raise ProtocolError(
            wire.SYSTEM, "a visit is offered without a price", field="GrandTotalOfAllCharge"
        )
    return price


def booked(pickup_ref: str, quote: VisitQuote, answer: visit_wire.WirePickupCreated) -> Pickup:
    created = answer.pickup_creation_response
    cost = _price(created.rate_result) if created.rate_result else None
    if cost is None:
        free = created.rate_status.code == _NOT_CHARGED
        cost = Money(0, quote.price.currency) if free else quote.price
    return Pickup(pickup_ref, _STANDS, created.prn, cost)


def read(
    pickup_ref: str,
    quote: VisitQuote | None,
    found: visit_wire.WirePending | None,
    *,
    confirmation: str | None,
    now: datetime,
) -> Pickup:
    """Say how a visit stands, of which ``found`` is what UPS lists.

    UPS lists what is to come today and tomorrow alone. So a number that is not listed stands until
    its day has come, and is over then.
    """
    price = quote.price if quote else None
    if found is not None:
        return Pickup(pickup_ref, status_of(found), found.prn, price)
    if confirmation is None:
        return Pickup(pickup_ref, "unbooked")
    ahead = quote is not None and quote.day > now.astimezone(UTC).date()
    return Pickup(pickup_ref, _STANDS if ahead else "over", confirmation, price)


def status_of(found: visit_wire.WirePending) -> str:
    code = found.on_call_status_code or found.pickup_status_message[:3]
    return _STATUS.get(code, _STANDS)


def among(
    pending: Iterable[visit_wire.WirePending], *, key: str, confirmation: str | None
) -> visit_wire.WirePending | None:
    """Return the visit with this number, or for want of a number the one ordered with our key."""
    for visit in pending:
        ours = visit.reference_number == key if confirmation is None else visit.prn == confirmation
        if ours:
            return visit
    return None


def _price(rate: visit_wire.WirePickupRate) -> Money | None:
    amount = rate.grand_total_of_all_incented_charge
    amount = rate.grand_total_of_all_charge if amount is None else amount
    if amount is None or rate.currency_code is None:
        return None
    return exact(wire.SYSTEM, amount, rate.currency_code, field="GrandTotalOfAllCharge")


def _context(request: PickupRequest) -> dict[str, object]:
    return {"TransactionReference": {"CustomerContext": request.reference}}


def _window(request: PickupRequest) -> dict[str, str]:
    ready = local(wire.SYSTEM, request.not_before, request.time_zone)
    close = local(wire.SYSTEM, request.not_after, request.time_zone)
    return {
        "PickupDate": f"{ready:%Y%m%d}",
        "ReadyTime": f"{ready:%H%M}",
        # A window is of one day: what goes on after midnight is cut.
        "CloseTime": f"{close:%H%M}" if close.date() == ready.date() else "2359",
    }
