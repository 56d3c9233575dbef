"""Amounts as WeChat Pay writes them: integer fen."""

from domain.money import Money
from integrations.payments.amounts import NotRepresentableError

CURRENCY = "CNY"


def to_wire(amount: Money) -> int:
    """Return ``amount`` in fen.

    Raises:
        NotRepresentableError: it is of another currency than CNY.
    """
    if amount.currency != CURRENCY:
        raise NotRepresentableError(f"WeChat Pay refunds in {CURRENCY}, found {amount}")
    return amount.minor


def from_wire(fen: int, currency: str) -> Money:
    """Return fen as money.

    Raises:
        NotRepresentableError: they are of another currency, whose unit we do not know.
    """
    if currency != CURRENCY:
        raise NotRepresentableError(f"wanted {CURRENCY}, found another currency")
    return Money(fen, CURRENCY)
