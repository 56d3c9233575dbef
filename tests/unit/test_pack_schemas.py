"""The published schemas say of a pack what the engine says of it."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import packs as shipped_packs
from chaos.packs import PACKS, write_pack
from domain.currencies import EXPONENTS
from domain.law.places import is_place
from domain.pack_reading import PolicyError
from domain.policy_reading import parse_policy
from packs.files import read_file
from packs.reading import merchant_schema, pack_schema, place_schema
from tests.support.builders import STANDARD
from tests.support.full_pack import FULL, OBJECTS, PARTS, Steps, changed, without, written

SCHEMA = merchant_schema()
MERCHANT = Draft202012Validator(SCHEMA)
LAW = Path(shipped_packs.__file__).parent / "law"
DOCS = Path(__file__).parents[2] / "docs"


def refusal(data: dict[str, Any]) -> str | None:
    try:
        parse_policy(data)
    except PolicyError as error:
        return str(error)
    return None


def is_read(data: dict[str, Any]) -> bool:
    return refusal(data) is None


def referred(reference: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = SCHEMA["$defs"][reference.removeprefix("#/$defs/")]
    return found


def settings(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give each name that the schema knows, with what it says of it."""
    said = {**referred(schema["$ref"]), **schema} if "$ref" in schema else schema
    for name, inner in said.get("properties", {}).items():
        yield f"{path}.{name}".lstrip("."), inner
        yield from settings(inner, f"{path}.{name}")
    if "items" in said:
        yield from settings(said["items"], f"{path}[]")


SETTINGS = dict(settings(SCHEMA))


class Noted(dict[str, Any]):
    """An object of a pack that notes the names that it is asked for."""

    def __init__(self, data: Mapping[str, Any], path: str, asked: set[str]) -> None:
        super().__init__(
            {name: _noted(part, f"{path}.{name}", asked) for name, part in data.items()}
        )
        self._path, self._asked = path, asked

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def _note(self, name: object) -> None:
        self._asked.add(f"{self._path}.{name}".lstrip("."))


def _noted(part: Any, path: str, asked: set[str]) -> Any:
    if isinstance(part, list):
        return [_noted(row, f"{path}[]", asked) for row in part]
    return Noted(part, path, asked) if isinstance(part, dict) else part


@pytest.mark.parametrize("schema", [SCHEMA, pack_schema(), place_schema()])
def test_what_is_published_is_a_schema(schema: dict[str, Any]) -> None:
    """Each word of it means something to an editor."""
    Draft202012Validator.check_schema(schema)


class TestMerchant:
    """The schema of a merchant's pack stands beside its reader, which is not made from it."""

    def test_the_shipped_pack_and_those_of_the_chaos_run_are_accepted(self, tmp_path: Path) -> None:
        """So is one in which every setting stands."""
        played = [path for name in PACKS if (path := write_pack(name, _new(tmp_path / name)))]
        packs = [FULL, *(json.loads(path.read_text()) for path in (STANDARD, *played))]

        assert len(packs) > 2
        assert [MERCHANT.is_valid(data) and is_read(data) for data in packs] == [True] * len(packs)

    def test_it_knows_the_names_that_the_engine_asks_for(self) -> None:
        """A setting that is new in the engine is new in the schema, and none stays behind."""
        asked: set[str] = set()
        parse_policy(Noted(FULL, "", asked))
        names = {name for name in asked if name.rpartition(".")[2] not in EXPONENTS}

        assert names | {"$schema"} == {*SETTINGS}
        assert {written(path) for path, _ in PARTS} >= {*SETTINGS}

    def test_each_setting_of_the_page_is_known_and_described(self) -> None:
        """Whoever reads of it in docs/policy.md is helped by an editor, too."""
        page = (DOCS / "policy.md").read_text()
        tables = re.findall(r"^\| setting .*\n((?:\|.*\n)+)", page, re.MULTILINE)
        told = {
            name
            for row in "".join(tables).splitlines()
            for name in re.findall(r"`([\w.]+)`", row.split("|")[1])
        }

        assert len(told) > 20
        assert told <= {*SETTINGS}
        assert [name for name, said in SETTINGS.items() if not _description(said)] == []

    def test_no_name_passes_that_nobody_reads(self) -> None:
        """Neither here nor there; the engine tells the names that there are."""
        for path in OBJECTS:
            data = changed((*path, "nonsense"), 1)
            problem = refusal(data)
            assert not MERCHANT.is_valid(data), path
            assert problem is not None, path
            if " wanted one of " in problem:
                inner = {name for name in SETTINGS if name.rpartition(".")[0] == written(path)}
                names = problem.partition(" wanted one of ")[2].split(", ")
                assert {f"{written(path)}.{name}".lstrip(".") for name in names} == inner

    def test_a_value_of_another_type_is_refused_where_the_engine_refuses_it(self) -> None:
        """Everywhere but for the end of its days, which may be null."""
        taken = set()
        for (path, part), odd in product(PARTS, (None, True, 7, 1.5, "text", [], {})):
            if type(part) is not type(odd) and path != ("$schema",):
                data = changed(path, odd)
                assert MERCHANT.is_valid(data) == is_read(data), (path, odd)
                taken |= {written(path)} if is_read(data) else set()

        assert taken == {"governs.to"}

    def test_what_must_stand_is_the_same(self) -> None:
        """Only the engine sees what is missing because of another setting."""
        names = [path for path, _ in PARTS if isinstance(path[-1], str)]
        differ = _differences((path, without(path)) for path in names)

        assert differ == {
            *("triggers", "triggers.replacement", "recovery", "handling_hours.recovery"),
            *("advance_exchange", "advance_exchange.hold"),
        }

    def test_numbers_have_the_same_ranges(self) -> None:
        """Only the engine compares them with one another."""
        small = (-1, 0, 1, 5, 6, 10, 11, 99, 100, 101, 365, 366, 730, 731, 3650, 3651)
        edges = (*small, 87_600, 87_601, 10**12)
        numbers = [path for path, part in PARTS if type(part) is int]
        differ = _differences((path, changed(path, n)) for path, n in product(numbers, edges))

        assert differ == {
            *("handling_hours.wait_for_rest", "rules[].refund.due_days", "review_warnings[]"),
        }

    def test_words_are_the_same(self) -> None:
        """Only the engine sees which go together, or stand twice."""
        words = _words(SCHEMA["properties"]) | _words(SCHEMA["$defs"] | {"currency": {}})
        words |= {"", "WORD"}
        texts = [path for path, part in PARTS if isinstance(part, str)]
        differ = _differences((path, changed(path, w)) for path, w in product(texts, words))

        assert differ == {
            *("triggers.replacement", "recovery", "advance_exchange.hold"),
            *("conditions[].grade", "conditions[].acceptance", "tender_order[][]"),
            *("sources[].key", "rules[].sources[]"),
        }

    def test_currencies_and_places_are_those_that_the_engine_knows(self) -> None:
        """Each of them, and no other word of their form."""
        letters = ["".join(pair) for pair in product(ascii_uppercase, repeat=2)]
        names = [*letters, *(f"{area}-{part}" for area in ("EU", "US", "CN") for part in letters)]
        place = Draft202012Validator(SETTINGS["places"]["items"])
        currencies = SCHEMA["$defs"]["currency"]["enum"]

        assert [name for name in names if place.is_valid(name) != is_place(name)] == []
        assert sorted(EXPONENTS) == currencies


class TestLaw:
    """The schemas of law are made from the types that its files are read into."""

    @pytest.mark.parametrize("path", sorted(LAW.rglob("*.yaml")), ids=lambda path: path.stem)
    def test_every_shipped_file_is_accepted(self, path: Path) -> None:
        """A place by its own schema, a version of a pack by that of packs."""
        said = read_file(path, name=path.name)
        schemas = [Draft202012Validator(schema) for schema in (place_schema(), pack_schema())]
        fitting = [schema.is_valid(said) for schema in schemas]

        assert fitting == [path.parent.name == "places", path.parent.name != "places"]


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _description(said: Mapping[str, Any]) -> str:
    """Return what an editor shows of a setting: its own word, or that of its kind."""
    referred_to = referred(said["$ref"]) if "$ref" in said else {}
    found: str = {**referred_to, **said}.get("description", "")
    return found


def _differences(changes: Iterator[tuple[Steps, dict[str, Any]]]) -> set[str]:
    """Return where a change is refused by the engine alone; by the schema alone none may be."""
    found = set()
    for path, data in changes:
        by_schema, by_engine = MERCHANT.is_valid(data), is_read(data)
        assert by_schema or not by_engine, path
        found |= {written(path)} if by_schema and not by_engine else set()
    return found


def _words(schema: Any) -> set[str]:
    """Return every word that stands in an enumeration."""
    inner = schema.values() if isinstance(schema, dict) else schema
    return {*(schema.get("enum", ()) if isinstance(schema, dict) else ())}.union(
        *(_words(part) for part in inner if isinstance(part, dict | list))
    )
