"""What UPS quoted, written into the name of what it keeps no draft of.

UPS knows nothing of a shipment or a visit before it is bought, and tells no price of it afterwards.
So the name of a draft is our key, which UPS is given as the reference, and behind it what was
quoted: a label or a visit that is found again has its price from there.
"""

import re
from dataclasses import dataclass
from datetime import date

from domain.money import Money
from integrations.errors import NotFoundError

_SYSTEM = "ups"
_PRICE = r"(?P<currency>[A-Z]{3})(?P<minor>[0-9]{1,12})"
_LABEL = re.compile(
    rf"(?P<key>[0-9a-f]{{32}})(-(?P<service>[0-9A-Z]{{2}})-(?P<country>[A-Z]{{2}})-{_PRICE}"
    r"(-(?P<days>[0-9]{1,3}))?)?"
)
_VISIT = re.compile(rf"(?P<key>[0-9a-f]{{32}})(-(?P<day>[0-9]{{8}})-{_PRICE})?")


@dataclass(frozen=True, slots=True)
class LabelQuote:
    """``service`` is UPS's code of two characters, ``country`` where the parcel goes.

    ``days`` is the promised time under way; ``None`` is no promise.
    """

    service: str
    country: str
    price: Money
    days: int | None = None


@dataclass(frozen=True, slots=True)
class VisitQuote:
    """``day`` is the local one at the address."""

    day: date
    price: Money


def label_ref(key: str, quote: LabelQuote | None) -> str:
    """Return the name of a shipment; without a quote nothing is offered under it."""
    if quote is None:
        return key
    days = "" if quote.days is None else f"-{quote.days}"
    return f"{key}-{quote.service}-{quote.country}-{_written(quote.price)}{days}"


def visit_ref(key: str, quote: VisitQuote | None) -> str:
    """Return the name of a visit; without a quote nothing is offered under it."""
    return key if quote is None else f"{key}-{quote.day:%Y%m%d}-{_written(quote.price)}"


def read_label_ref(shipment_ref: str) -> tuple[str, LabelQuote | None]:
    """Return the key and what was quoted.

    Raises:
        NotFoundError: it is no name that :func:`label_ref` gave.
    """
    found = _LABEL.fullmatch(shipment_ref)
    if found is None:
        raise NotFoundError(_SYSTEM, "no shipment has this name", field="shipment_ref")
    if found["service"] is None:
        return found["key"], None
    days = None if found["days"] is None else int(found["days"])
    return found["key"], LabelQuote(found["service"], found["country"], _price(found), days)


def read_visit_ref(pickup_ref: str) -> tuple[str, VisitQuote | None]:
    """Return the key and what was quoted.

    Raises:
        NotFoundError: it is no name that :func:`visit_ref` gave.
    """
    found = _VISIT.fullmatch(pickup_ref)
    if found is None:
        raise NotFoundError(_SYSTEM, "no visit has this name", field="pickup_ref")
    if found["day"] is None:
        return found["key"], None
    try:
        day = date.fromisoformat(found["day"])
    except ValueError:
        raise NotFoundError(_SYSTEM, "no visit has this name", field="pickup_ref") from None
    return found["key"], VisitQuote(day, _price(found))


def _written(price: Money) -> str:
    return f"{price.currency}{price.minor}"


def _price(found: re.Match[str]) -> Money:
    return Money(int(found["minor"]), found["currency"])
