"""What facts refuse of a request, in the same words for a preview and for a start."""

from collections.abc import Mapping, Sequence

from domain.codes import RefusedError
from domain.money import Money
from domain.opening import check_exchange
from domain.orders import Order
from domain.requests import Resolution, ReturnRequest


def check_exchanges(request: ReturnRequest, order: Order, prices: Mapping[str, Money]) -> None:
    """Refuse an exchange for goods of another price or currency; ``prices`` are by SKU, per unit.

    Raises:
        RefusedError: ``exchange_not_even``, naming the line.
    """
    for index, asked in enumerate(request.lines):
        if asked.resolution is not Resolution.EXCHANGE or asked.exchange_sku is None:
            continue
        line, price = order.line(asked.line_id), prices[asked.exchange_sku]
        check_exchange(
            Money(line.paid_minor, order.currency),
            Money(price.minor * line.quantity, price.currency),
            field=f"lines[{index}].exchange_sku",
        )


def too_few(
    request: ReturnRequest, line_id: str, *, available: int, held_by: Sequence[str]
) -> RefusedError:
    """Return the refusal of a line whose units are not free; ``held_by`` are RMA numbers."""
    index = next(i for i, line in enumerate(request.lines) if line.line_id == line_id)
    held = f", held by {', '.join(held_by)}" if held_by else ""
    return RefusedError(
        "units_not_available", f"{available} left{held}", field=f"lines[{index}].quantity"
    )
