"""A parcel that came back although nobody asked (edge 41): its count read as a request."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from domain.codes import RefusedError
from domain.orders import Order, OrderLine
from domain.parcels import ReceiptEntry
from domain.reasons import Ground
from domain.requests import HandoverMethod, RequestedLine, ReturnRequest


def refusal_request(
    order: Order,
    parcel: str,
    entries: Sequence[ReceiptEntry],
    held: Mapping[str, Sequence[str]],
) -> ReturnRequest:
    """Return the request that stands for a parcel that came back.

    Of several lines with the same goods, those that the platform sent in this parcel come first,
    then those of which something was not delivered, then the order's own order.

    Args:
        parcel: Its tracking code, or the platform's own id of it, or any mark.
        held: Per line the RMA number of each unit that is in another return.

    Raises:
        RefusedError: the order has no such goods, none of them was sent, or fewer than were
            counted are free; names the entry.
    """
    wanted: dict[str, int] = {}
    for index, entry in enumerate(entries):
        left, lines = entry.quantity, _lines_of(order, entry.sku, parcel, index)
        for line in lines:
            taken = wanted.get(line.line_id, 0)
            count = min(left, line.fulfilled - len(held.get(line.line_id, ())) - taken)
            if count > 0:
                wanted[line.line_id] = taken + count
                left -= count
        if left:
            raise _too_many(lines, entry.quantity - left, held, f"entries[{index}].quantity")
    return ReturnRequest(
        order_id=order.order_id,
        lines=tuple(
            RequestedLine(line.line_id, wanted[line.line_id])
            for line in order.lines
            if line.line_id in wanted
        ),
        ground=Ground.REFUSAL,
        # Nothing is booked, and the count is the receipt, as with what is brought to a store.
        handover=HandoverMethod.IN_STORE,
    )


def entry_refused(refusal: RefusedError) -> RefusedError:
    """Return a start's refusal in the words of a report: its lines came of the entries."""
    field = refusal.field or ""
    named = "entries" if field.startswith("lines") else refusal.field
    return RefusedError(refusal.code, str(refusal), field=named)


def check_same_units(entries: Sequence[ReceiptEntry], requested: Sequence[tuple[str, int]]) -> None:
    """Refuse a second report of a parcel that holds something else than the first said.

    Raises:
        RefusedError: ``receipt_conflict``, naming the entries.
    """
    if _sums((entry.sku, entry.quantity) for entry in entries) != _sums(requested):
        raise RefusedError(
            "receipt_conflict", "the parcel was reported with other contents", field="entries"
        )


def _lines_of(order: Order, sku: str, parcel: str, index: int) -> list[OrderLine]:
    lines = [line for line in order.lines if line.sku == sku]
    if not lines:
        raise RefusedError(
            "sku_not_found",
            f"order {order.order_id} has no {sku!r}",
            field=f"entries[{index}].sku",
        )
    if not any(line.fulfilled for line in lines):
        raise RefusedError(
            "use_cancellation", "nothing of it was sent", field=f"entries[{index}].sku"
        )
    return sorted(lines, key=lambda line: _likelihood(line, parcel))


def _likelihood(line: OrderLine, parcel: str) -> tuple[bool, bool]:
    in_it = any(sent.parcel_id == parcel for sent in line.parcels)
    under_way = any(sent.delivered_at is None for sent in line.parcels)
    return not in_it, not under_way


def _too_many(
    lines: Sequence[OrderLine], available: int, held: Mapping[str, Sequence[str]], field: str
) -> RefusedError:
    holders = dict.fromkeys(rma_no for line in lines for rma_no in held.get(line.line_id, ()))
    by = f", held by {', '.join(holders)}" if holders else ""
    return RefusedError("units_not_available", f"{available} left{by}", field=field)


def _sums(units: Iterable[tuple[str, int]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for sku, quantity in units:
        counted[sku] += quantity
    return counted
