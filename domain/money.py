"""Money in integer minor units of one currency, and the cumulative sharing of totals over units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from domain.currencies import EXPONENTS


class CurrencyMismatchError(ValueError):
    """Two amounts of different currencies met in one computation."""


def exponent(currency: str) -> int:
    """Return how many decimal places the ISO 4217 minor unit of ``currency`` has."""
    return EXPONENTS.get(currency, 2)


def half_up(amount: Fraction) -> int:
    """Round a rational to the nearest integer, halves away from zero."""
    doubled = abs(amount) * 2
    magnitude = (doubled.numerator // doubled.denominator + 1) // 2
    return magnitude if amount >= 0 else -magnitude


def taken_from(amount_minor: int, part: Fraction) -> int:
    """Return ``part`` of an amount, where the rest of it is what is paid and rounded half up.

    Minor units. A half is so never taken from who is paid (policy.md §3.4: half up at the end).
    """
    return amount_minor - half_up(amount_minor * (1 - part))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: ``minor`` integer minor units (cents, yen, fils) of ISO 4217 ``currency``.

    Arithmetic and comparison refuse other currencies with :class:`CurrencyMismatchError`.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not all("A" <= letter <= "Z" for letter in self.currency):
            raise ValueError(f"currency must be three capital letters, found {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        places = exponent(self.currency)
        sign = "-" if self.minor < 0 else ""
        whole, rest = divmod(abs(self.minor), 10**places)
        decimals = f".{rest:0{places}d}" if places else ""
        return f"{sign}{whole}{decimals} {self.currency}"

    def share(self, part: Fraction) -> "Money":
        """Return ``part`` of the amount, rounded half up once."""
        return Money(half_up(self.minor * part), self.currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"expected {self.currency}, found {other.currency}")
        return other.minor


def allocated(total_minor: int, *, units: int, of_units: int) -> int:
    """Return the minor units of ``total_minor`` that belong to the first ``units`` of ``of_units``.

    Half up of ``total × units ÷ of_units``; the last unit carries the residue, so any order of
    partial returns gives back exactly the total (``allocated`` after minus ``allocated`` before).
    """
    if not 0 <= units <= of_units or of_units < 1:
        raise ValueError(f"units must be within 0..{of_units}, found {units}")
    return half_up(Fraction(total_minor * units, of_units))


def share_of_units(total_minor: int, units: Iterable[int], *, of_units: int) -> int:
    """Return what ``total_minor`` gives to the numbered ``units`` (0-based) of ``of_units``.

    Unit *k* owns ``allocated(k + 1) - allocated(k)``: whichever units come back in whichever order
    and grouping, all of them together give back exactly the total.
    """
    return sum(
        allocated(total_minor, units=unit + 1, of_units=of_units)
        - allocated(total_minor, units=unit, of_units=of_units)
        for unit in units
    )


def split(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split ``total_minor`` in proportion to non-negative ``weights``, without residue.

    Cumulative half-up: share *i* is the rounded running total minus what went before. All weights
    zero puts everything on the last share; an empty sequence is refused with ``ValueError``.
    """
    if not weights or any(weight < 0 for weight in weights):
        raise ValueError("weights must be one or more non-negative integers")
    whole = sum(weights)
    if whole == 0:
        return (0,) * (len(weights) - 1) + (total_minor,)
    shares: list[int] = []
    running = given = 0
    for weight in weights:
        running += weight
        upto = half_up(Fraction(total_minor * running, whole))
        shares.append(upto - given)
        given = upto
    return tuple(shares)
