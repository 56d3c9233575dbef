"""Amounts as PayPal writes them: decimal text, in the currencies that it has."""

import re
from decimal import Decimal

from domain.money import Money, exponent
from integrations.amounts import in_minor_units
from integrations.payments.amounts import NotRepresentableError

# developer.paypal.com/api/rest/reference/currency-codes. Forint and Taiwan dollar have decimals in
# ISO 4217 but none here: PayPal answers DECIMALS_NOT_SUPPORTED.
WITHOUT_DECIMALS = frozenset({"HUF", "JPY", "TWD"})
CURRENCIES = WITHOUT_DECIMALS | frozenset(
    {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "ILS", "MXN", "MYR"}
    | {"NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "USD"}
)

_VALUE = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


def to_wire(amount: Money) -> str:
    """Return ``amount`` with exactly the decimals that PayPal has for its currency.

    Raises:
        NotRepresentableError: it would have to be rounded, or PayPal has no such currency.
    """
    places = _places(amount.currency)
    dropped = exponent(amount.currency) - places
    units, rest = divmod(abs(amount.minor), 10**dropped)
    if rest:
        raise NotRepresentableError(f"PayPal has no decimals in {amount.currency}, found {amount}")
    whole, decimals = divmod(units, 10**places)
    sign = "-" if amount.minor < 0 else ""
    return f"{sign}{whole}.{decimals:0{places}d}" if places else f"{sign}{whole}"


def from_wire(value: str, currency: str) -> Money:
    """Return a decimal text of ``currency`` as money, exactly; zeros at its end say nothing.

    Raises:
        NotRepresentableError: it is no decimal, no whole number of minor units, or of a currency
            that PayPal does not have.
    """
    _places(currency)
    if not _VALUE.fullmatch(value) or len(value) > 32:
        raise NotRepresentableError("wanted a decimal text")
    found = in_minor_units(Decimal(value), currency)
    if found is None:
        raise NotRepresentableError(f"more than {exponent(currency)} decimals in {currency}")
    return found


def _places(currency: str) -> int:
    if currency not in CURRENCIES:
        raise NotRepresentableError(f"PayPal has no currency {currency}")
    return 0 if currency in WITHOUT_DECIMALS else exponent(currency)
