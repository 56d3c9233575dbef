"""An amount a provider can be asked for, or the refusal to ask."""

from collections.abc import Callable
from typing import TypeVar

from domain.money import Money
from integrations.errors import RejectedError

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
