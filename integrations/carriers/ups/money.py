"""UPS's decimal amounts as money."""

from decimal import Decimal

from domain.money import Money, exponent
from integrations.errors import ProtocolError


def money(amount: Decimal, currency: str) -> Money:
    """Return an amount in minor units.

    Raises:
        ProtocolError: it is no whole number of them.
    """
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise ProtocolError(
            "ups", f"a price is no whole number of {currency} minor units", field="MonetaryValue"
        )
    return Money(int(minor), currency)
