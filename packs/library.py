"""The shelf of law: every version of every pack, and which one governs a contract."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from domain.ids import content_hash
from domain.law.checks import check_overlay, check_pack, check_versions
from domain.law.deciding import Law
from domain.law.governing import GoverningLaw
from domain.law.schema import Overlay, Pack, Rule
from domain.law.windows import local_day
from domain.pack_reading import PolicyError
from domain.reason_codes import REASON_CODES
from packs.calendars import closed_days
from packs.files import read_file
from packs.reading import read_overlay, read_pack

# Of holidays, from the year the goods came in: a right that nobody was told of runs a year longer.
_YEARS = 3
_ANY_YEAR = 2026


@dataclass(frozen=True, slots=True)
class Shelved:
    """``document`` is the pack as its file has it."""

    pack: Pack
    content_hash: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    overlay: Overlay
    content_hash: str


@dataclass(frozen=True, slots=True)
class Library:
    """``packs`` by id, each in the order of its versions; ``places`` by jurisdiction."""

    packs: Mapping[str, tuple[Shelved, ...]]
    places: Mapping[str, Place]

    def covers(self, place: str) -> bool:
        return self._pack_of(place) is not None

    def law_of(
        self, place: str, contract_at: datetime, came_at: datetime | None = None
    ) -> GoverningLaw | None:
        """Return the law of a contract; ``None`` where no pack is for the place at all."""
        return self.governing(place, contract_at, came_at) if self.covers(place) else None

    @property
    def all_places(self) -> tuple[str, ...]:
        """Return every jurisdiction that a pack is for."""
        return tuple(place for v in self.packs.values() for place in v[-1].pack.places)

    def laws(self, place: str, first: date, end: date | None) -> Iterator[tuple[Rule, ...]]:
        """Give the rules of each version that governs contracts from ``first`` to before ``end``.

        There are none for a place without a pack.
        """
        local = self.places.get(place)
        for one in self._pack_of(place) or ():
            governs = one.pack.governs
            if (governs.end is None or first < governs.end) and (
                end is None or governs.start < end
            ):
                yield one.pack.rules + (local.overlay.rules if local else ())

    def find(self, ref: str) -> Shelved | None:
        """Return the version that ``ID@VERSION`` names, whether or not it governs anything now."""
        pack_id, _, version = ref.partition("@")
        versions = self.packs.get(pack_id, ())
        return next((one for one in versions if str(one.pack.version) == version), None)

    def time_zone_of(self, place: str) -> str | None:
        if place in self.places:
            return self.places[place].overlay.time_zone
        versions = self._pack_of(place)
        return versions[-1].pack.time_zone if versions else None

    def governing(
        self, place: str, contract_at: datetime, came_at: datetime | None = None
    ) -> GoverningLaw:
        """Return the law of a contract by its date in the zone of the pack.

        Never a newer version for lack of one. Holidays reach two years past the contract, or past
        the day on which the last of the goods came, where that is known.

        ``Law.is_missing`` says that no pack is for the place, or none of its versions for the date.
        """
        versions = self._pack_of(place)
        if versions is None:
            return GoverningLaw(Law(place, "", is_missing=True))
        day = local_day(contract_at, versions[-1].pack.time_zone)
        one = next((s for s in versions if _governs(s.pack, day)), None)
        if one is None:
            return GoverningLaw(Law(versions[0].pack.id, "", is_missing=True))
        local = self.places.get(place)
        later = [s for s in versions if s.pack.governs.start > day and s.pack.retroactive]
        sources = (local.overlay.sources or {}) if local else {}
        for shelved in (*later, one):
            sources = sources | shelved.pack.sources
        years = range(contract_at.year, max(contract_at, came_at or contract_at).year + _YEARS)
        laws = tuple(_law(shelved, local) for shelved in later)
        return GoverningLaw(_law(one, local), sources, _holidays(local, years), laws)

    def _pack_of(self, place: str) -> tuple[Shelved, ...] | None:
        return next((v for v in self.packs.values() if place in v[-1].pack.places), None)


def _law(shelved: Shelved, place: Place | None) -> Law:
    pack = shelved.pack
    rules = pack.rules + (place.overlay.rules if place is not None else ())
    parts = {
        "pack": shelved.content_hash,
        "place": place.content_hash if place is not None else None,
    }
    longer = place.overlay.may_be_longer if place is not None else ()
    return Law(
        pack.ref,
        content_hash(parts),
        rules,
        answer_days=pack.answer_days,
        may_be_longer=longer,
    )


def _governs(pack: Pack, day: date) -> bool:
    return pack.governs.start <= day and (pack.governs.end is None or day < pack.governs.end)


def _holidays(place: Place | None, years: Iterable[int]) -> tuple[date, ...]:
    if place is None or place.overlay.holidays is None:
        return ()
    country, part = place.overlay.holidays, place.overlay.subdivision
    of = place.overlay.holiday_categories
    return tuple(day for year in years for day in closed_days(country, part, year, of))


@cache
def shipped() -> Library:
    """Return the packs that come with the engine, read and checked once per process."""
    return load(Path(str(files("packs") / "law")))


def read_one(path: Path) -> Pack:
    """Read and check one pack by itself.

    Raises:
        PolicyError: something in it is wrong; the message starts with the file and the path in it.
    """
    pack, _ = read_pack(read_file(path, name=path.name), name=path.name)
    _named(path.name, partial(check_pack, pack, REASON_CODES))
    return pack


def load(folder: Path) -> Library:
    """Read every pack under a folder: ``<id>/<version>.yaml``, and ``places/<place>.yaml``.

    Raises:
        PolicyError: a file is wrong, the versions of a pack do not follow one another, or two packs
            are for one place; the message starts with the file and the path in it.
    """
    paths = sorted(folder.rglob("*.yaml"))
    packs = _packs(path for path in paths if path.parent.name != "places")
    places: dict[str, Place] = {}
    for path in (path for path in paths if path.parent.name == "places"):
        name = _name(path)
        overlay, digest = read_overlay(read_file(path, name=name), name=name)
        if overlay.of not in packs:
            raise PolicyError(f"{name}: of: no pack {overlay.of}")
        if overlay.id in places:
            raise PolicyError(f"{name}: id: another file is for {overlay.id}")
        _check_calendar(overlay, name)
        for shelved in packs[overlay.of]:
            _named(name, partial(check_overlay, overlay, shelved.pack, REASON_CODES))
        places[overlay.id] = Place(overlay, digest)
    return Library(packs, places)


def _check_calendar(overlay: Overlay, name: str) -> None:
    if overlay.holidays is None:
        return
    try:
        closed_days(overlay.holidays, overlay.subdivision, _ANY_YEAR, overlay.holiday_categories)
    except KeyError as error:
        field = "holidays" if overlay.subdivision is None else "subdivision"
        raise PolicyError(f"{name}: {field}: no calendar of {error.args[0]}") from error
    except ValueError as error:
        raise PolicyError(f"{name}: holiday_categories: {error}") from error


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _named(name: str, check: Callable[[], None]) -> None:
    try:
        check()
    except PolicyError as error:
        raise PolicyError(f"{name}: {error}") from error


def _packs(paths: Iterable[Path]) -> dict[str, tuple[Shelved, ...]]:
    found: dict[str, dict[str, Shelved]] = {}
    owner: dict[str, str] = {}
    for path in paths:
        name = _name(path)
        document = read_file(path, name=name)
        pack, digest = read_pack(document, name=name)
        _named(name, partial(check_pack, pack, REASON_CODES))
        for number, place in enumerate(pack.places):
            if owner.setdefault(place, pack.id) != pack.id:
                raise PolicyError(f"{name}: places[{number}]: {owner[place]} is for {place}")
        shelved = Shelved(pack, digest, cast("Any", document))
        found.setdefault(pack.id, {})[name] = shelved
    for versions in found.values():
        check_versions({name: one.pack for name, one in versions.items()})
    return {
        pack_id: tuple(sorted(versions.values(), key=lambda one: one.pack.version))
        for pack_id, versions in found.items()
    }
