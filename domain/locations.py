"""Where the goods of a return are received: by where they come from and what a place takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.orders import Order

FALLBACK = "MAIN"
"""The place of a platform that does not say which of its places takes what."""


@dataclass(frozen=True, slots=True)
class Area:
    """A country (ISO 3166-1 alpha-2), or a region of it as its addresses write it."""

    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Accepts:
    """What a place takes: goods from these areas, or from everywhere where it names none.

    Goods with a trait of ``except_traits`` it does not take.
    """

    areas: tuple[Area, ...] = ()
    except_traits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceivingLocation:
    """A place of the platform; without ``accepts`` it says nothing of what it takes.

    ``country`` of its address is ISO 3166-1 alpha-2.
    """

    location_id: str
    time_zone: str
    accepts: Accepts | None = None
    country: str = ""


class Match(StrEnum):
    """How closely a place fits where goods come from, the closest first."""

    REGION = "region"
    COUNTRY = "country"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Receiving:
    """The place that was chosen; what the platform does not tell of it is empty.

    Without a ``match`` the platform left no choice.
    """

    location_id: str = FALLBACK
    time_zone: str = ""
    match: Match | None = None
    country: str = ""


class NoLocationError(ValueError):
    """No place of the platform takes all of the goods; ``field`` is the path in its order."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def serving(
    locations: Sequence[ReceivingLocation], order: Order
) -> tuple[ReceivingLocation, ...] | None:
    """Return the places that take anything from where the order was delivered, in their order.

    As soon as one place says what it takes, those that say nothing take nothing. Where none does,
    the answer is :data:`FALLBACK`, or ``None`` where there is no such place either.
    """
    if any(place.accepts is not None for place in locations):
        return tuple(place for place in locations if _match(place, order) is not None)
    return tuple(place for place in locations if place.location_id == FALLBACK) or None


def choose_location(
    nearby: Sequence[ReceivingLocation] | None, order: Order, line_ids: Collection[str]
) -> Receiving:
    """Choose where all of these lines go: one place, for they travel together.

    Of the places that serve the order and refuse none of its goods, one that names the region goes
    before one that names the country, and that before one for everywhere; among equals the first
    that the platform lists.

    Args:
        nearby: What :func:`serving` answered.

    Raises:
        NoLocationError: there is none. ``field`` is ``ship_to.country`` where none takes anything
            from there, else ``lines``.
    """
    if nearby is None:
        return Receiving()
    if not nearby:
        raise NoLocationError(
            "ship_to.country", f"no location takes goods from {order.delivery_country}"
        )
    traits = [trait for line_id in line_ids for trait in order.line(line_id).traits]
    fitting = [place for place in nearby if _takes(place, traits)]
    if not fitting:
        raise NoLocationError(
            "lines", f"no location that takes goods from {order.delivery_country} takes these"
        )
    # Among equals, min takes the first.
    place = min(fitting, key=lambda place: _distance(place, order))
    match = _match(place, order)
    return Receiving(place.location_id, place.time_zone, match, place.country)


def _takes(place: ReceivingLocation, traits: Sequence[str]) -> bool:
    return place.accepts is None or not any(t in place.accepts.except_traits for t in traits)


def _distance(place: ReceivingLocation, order: Order) -> int:
    match = _match(place, order)
    return [*Match].index(match) if match is not None else len(Match)


def _match(place: ReceivingLocation, order: Order) -> Match | None:
    if place.accepts is None:
        return None
    if not place.accepts.areas:
        return Match.EVERYWHERE
    here = [area for area in place.accepts.areas if area.country == order.delivery_country]
    region = _plain(order.delivery_region)
    if region and any(_plain(area.region) == region for area in here):
        return Match.REGION
    return Match.COUNTRY if any(not area.region for area in here) else None


def _plain(region: str) -> str:
    return " ".join(region.split()).casefold()
