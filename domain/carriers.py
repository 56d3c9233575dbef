"""Which carrier a parcel goes with: who can take it, and in which order they are asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.money import Money

ENOUGH_PARCELS = 20
"""Fewer parcels than that say nothing of a carrier: one late one in five is chance."""
RELIABLE = Fraction(4, 5)
"""Below this share on time a carrier comes after those who keep their promises."""


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant's account at a carrier, as far as it matters for who takes a parcel.

    ``countries`` of the sender (ISO 3166-1 alpha-2), ``None`` is any; the weight in grams.
    """

    connection_id: str
    carrier: str
    labels: bool
    couriers: bool
    courier_brings_label: bool = False
    qr_codes: bool = False
    countries: frozenset[str] | None = None
    max_weight_grams: int | None = None
    is_closed: bool = False

    def takes(self, parcel: "ParcelToSend") -> bool:
        """Say whether the account may be asked for this parcel at all."""
        anywhere = self.countries is None or parcel.country is None
        served = anywhere or parcel.country in (self.countries or ())
        light = self.max_weight_grams is None or parcel.weight_grams <= self.max_weight_grams
        able = self.labels or (parcel.wants_courier and self.courier_brings_label)
        shown = self.qr_codes or not parcel.wants_code
        return served and light and able and shown and not self.is_closed


@dataclass(frozen=True, slots=True)
class ParcelToSend:
    """What is to be sent: from which country, how heavy, and how it is to be handed over.

    ``country`` is ``None`` where it is not known before the sender's address is read.
    """

    country: str | None
    weight_grams: int
    wants_courier: bool
    wants_code: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """How many of a carrier's last parcels with a promise were delivered, and how many in time."""

    delivered: int = 0
    on_time: int = 0

    @property
    def is_unreliable(self) -> bool:
        enough = self.delivered >= ENOUGH_PARCELS
        return enough and Fraction(self.on_time, self.delivered) < RELIABLE


@dataclass(frozen=True, slots=True)
class Quote:
    """What one account would take for the parcel, and in how many days from the first scan.

    ``days`` is ``None`` where the carrier promises none.
    """

    account: Account
    cost: Money
    days: int | None
    record: Record = Record()


def ranked(quotes: Sequence[Quote], *, wants_courier: bool, currency: str) -> tuple[Quote, ...]:
    """Return the quotes in the order in which they are taken.

    Who can send a wished courier comes before who cannot; who keeps promises before who does not;
    then the price in ``currency`` (others after it: nothing is converted), the promised days, and
    the carrier's name, so that the same quotes always give the same choice.
    """

    def place(quote: Quote) -> tuple[object, ...]:
        reasons = _reasons(quote, wants_courier=wants_courier, currency=currency)
        return (*reasons, quote.account.carrier)

    return tuple(sorted(quotes, key=place))


def why(chosen: Quote, other: Quote, *, wants_courier: bool, currency: str) -> str:
    """Name what put another quote behind the chosen one."""
    pair = zip(
        _reasons(chosen, wants_courier=wants_courier, currency=currency),
        _reasons(other, wants_courier=wants_courier, currency=currency),
        _NAMES,
        strict=True,
    )
    return next((name for mine, theirs, name in pair if mine != theirs), "name")


_NAMES = ("no_courier", "often_late", "no_price", "dearer", "slower", "slower")


def _reasons(
    quote: Quote, *, wants_courier: bool, currency: str
) -> tuple[bool, bool, bool, int, bool, int]:
    comparable = quote.cost.currency == currency
    return (
        wants_courier and not quote.account.couriers,
        quote.record.is_unreliable,
        not comparable,
        quote.cost.minor if comparable else 0,
        quote.days is None,
        quote.days or 0,
    )
