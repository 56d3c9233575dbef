"""Signals of abuse: what a customer sent back of late, counted over all orders and channels.

They send a return to a person, with all that the rules made of it; they refuse nothing and lower
no refund (policy.md §3.2, step 8).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.orders import Order
from domain.pack_reading import At

TO_REVIEW = "M_ABUSE_SIGNAL"
"""The reason code of a return that a person looks at because of whose it is."""


class Measure(StrEnum):
    """What is counted; BLOCKED is not: the platform lets the customer have nothing unseen."""

    RETURNS = "returns"
    UNITS = "units"
    VALUE = "value"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class AbuseSignals:
    """From how much on, within so many days back from the request, a person looks at it.

    ``value`` is in minor units by currency: what was paid for the units, and only of orders in the
    same currency. Zero days: it is not counted.
    """

    returns: int = 0
    returns_days: int = 0
    units: int = 0
    units_days: int = 0
    value: tuple[tuple[str, int], ...] = ()
    value_days: int = 0

    @property
    def counts(self) -> bool:
        return bool(self.returns_days or self.units_days or self.value_days)


NO_SIGNALS = AbuseSignals()


@dataclass(frozen=True, slots=True)
class Recent:
    """A customer's earlier returns, each number over its own days; ``value_minor`` of one currency.

    Those that came to nothing do not count: denied, withdrawn, expired or called off.
    """

    returns: int = 0
    units: int = 0
    value_minor: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """``counted`` is with the return itself, and at or above ``limit``; a block counts nothing."""

    measure: Measure
    counted: int | None = None
    limit: int | None = None
    days: int | None = None


def signals_of(
    limits: AbuseSignals, order: Order, recent: Recent | None, wanted: Iterable[tuple[str, int]]
) -> tuple[Signal, ...]:
    """Return why a person should look at a return of these units, by whose it is.

    ``recent`` is ``None`` where nothing is counted or nobody is named: a guest has no past.
    """
    found = [Signal(Measure.BLOCKED)] if order.customer_blocked else []
    if recent is None:
        return tuple(found)
    asked = [*wanted]
    units = sum(count for _, count in asked)
    limit_minor = dict(limits.value).get(order.currency)
    counted = [
        (Measure.RETURNS, recent.returns + 1, limits.returns, limits.returns_days),
        (Measure.UNITS, recent.units + units, limits.units, limits.units_days),
    ]
    if limit_minor is not None:
        minor = recent.value_minor + order.value_of(asked)
        counted.append((Measure.VALUE, minor, limit_minor, limits.value_days))
    return (*found, *(Signal(*row) for row in counted if row[3] and row[1] >= row[2]))


def read_abuse_signals(pack: At) -> AbuseSignals:
    """Read a pack's ``abuse_signals``; what is left out is not counted.

    Raises:
        PolicyError: something is of the wrong type, out of range, or of an unknown name.
    """
    if "abuse_signals" not in pack.data:
        return NO_SIGNALS
    signals = pack.table("abuse_signals")
    signals.only("returns", "units", "value")
    returns, returns_days = _limit(signals, "returns")
    units, units_days = _limit(signals, "units")
    value, value_days = _value(signals)
    return AbuseSignals(returns, returns_days, units, units_days, value, value_days)


_LONGEST_DAYS = 730


def _limit(signals: At, name: str) -> tuple[int, int]:
    if name not in signals.data:
        return 0, 0
    limit = signals.table(name)
    limit.only("count", "days")
    count = limit.number("count")
    if count < 1:
        raise limit.error("count", "wanted 1 or more")
    return count, _days(limit)


def _value(signals: At) -> tuple[tuple[tuple[str, int], ...], int]:
    if "value" not in signals.data:
        return (), 0
    limit = signals.table("value")
    limit.only("amount_minor", "days")
    amounts = limit.amounts("amount_minor")
    for currency, minor in amounts:
        if minor < 1:
            raise limit.error(f"amount_minor.{currency}", "wanted 1 or more")
    return amounts, _days(limit)


def _days(limit: At) -> int:
    days = limit.number("days")
    if not 1 <= days <= _LONGEST_DAYS:
        raise limit.error("days", f"wanted 1 to {_LONGEST_DAYS}")
    return days
