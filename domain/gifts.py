"""Gifts that came free with goods (edge 12): sent back too, or their stated value is kept back."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.money import share_of_units
from domain.orders import Order
from domain.promotions import Units


class MissingGift(StrEnum):
    """What becomes of a gift whose goods came back without it."""

    DEDUCT = "deduct"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class GiftBasis:
    """A gift's line, frozen at request time: ``value_minor`` is stated for all ``quantity`` units.

    It came with the ``bought`` units of ``bought_line_id``.
    """

    line_id: str
    title: str
    quantity: int
    value_minor: int
    bought_line_id: str
    bought: int


@dataclass(frozen=True, slots=True)
class GiftOwed:
    """Units of a gift that nothing kept earns any more, and their value in minor units."""

    line_id: str
    title: str
    quantity: int
    value_minor: int


def freeze_gifts(order: Order) -> tuple[GiftBasis, ...]:
    return tuple(
        GiftBasis(
            gift.line_id,
            order.line(gift.line_id).title,
            order.line(gift.line_id).quantity,
            gift.value_minor,
            gift.gift_of,
            order.line(gift.gift_of).quantity,
        )
        for gift in order.gifts
    )


def gifts_owed(gifts: Sequence[GiftBasis], returned: Units) -> tuple[GiftOwed, ...]:
    """Return which gifts should come too once ``returned`` is back, with what was stated for them.

    A gift goes with its share of the goods, in the customer's favour: of two pairs with one gift,
    the pair that is kept earns it. One that is back owes nothing, whatever is kept.
    """
    back = dict(returned)
    owed: list[GiftOwed] = []
    for gift in gifts:
        kept_goods = gift.bought - len(back.get(gift.bought_line_id, ()))
        earned = -(-gift.quantity * kept_goods // gift.bought)
        kept = [unit for unit in range(gift.quantity) if unit not in back.get(gift.line_id, ())]
        if missing := kept[earned:]:
            value = share_of_units(gift.value_minor, missing, of_units=gift.quantity)
            owed.append(GiftOwed(gift.line_id, gift.title, len(missing), value))
    return tuple(owed)


def gift_value_owed(gifts: Sequence[GiftBasis], returned: Units) -> int:
    return sum(owed.value_minor for owed in gifts_owed(gifts, returned))
