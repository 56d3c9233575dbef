"""Who carries what where: the carriers, their facilities and lanes, as a seed has laid them out."""

from dataclasses import dataclass
from random import Random

from domain.lanes import Lane
from lanes.seasons import REGIONS, Region


@dataclass(frozen=True, slots=True)
class Route:
    """What a lane is made of; times in hours.

    ``facilities`` are passed in their order, the last is where the delivery round starts.
    ``saturday`` says whether rounds go out on Saturdays. ``clumsy`` multiplies what goes wrong,
    ``unscanned`` the scans that nobody makes. ``weight`` is its share of the parcels.
    """

    lane: Lane
    region: Region
    facilities: tuple[str, ...]
    line_haul: float
    handling: float
    saturday: bool
    clumsy: float
    unscanned: float
    weight: float


@dataclass(frozen=True, slots=True)
class _Service:
    region: str
    carrier: str
    name: str
    km_an_hour: float
    handling: float
    clumsy: float
    unscanned: float
    share: float
    saturday: bool = True


_SERVICES = (
    _Service("US", "swift", "ground", 45, 5, 0.9, 0.7, 0.35),
    _Service("US", "swift", "express", 220, 3, 0.7, 0.7, 0.08),
    _Service("US", "national", "parcel", 40, 8, 1.2, 1.0, 0.25),
    _Service("US", "regional", "economy", 30, 9, 1.5, 1.6, 0.07, saturday=False),
    _Service("CN", "rapid", "standard", 60, 4, 0.8, 0.8, 0.15),
    _Service("CN", "pooled", "standard", 45, 7, 1.4, 1.4, 0.10),
)
_AREAS = {"US": 8, "CN": 5}
_LOCATIONS = {"US": ("US-EAST", "US-WEST"), "CN": ("CN-1",)}


def lay_out(chance: Random) -> tuple[Route, ...]:
    """Return every lane there is. Some have many parcels a day, some have one a month."""
    return tuple(
        route
        for region in REGIONS
        for number in range(_AREAS[region.name])
        for location in _LOCATIONS[region.name]
        for route in _between(region, number, location, chance)
    )


def _between(region: Region, number: int, location: str, chance: Random) -> list[Route]:
    far = chance.uniform(150, 4000 if region.name == "US" else 1800)
    crowd = chance.uniform(0.2, 1.0) / (number + 1)
    # Hubs are shared: two areas have one between them, and each location has its own.
    places = [f"{region.name}-hub-{number // 2}", location]
    if far > 1500:
        places.insert(1, f"{region.name}-cross")
    return [
        Route(
            lane=Lane(service.carrier, service.name, f"{region.name}-{number}", location),
            region=region,
            facilities=tuple(f"{service.carrier}/{place}" for place in places),
            line_haul=far / service.km_an_hour * chance.lognormvariate(0, 0.1),
            handling=service.handling * chance.lognormvariate(0, 0.15),
            saturday=service.saturday,
            clumsy=service.clumsy * chance.lognormvariate(0, 0.15),
            unscanned=service.unscanned,
            weight=service.share * crowd,
        )
        for service in _SERVICES
        if service.region == region.name
    ]
