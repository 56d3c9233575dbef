"""Decimal amounts that outside systems write, as money: exactly, or not at all."""

from decimal import Decimal
from fractions import Fraction

from domain.money import Money, exponent
from integrations.errors import ProtocolError


def exact(system: str, amount: Decimal, currency: str, *, field: str) -> Money:
    """Return an amount of ``currency`` as money.

    Raises:
        ProtocolError: it is no whole number of minor units; ``field`` is where it stands.
    """
    found = in_minor_units(amount, currency)
    if found is None:
        raise ProtocolError(
            system, f"an amount is no whole number of {currency} minor units", field=field
        )
    return found


def in_minor_units(amount: Decimal, currency: str) -> Money | None:
    """Return an amount as money, ``None`` where it would have to be rounded."""
    minor = Fraction(amount) * 10 ** exponent(currency)
    return Money(int(minor), currency) if minor.denominator == 1 else None
