"""PayPal's decimal texts and ISO 4217's minor units."""

import re

WITHOUT_DECIMALS = frozenset(("HUF", "JPY", "TWD"))
WITH_TWO = frozenset(
    {"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "ILS", "MXN", "MYR"}
    | {"NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "USD"}
)
CURRENCIES = WITHOUT_DECIMALS | WITH_TWO
_DECIMAL = re.compile(r"-?(\d*)(?:\.(\d+))?", re.ASCII)


def decimals_of(value: str) -> str | None:
    """Return the decimals of a value as they were written; ``None`` when it is no number."""
    read = _DECIMAL.fullmatch(value)
    return None if read is None or value in ("", "-") else (read[2] or "")


def to_minor(value: str, currency: str) -> int:
    """Read a checked value: with decimals only where the currency has them in PayPal."""
    whole, _, decimals = value.partition(".")
    return int(f"{whole or '0'}{decimals.ljust(iso_places(currency), '0')}")


def to_value(minor: int, currency: str) -> str:
    """Write minor units; ``ValueError`` when PayPal has no such currency or no such part of it."""
    if currency not in CURRENCIES:
        raise ValueError(f"paypal takes no {currency}")
    places = iso_places(currency)
    whole, rest = divmod(minor, 10**places)
    if currency in WITHOUT_DECIMALS:
        if rest:
            raise ValueError(f"paypal has no decimals in {currency}")
        return str(whole)
    return f"{whole}.{rest:0{places}d}"


def iso_places(currency: str) -> int:
    return 0 if currency == "JPY" else 2
