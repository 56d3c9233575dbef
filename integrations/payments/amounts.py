"""An amount a provider can be asked for, or has written; else the refusal of it."""

from collections.abc import Callable
from typing import TypeVar

from domain.money import Money
from integrations.errors import ProtocolError, RejectedError

_Wire = TypeVar("_Wire")


class NotRepresentableError(ValueError):
    """The provider cannot write exactly this amount, or has no such currency."""


def payable(system: str, amount: Money, to_wire: Callable[[Money], _Wire]) -> _Wire:
    """Return ``amount`` as the provider writes it.

    Raises:
        RejectedError: it is not positive, or would have to be rounded; nothing was sent.
    """
    if amount.minor < 1:
        raise RejectedError(
            system,
            f"an amount must be positive, found {amount}",
            code="amount_too_small",
            field="amount",
        )
    try:
        return to_wire(amount)
    except NotRepresentableError as error:
        raise RejectedError(system, str(error), code="not_representable", field="amount") from error


def readable(
    system: str, from_wire: Callable[[_Wire, str], Money], found: _Wire, currency: str
) -> Money:
    """Return what the provider wrote as money.

    Raises:
        ProtocolError: it is no whole number of minor units, or of a currency without any.
    """
    try:
        return from_wire(found, currency)
    except NotRepresentableError as error:
        raise ProtocolError(system, str(error), field="amount") from error
