"""What Kuaidi100 is asked: addresses, weights and visits in its own words and units."""

from datetime import datetime
from decimal import Decimal

from domain.money import Money
from integrations.amounts import exact
from integrations.carriers.clocks import local
from integrations.carriers.kuaidi100.refs import CURRENCY
from integrations.carriers.kuaidi100.wire import SYSTEM, WirePriced
from integrations.carriers.port import Address, ShipmentRequest, Visit
from integrations.errors import AmbiguousOutcomeError, RejectedError

_DAYS = ("今天", "明天", "后天")
_LONGEST_ADDRESS = 300
_CARGO = "退货"
"""Goods that come back: some courier companies want a word for the contents."""


def no_rates(why: str) -> RejectedError:
    return RejectedError(SYSTEM, why, code="no_rates")


def check_complete(request: ShipmentRequest) -> None:
    """Refuse, before anything is sent, an address that Kuaidi100 cannot take.

    Raises:
        RejectedError: ``field`` names what is missing or too long.
    """
    for name, address in (("sender", request.sender), ("recipient", request.recipient)):
        if not address.phone:
            raise RejectedError(
                SYSTEM, "a phone number is wanted", code="phone_missing", field=f"{name}.phone"
            )
        if len(full_address(address).encode()) > _LONGEST_ADDRESS:
            raise RejectedError(
                SYSTEM,
                f"an address has at most {_LONGEST_ADDRESS} bytes",
                code="address_too_long",
                field=f"{name}.street1",
            )


def is_inland(request: ShipmentRequest) -> bool:
    return request.sender.country == request.recipient.country == "CN"


def full_address(address: Address) -> str:
    """Write an address as one text, the largest part first."""
    return f"{address.region}{address.city}{address.street1}{address.street2}"


def priced(request: ShipmentRequest, *, company: str) -> dict[str, object]:
    return {
        "kuaidiCom": company,
        "sendManPrintAddr": full_address(request.sender),
        "recManPrintAddr": full_address(request.recipient),
        "weight": _kilograms(request.parcel.weight_grams),
    }


def placed(
    request: ShipmentRequest,
    visit: Visit,
    *,
    company: str,
    webhook_url: str,
    salt: str,
    now: datetime,
) -> dict[str, object]:
    """Return an order of label and courier in one, told of on ``webhook_url``.

    Raises:
        AmbiguousOutcomeError: the window is over, so this was sent before: a first order is not
            sent that late. Kuaidi100 would answer the one that stands, but for want of one it would
            send somebody at another time.
        RejectedError: no courier is ordered for this window (``no_rates``).
    """
    if visit.not_after <= now:
        raise AmbiguousOutcomeError(SYSTEM, "the window is over: it is not sent again")
    return {
        "kuaidicom": company,
        "recManName": request.recipient.name,
        "recManMobile": request.recipient.phone,
        "recManPrintAddr": full_address(request.recipient),
        "sendManName": request.sender.name,
        "sendManMobile": request.sender.phone,
        "sendManPrintAddr": full_address(request.sender),
        "cargo": _CARGO,
        "payment": "SHIPPER",
        "weight": _kilograms(request.parcel.weight_grams),
        "thirdOrderId": request.key,
        "remark": request.reference,
        "callBackUrl": webhook_url,
        "salt": salt,
        "op": "1",
        "pollCallBackUrl": webhook_url,
        "resultv2": "4",
        **window(visit, now),
    }


def window(visit: Visit, now: datetime) -> dict[str, str]:
    """Return a visit's day and hours, local to its address.

    Raises:
        RejectedError: it is none of today, tomorrow and the day after, or of more than one day; or
            there is no such time zone.
    """
    first, last, today = (
        local(SYSTEM, moment, visit.time_zone)
        for moment in (visit.not_before, visit.not_after, now)
    )
    days = (last.date() - today.date()).days
    if first.date() != last.date() or not 0 <= days < len(_DAYS):
        raise no_rates("a courier is ordered for one of three days, from today on")
    return {
        "dayType": _DAYS[days],
        "pickupStartTime": f"{first:%H:%M}",
        "pickupEndTime": f"{last:%H:%M}",
    }


def price_of(answer: WirePriced) -> Money | None:
    """Return the quoted price; ``None`` where no courier is offered."""
    if answer.data is None or answer.data.price is None:
        return None
    return exact(SYSTEM, answer.data.price, CURRENCY, field="data.price")


def _kilograms(grams: int) -> str:
    return f"{Decimal(grams) / 1000:f}"
