"""Our names of an order at Kuaidi100, which keeps no drafts and asks for its own numbers.

``KEY`` is an order that nobody offers, ``KEY-CNY850`` one that was quoted (in fen), and
``KEY-CNY850-TASK-ORDER`` one that was placed.
"""

import re
from dataclasses import dataclass, replace

from domain.money import Money

CURRENCY = "CNY"
_REF = re.compile(
    r"(?P<key>[0-9A-Za-z]{1,32})"
    r"(-CNY(?P<minor>[0-9]{1,9})(-(?P<task>[0-9A-Za-z]{1,64})-(?P<order>[0-9A-Za-z]{1,64}))?)?"
)


@dataclass(frozen=True, slots=True)
class OrderRef:
    """``task`` and ``order`` are Kuaidi100's numbers of what was placed."""

    key: str
    price: Money | None = None
    task: str | None = None
    order: str | None = None

    def placed(self, task: str, order: str) -> "OrderRef":
        return replace(self, task=task, order=order)

    def __str__(self) -> str:
        parts = [self.key]
        if self.price is not None:
            parts.append(f"{CURRENCY}{self.price.minor}")
        if self.task is not None and self.order is not None:
            parts += [self.task, self.order]
        return "-".join(parts)


def read_ref(ref: str) -> OrderRef:
    """Read a name of ours; any other is an order of which nothing is known."""
    found = _REF.fullmatch(ref)
    if found is None:
        return OrderRef(ref)
    minor = found["minor"]
    price = Money(int(minor), CURRENCY) if minor is not None else None
    return OrderRef(found["key"], price, found["task"], found["order"])
