"""Our names of an order at SF, which keeps no drafts and tells no price afterwards.

``KEY`` is an order that nobody offers. ``KEY-2-CNY1350-1`` was quoted: SF's product, the price in
fen, and the promised days where there are any. SF itself knows the key alone.
"""

import re
from dataclasses import dataclass

from domain.money import Money
from integrations.errors import NotFoundError

CURRENCY = "CNY"
_KEY = r"[0-9a-f]{32}"
_REF = re.compile(
    rf"(?P<key>{_KEY})(-(?P<product>[0-9]{{1,5}})-{CURRENCY}(?P<minor>[0-9]{{1,12}})"
    r"(-(?P<days>[0-9]{1,3}))?)?"
)


@dataclass(frozen=True, slots=True)
class Quote:
    """``product`` is SF's code of a service, ``days`` the promised time under way."""

    product: str
    price: Money
    days: int | None = None


def is_key(ref: str) -> bool:
    return re.fullmatch(_KEY, ref) is not None


def written(key: str, quote: Quote | None) -> str:
    if quote is None:
        return key
    days = "" if quote.days is None else f"-{quote.days}"
    return f"{key}-{quote.product}-{CURRENCY}{quote.price.minor}{days}"


def read(ref: str) -> tuple[str, Quote | None]:
    """Return the key and what was quoted.

    Raises:
        NotFoundError: it is no name that :func:`written` gave.
    """
    found = _REF.fullmatch(ref)
    if found is None:
        raise NotFoundError("sf", "no order has this name", field="shipment_ref")
    if found["product"] is None:
        return found["key"], None
    days = None if found["days"] is None else int(found["days"])
    return found["key"], Quote(found["product"], Money(int(found["minor"]), CURRENCY), days)
