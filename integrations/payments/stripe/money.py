"""Amounts as Stripe writes them, which is not always as ISO 4217 does."""

from domain.money import Money, exponent
from integrations.payments.amounts import NotRepresentableError

# docs.stripe.com/currencies. ISK and UGX have no decimals but are written with two zeros; MGA has
# decimals in ISO 4217 but none here; three-decimal amounts must end in 0.
_ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF"}
    | {"XOF", "XPF"}
)
_WRITTEN_WITH_TWO = frozenset({"ISK", "UGX"})
_THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})

_POWERS = (1, 10, 100, 1000)


def to_wire(amount: Money) -> int:
    """Return ``amount`` in Stripe's units of its currency, exactly.

    Raises:
        NotRepresentableError: it would have to be rounded, or Stripe has no such currency.
    """
    wire, rest = _scaled(amount.minor, up=_places(amount.currency), down=exponent(amount.currency))
    if rest or (amount.currency in _THREE_DECIMAL and wire % 10):
        raise NotRepresentableError(f"{amount} cannot be written exactly")
    return wire


def from_wire(wire: int, currency: str) -> Money:
    """Return Stripe's ``wire`` units of ``currency`` (any case) as money, exactly.

    Raises:
        NotRepresentableError: it is no whole number of ISO minor units, or an unknown currency.
    """
    iso = currency.upper()
    minor, rest = _scaled(wire, up=exponent(iso), down=_places(iso))
    if rest:
        raise NotRepresentableError(f"{wire} {iso} is no whole number of minor units")
    return Money(minor, iso)


def _scaled(number: int, *, up: int, down: int) -> tuple[int, int]:
    """Return ``number × 10^up ÷ 10^down`` as quotient and rest."""
    return divmod(number * _POWERS[up], _POWERS[down])


def _places(currency: str) -> int:
    if currency in _ZERO_DECIMAL:
        return 0
    if currency in _THREE_DECIMAL:
        return 3
    if exponent(currency) == 2 or currency in _WRITTEN_WITH_TWO:
        return 2
    raise NotRepresentableError(f"Stripe has no currency {currency}")
