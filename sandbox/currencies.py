"""Where Stripe's idea of the smallest unit differs from ISO 4217's."""

from fractions import Fraction

# Stripe has no decimals for the ariary, and two for the króna and the Ugandan shilling.
_STRIPE_PER_ISO_MINOR = {"ISK": Fraction(100), "UGX": Fraction(100), "MGA": Fraction(1, 100)}
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def to_stripe(minor: int, currency: str) -> int:
    """Translate ISO minor units into Stripe's; ``ValueError`` when Stripe cannot hold them."""
    amount = minor * _STRIPE_PER_ISO_MINOR.get(currency.upper(), Fraction(1))
    if amount.denominator != 1 or not is_chargeable(int(amount), currency):
        raise ValueError(f"stripe cannot charge {minor} minor units of {currency}")
    return int(amount)


def from_stripe(amount: int, currency: str) -> int:
    return int(amount / _STRIPE_PER_ISO_MINOR.get(currency.upper(), Fraction(1)))


def is_chargeable(amount: int, currency: str) -> bool:
    """Three-decimal currencies must end in a zero, the two odd ones in two zeros."""
    step = {"ISK": 100, "UGX": 100}.get(currency.upper(), 1)
    if currency.upper() in _THREE_DECIMALS:
        step = 10
    return amount % step == 0
