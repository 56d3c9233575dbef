"""``backhaul policy cases``, ``check``, ``schema`` and ``law``: packs, without any server."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from activities.policies import load_policy
from cli.printing import show_table
from domain.pack_reading import PolicyError
from packs.cases import Case, Unreadable, read_cases
from packs.files import read_file
from packs.library import Library, load, read_one, shipped
from packs.promising import read_policy
from packs.reading import merchant_schema, pack_schema, place_schema
from packs.trying import Difference, differences


def add_packs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    cases = commands.add_parser(
        "cases", help="run worked cases, and print each difference from what they state"
    )
    cases.add_argument("file", type=Path, help="a file of the format returns-policy-cases/1")
    cases.add_argument("--law", type=Path, help="a folder of packs instead of the shipped ones")
    cases.set_defaults(run=_cases)
    check = commands.add_parser("check", help="check a pack, a folder of them, or those shipped")
    check.add_argument("path", type=Path, nargs="?", help="left out: the shipped packs")
    check.set_defaults(run=_check)
    schema = commands.add_parser("schema", help="print the JSON Schema of a pack's file")
    schema.add_argument(
        "kind", nargs="?", choices=[*_SCHEMAS], default="law", help="whose file; left out: law"
    )
    schema.set_defaults(run=_schema)
    law = commands.add_parser("law", help="list the shipped packs of law and when each governs")
    law.set_defaults(run=_law)


def _cases(arguments: argparse.Namespace) -> int:
    """Exit status 0: every case came out as expected. 1: one did not, or cannot be read."""
    try:
        library = load(arguments.law) if arguments.law else shipped()
        cases, policy = read_cases(arguments.file), load_policy()
    except PolicyError as error:
        return _refused(error)
    failed = 0
    for case in cases:
        if isinstance(case, Unreadable):
            failed += 1
            print(f"{case.case_id}  cannot be read\n  {case.problem}")
            continue
        try:
            found = differences(case, library, policy)
        except ValueError as error:
            failed += 1
            print(f"{case.case_id}  cannot be evaluated\n  {error}")
            continue
        failed += bool(found)
        _say(case, found)
    if not cases:
        print(f"backhaul: {arguments.file.name}: cases: there are none", file=sys.stderr)
        return 1
    print(f"{len(cases)} cases, {failed} different")
    return 1 if failed else 0


def _say(case: Case, found: Iterable[Difference]) -> None:
    for number, one in enumerate(found):
        if not number:
            print(f"{case.case_id}  {case.title}")
        print(f"  {one.field}: expected {_written(one.expected)}, found {_written(one.found)}")


def _written(value: object) -> str:
    dumped = getattr(value, "model_dump", None)
    plain = dumped(mode="json") if dumped is not None else value
    return json.dumps(plain, default=str, ensure_ascii=False)


def _check(arguments: argparse.Namespace) -> int:
    """Exit status 0: all is well. 1: the first thing that is wrong was printed with its path."""
    try:
        if arguments.path is not None and not arguments.path.is_dir():
            print(f"{_ref_of(arguments.path)}: well formed")
            return 0
        library = _library(arguments.path)
    except PolicyError as error:
        return _refused(error)
    versions = sum(len(versions) for versions in library.packs.values())
    print(f"{len(library.packs)} packs in {versions} versions, {len(library.places)} places: well")
    return 0


def _library(folder: Path | None) -> Library:
    library = load(folder) if folder else shipped()
    if not library.packs:
        raise PolicyError(f"{folder}: no packs")
    return library


def _ref_of(path: Path) -> str:
    """Check a file: a merchant's pack, which alone has handling times, or else one of law."""
    document = read_file(path, name=path.name)
    if not isinstance(document, dict) or "handling_hours" not in document:
        return read_one(path).ref
    try:
        return read_policy(document).ref
    except PolicyError as error:
        raise PolicyError(f"{path.name}: {error}") from error


_SCHEMAS = {"law": pack_schema, "place": place_schema, "merchant": merchant_schema}


def _schema(arguments: argparse.Namespace) -> None:
    print(json.dumps(_SCHEMAS[arguments.kind](), indent=2, ensure_ascii=False))


def _law(_arguments: argparse.Namespace) -> None:
    show_table(("pack", "governs contracts", "places", "status"), list(_rows(shipped())))


def _rows(library: Library) -> Iterable[tuple[str, str, str, str]]:
    for versions in library.packs.values():
        for one in versions:
            governs = one.pack.governs
            end = f"before {governs.end}" if governs.end is not None else "on"
            when = f"from {governs.start} {end}"
            yield one.pack.ref, when, " ".join(one.pack.places), one.pack.status


def _refused(error: PolicyError) -> int:
    print(f"backhaul: {error}", file=sys.stderr)
    return 1
