"""Which law a delivery address is under: the jurisdictions of policy.md §3.7."""

import re
from collections.abc import Mapping

_COUNTRIES: Mapping[str, str] = {"CN": "CN", "GB": "UK", "JP": "JP"}
_EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905  # readable
)
_STATES: Mapping[str, str] = {
    "CALIFORNIA": "CA",
    "FLORIDA": "FL",
    "NEW JERSEY": "NJ",
    "NEW YORK": "NY",
    "TEXAS": "TX",
}


def is_place(name: str) -> bool:
    """Say whether an address can be in a jurisdiction of this name."""
    area, _, part = name.partition("-")
    if area == "US":
        return place_of("US", part) == name
    country = {"UK": "GB"}.get(area, part if area == "EU" else area)
    return bool(re.fullmatch("[A-Z]{2}", country)) and place_of(country, "") == name


def place_of(country: str, region: str) -> str:
    """Return the jurisdiction of an address; a country without one of its own is its own name.

    ``country`` is ISO 3166-1 alpha-2, ``region`` a state as the platform writes it: ``NY``,
    ``US-NY`` or by its name. A state of the US that has no pack is plain ``US``.
    """
    if country in _EU:
        return f"EU-{country}"
    if country != "US":
        return _COUNTRIES.get(country, country)
    state = region.strip().upper().removeprefix("US-")
    state = _STATES.get(state, state)
    return f"US-{state}" if state in _STATES.values() else "US"
