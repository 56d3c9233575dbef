"""Packs of law as files: what is wrong is refused at load, with its file, path and reason."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import packs
from domain.ids import content_hash
from domain.pack_reading import PolicyError
from packs.files import read_file
from packs.library import load, read_one, shipped

LAW = Path(packs.__file__).parent / "law"
Edit = Callable[[Any], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped packs, free to be changed."""
    return Path(shutil.copytree(LAW, tmp_path / "law"))


def edited(folder: Path, name: str, edit: Edit) -> None:
    path = folder / name
    document: Any = read_file(path, name=name)
    edit(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def refusal(folder: Path) -> str:
    with pytest.raises(PolicyError) as refused:
        load(folder)
    return str(refused.value)


CN, DE = "cn-core/2024-07-01.yaml", "places/eu-de.yaml"


def rule(edit: Edit) -> Edit:
    return lambda document: edit(document["rules"][0])


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        (
            "cn-core/2017-03-15.yaml",
            lambda pack: pack["governs"].update(end="2020-10-01"),
            "governs.end: leaves a gap before CN-CORE@2020-10-23",
        ),
        (
            "cn-core/2017-03-15.yaml",
            lambda pack: pack["governs"].update(end="2021-01-01"),
            "governs.end: overlaps with CN-CORE@2020-10-23",
        ),
        (
            "cn-core/2017-03-15.yaml",
            lambda pack: pack["governs"].update(end=None),
            "governs.end: overlaps with CN-CORE@2020-10-23",
        ),
        (
            CN,
            lambda pack: pack.update(supersedes="CN-CORE@2017-03-15"),
            "supersedes: wanted CN-CORE@2020-10-23",
        ),
        (
            "cn-core/2014-03-15.yaml",
            lambda pack: pack.update(supersedes="CN-CORE@2013-01-01"),
            "supersedes: wanted nothing, for no version is before it",
        ),
        (
            CN,
            lambda pack: pack.update(corrects="CN-CORE@2024-07-01"),
            "corrects: CN-CORE@2024-07-01 is no earlier version",
        ),
        (
            CN,
            lambda pack: pack["governs"].update(end="2024-07-01"),
            "governs.end: wanted a date after governs.start",
        ),
        (
            CN,
            lambda pack: pack.update(version="2024-07-02"),
            "version: wanted 2024-07-01, the first date it governs",
        ),
        (
            CN,
            lambda pack: pack["governs"].update(by="DELIVERY"),
            "governs.by: wanted CONTRACT_DATE",
        ),
        (CN, lambda pack: pack.update(places=[]), "places: wanted one or more"),
        (
            "jp-core/2022-06-01.yaml",
            lambda pack: pack.update(places=["JP", "CN"]),
            "places[1]: CN-CORE is for CN",
        ),
        (
            CN,
            lambda pack: pack.update(time_zone="Asia/Nowhere"),
            "time_zone: no time zone 'Asia/Nowhere'",
        ),
        (CN, lambda pack: pack.update(tone="mild"), "tone: Unexpected keyword argument"),
        (CN, lambda pack: pack.pop("status"), "status: Field required"),
        (
            CN,
            rule(lambda one: one.update(sources=["CN-CPL#25", "NOBODY#1"])),
            "rules[0].sources[1]: unknown source NOBODY#1",
        ),
        (CN, rule(lambda one: one.update(grants="R_WHIM")), "rules[0].grants: no text for R_WHIM"),
        (
            CN,
            rule(lambda one: one["exclusions"][0].update(code="X_WHIM")),
            "rules[0].exclusions[0].code: no text for X_WHIM",
        ),
        (CN, rule(lambda one: one["applies"].update(when=["FULL_MOON"])), "rules[0].applies.when"),
        (
            CN,
            rule(lambda one: one["applies"].update(places=["JP"])),
            "rules[0].applies.places[0]: the pack is not for JP",
        ),
        (
            CN,
            rule(lambda one: one["window"].update(anker="DELIVERED")),
            "rules[0].window.anker: Unexpected keyword argument",
        ),
        (
            CN,
            rule(lambda one: one["window"].update(months=1)),
            "rules[0].window: wanted one of days, months and validity_of_goods",
        ),
        (
            CN,
            rule(lambda one: one.update(layer="MERCHANT")),
            "rules[0].layer: wanted LAW or SECTOR_LAW, for no promise is law",
        ),
        (
            CN,
            rule(lambda one: one["window"].update(days=-1)),
            "rules[0].window: wanted 0 to 3650 days",
        ),
        (
            CN,
            rule(lambda one: one["applies"].update(channels=["DISTANS"])),
            "rules[0].applies.channels[0]: Input should be 'DISTANCE' or 'STORE'",
        ),
        (
            CN,
            rule(lambda one: one["exclusions"][0].update(trait="DIGITL")),
            "rules[0].exclusions[0].trait: no code for DIGITL",
        ),
        (
            CN,
            rule(lambda one: one["refund"]["due"].update(days=-14)),
            "rules[0].refund.due.days: wanted 0 or more",
        ),
        (
            "eu-core/2026-07-31.yaml",
            rule(lambda one: one["window"]["extend"][0].update(days_once_told=-1)),
            "rules[0].window.extend[0].days_once_told: wanted 0 or more",
        ),
        (
            CN,
            lambda pack: pack["rules"].append(pack["rules"][0]),
            "rules[6].id: CN-7D-WITHDRAWAL stands twice",
        ),
        (
            CN,
            rule(lambda one: one.update(shows_window_of="NOBODY")),
            "rules[0].shows_window_of: no rule NOBODY of this ground for every place",
        ),
        (
            CN,
            rule(lambda one: one.update(remedies=[])),
            "rules[0].remedies: wanted one or more, or a review",
        ),
        (DE, lambda place: place.update(id="EU-XX"), "id: EU-CORE@2014-06-13 is not for EU-XX"),
        (DE, lambda place: place.update(of="XX-CORE"), "of: no pack XX-CORE"),
        (DE, lambda place: place.update(holidays="ZZ"), "holidays: no calendar of ZZ"),
        (DE, lambda place: place.update(holiday_categories=["moon"]), "holiday_categories: "),
        (DE, lambda place: place.update(subdivision="XX"), "subdivision: no calendar of XX"),
        (DE, lambda place: place.update(time_zone=""), "time_zone: no time zone ''"),
    ],
)
def test_what_contradicts_itself_is_refused(
    folder: Path, name: str, edit: Edit, message: str
) -> None:
    """The message starts with the file and the path in it."""
    edited(folder, name, edit)

    assert refusal(folder).startswith(f"{name}: {message}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "(file): wanted an object"),
        ("rules: [", "wanted a YAML file, found while parsing"),
        ("- CN", "(file): wanted an object"),
        ("id: CN-CORE\nid: CN-CORE\n", "wanted a YAML file, found id twice"),
        ("[" * 100_000, "wanted a YAML file, found"),
        ("a: !!python/object:os.system {}", "wanted a YAML file, found could not determine"),
    ],
)
def test_what_is_no_pack_at_all(folder: Path, content: str, message: str) -> None:
    """A broken or empty file is named like any other, for a folder and for the file itself."""
    path = folder / CN
    path.write_text(content)

    with pytest.raises(PolicyError) as alone:
        read_one(path)

    assert refusal(folder).startswith(f"{CN}: {message}")
    assert str(alone.value).startswith(f"2024-07-01.yaml: {message}")


def test_a_rule_of_a_place_is_not_one_of_its_pack(folder: Path) -> None:
    """A place adds rules under names of their own; it replaces none."""
    document: Any = read_file(LAW / "eu-core/2026-07-31.yaml", name="")
    edited(folder, DE, lambda place: place.update(rules=[document["rules"][0]]))

    assert refusal(folder) == f"{DE}: rules[0].id: {document['rules'][0]['id']} stands twice"


def test_a_place_has_one_file(folder: Path) -> None:
    """Of two, one would be lost."""
    shutil.copy(folder / DE, folder / "places" / "germany.yaml")

    assert refusal(folder) == "places/germany.yaml: id: another file is for EU-DE"


def test_a_window_of_another_ground_is_not_shown(folder: Path) -> None:
    """It would not be looked at with this one."""
    document: Any = read_file(LAW / CN, name="")
    own = document["rules"][0]["ground"]
    other = next(one["id"] for one in document["rules"] if one["ground"] != own)
    edited(folder, CN, rule(lambda one: one.update(shows_window_of=other)))

    assert refusal(folder).startswith(f"{CN}: rules[0].shows_window_of: no rule {other}")


def test_the_shipped_packs_are_well() -> None:
    """Each version is found by its name, and each place has its pack."""
    library = shipped()

    assert {*library.packs} == {"CN-CORE", "EU-CORE", "UK-CORE", "US-STATE", "JP-CORE"}
    for versions in library.packs.values():
        for one in versions:
            assert library.find(one.pack.ref) is one
            assert all(library.time_zone_of(place) for place in one.pack.places)
    assert all(library.covers(place) for place in library.places)


def law_of_germany(folder: Path) -> str:
    day = datetime(2026, 9, 1, tzinfo=UTC)
    return load(folder).governing("EU-DE", day).law.content_hash


def test_the_hash_is_of_what_a_file_says(folder: Path) -> None:
    """The order of its keys is layout; another content or another overlay is another law."""
    name = "eu-core/2026-07-31.yaml"
    before = law_of_germany(folder)
    document: Any = read_file(folder / name, name=name)
    backwards = dict(reversed(document.items()))
    (folder / name).write_text(yaml.safe_dump(backwards, sort_keys=False, allow_unicode=True))
    laid_out_anew = law_of_germany(folder)
    edited(folder, name, rule(lambda one: one["window"].update(days=15)))
    of_other_content = law_of_germany(folder)
    edited(folder, DE, lambda place: place.update(note="another"))

    assert laid_out_anew == before
    assert len({before, of_other_content, law_of_germany(folder)}) == 3


def test_a_shipped_version_never_changes() -> None:
    """Decisions name it with its hash: a correction is a version of its own.

    Its end is no part of that: it is set when the next version is written.
    """
    written = dict(line.split() for line in (LAW / "HASHES").read_text().splitlines())
    found = {str(path.relative_to(LAW)): without_end(path) for path in LAW.rglob("*.yaml")}

    changed = sorted(name for name, digest in written.items() if found.get(name) != digest)
    missing = sorted(f"{name} {found[name]}" for name in {*found} - {*written})

    assert changed == [], "versions are immutable: write a new one"
    assert missing == [], "add these lines to HASHES: from now on they stay as they are"


def without_end(path: Path) -> str:
    document: Any = read_file(path, name=path.name)
    if "governs" in document:
        document["governs"] = {**document["governs"], "end": None}
    return content_hash(document)
