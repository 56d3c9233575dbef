"""Goods for goods of another price: who owes the difference, and what becomes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.charging import lot_amount
from domain.codes import RefusedError
from domain.events import Fact, JsonValue
from domain.intents import LotAmount
from domain.lifecycle import LotState
from domain.money import Money
from domain.orders import Order
from domain.requests import Requester, Resolution, ReturnRequest
from domain.returns import Change, Lot, Replacement, Return, ReturnLine


@dataclass(frozen=True, slots=True)
class Difference:
    """What a lot's wanted goods cost beside what was paid for its units, in minor units with tax.

    Above zero the customer owes it, below zero it is given back. The outbound shipping is not in
    it: the wanted goods are shipped for it.
    """

    worth: LotAmount
    wanted_minor: int

    @property
    def minor(self) -> int:
        return self.wanted_minor - self.worth.refund_minor


def check_exchanges(
    request: ReturnRequest, order: Order, prices: Mapping[str, Money], *, uneven: bool
) -> None:
    """Refuse an exchange for goods in another currency or, unless ``uneven``, of another price.

    ``prices`` are by SKU, for one unit with its tax. A gift's recipient gets goods of the same
    price alone, and is not told which that is: the difference would be the purchaser's.

    Raises:
        RefusedError: ``exchange_not_even``, naming the line.
    """
    as_gift = request.by is Requester.RECIPIENT
    for index, asked in enumerate(request.lines):
        if asked.resolution is not Resolution.EXCHANGE or asked.exchange_sku is None:
            continue
        line, price = order.line(asked.line_id), prices[asked.exchange_sku]
        # A price adjustment that was given before is no part of what the goods are worth now.
        worth = line.paid_minor - min(line.refunded_minor, line.paid_minor)
        paid = Money(worth, order.currency)
        wanted = Money(price.minor * line.quantity, price.currency)
        if paid.currency != wanted.currency or (paid != wanted and (as_gift or not uneven)):
            raise RefusedError(
                "exchange_not_even",
                "a gift is exchanged for goods of the same price"
                if as_gift
                else f"the line was paid with {paid}, as much of the wanted goods costs {wanted}",
                field=f"lines[{index}].exchange_sku",
            )


def difference(line: ReturnLine, lot: Lot) -> Difference:
    """Compare a lot with its wanted goods at the price that the platform gave with the request.

    An exchange bears no fee, for the goods are paid with goods, and no promotion is lost: they are
    kept in another form. Of a line that is worth as much as the same number of wanted goods every
    lot is even, however its units are rounded; of any other, the differences of all lots are that
    of the line.
    """
    worth = replace(lot_amount(line, lot), shipping_minor=0)
    worth = replace(worth, refund_minor=worth.gross_minor - worth.discount_minor + worth.tax_minor)
    if line.exchange_price_minor is None or _is_even(line, line.exchange_price_minor):
        return Difference(worth, worth.refund_minor)
    return Difference(worth, line.exchange_price_minor * lot.quantity)


def _is_even(line: ReturnLine, price_minor: int) -> bool:
    basis = line.basis
    worth = basis.gross_minor - basis.discount_minor + sum(t.amount_minor for t in basis.taxes)
    return worth == price_minor * basis.quantity


def priced(ret: Return, lot_id: str, replacement: Replacement) -> Replacement:
    """Say of a replacement what its difference makes the customer pay or get back."""
    lot = ret.lot(lot_id)
    minor = difference(ret.line(lot.line_id), lot).minor
    return replace(replacement, due_minor=max(minor, 0), given_back_minor=max(-minor, 0))


def difference_given_back(line: ReturnLine, lot: Lot) -> LotAmount:
    """Return the amount of a lot whose wanted goods are cheaper than what it was paid with."""
    found = difference(line, lot)
    return replace(
        found.worth,
        exchange_minor=min(found.wanted_minor, found.worth.refund_minor),
        refund_minor=max(-found.minor, 0),
    )


def payment_asked(ret: Return, lot_id: str, replacement: Replacement, *, at: datetime) -> Change:
    """The platform has the order and sends it once the customer has paid the difference."""
    lot = replace(ret.lot(lot_id).moved(LotState.REPLACEMENT_UNPAID, at), replacement=replacement)
    pay_by = (at + ret.policy.handling.replacement).astimezone(ZoneInfo(ret.time_zone))
    data: dict[str, JsonValue] = {
        "lot_id": lot_id,
        "due_minor": replacement.due_minor,
        "currency": ret.currency,
        "payment_url": replacement.payment_url,
        "pay_by": pay_by.isoformat(),
        "replacement_order_id": replacement.replacement_order_id,
    }
    return ret.with_lots(lot), (Fact("replacement.payment_asked", data),)


def paid(ret: Return, lot: Lot, *, at: datetime) -> tuple[Lot, Fact]:
    """The customer paid the difference; that counts also while the order was to be called off."""
    lot = replace(lot.moved(LotState.REPLACEMENT_RESERVED, at), resolution=Resolution.EXCHANGE)
    due = lot.replacement.due_minor if lot.replacement else 0
    data: dict[str, JsonValue] = {
        "lot_id": lot.lot_id,
        "due_minor": due,
        "currency": ret.currency,
    }
    return lot, Fact("replacement.paid", data)


def lots_to_call_off(ret: Return) -> tuple[Lot, ...]:
    """Return the lots whose unpaid replacement is unwanted and still stands at the platform."""
    return tuple(
        lot
        for lot in ret.lots
        if lot.state is LotState.REPLACEMENT_UNPAID
        and lot.resolution.pays_back
        and lot.replacement is not None
        and not lot.replacement.called_off
    )


def called_off(lot: Lot) -> tuple[Lot, Fact]:
    """The unpaid order is gone at the platform: from here on the lot's money is due."""
    gone = replace(lot.replacement, called_off=True) if lot.replacement else None
    chosen = lot.resolution if lot.resolution.pays_back else Resolution.REFUND
    lot = replace(lot, replacement=gone, resolution=chosen, version=lot.version + 1)
    data: dict[str, JsonValue] = {"lot_id": lot.lot_id, "resolution": chosen}
    return lot, Fact("replacement.called_off", data)


def is_paid_back_instead(lot: Lot) -> bool:
    """Say whether a lot gets its money for the difference of its replacement was never paid."""
    gone = lot.replacement is not None and lot.replacement.called_off
    return lot.state is LotState.REPLACEMENT_UNPAID and gone


def exchange_prices(request: ReturnRequest, prices: Mapping[str, Money]) -> Sequence[int | None]:
    """Return the price of one wanted unit, line by line; ``None`` where none is known."""
    wanted = [prices.get(line.exchange_sku or "") for line in request.lines]
    return [None if price is None else price.minor for price in wanted]


def delivered_so_far(lot: Lot, at: datetime) -> Lot:
    """Bring a lot whose goods are accepted to where its replacement is."""
    status = lot.replacement.status if lot.replacement else ""
    if lot.state is LotState.REPLACEMENT_RESERVED and status in ("shipped", "delivered"):
        lot = lot.moved(LotState.REPLACEMENT_SHIPPED, at)
    if lot.state is LotState.REPLACEMENT_SHIPPED and status == "delivered":
        lot = lot.moved(LotState.REPLACED, at)
    return lot
