"""``backhaul policy list``, ``show``, ``put``, ``diff``, ``publish``, ``simulate``, ``decided``.

A pack is named by its file, or as ``ID@VERSION`` on the server; files alone need no server.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from backhaul_client import BackhaulClient, NewPublication, NewSimulation, SimulationView
from backhaul_client.policies import PolicyVersionView
from cli import printing
from cli.asking import idempotency_key, positive
from cli.calling import Action, Run, calls
from cli.commands import key_of
from domain.money import Money
from domain.pack_reading import PolicyError
from domain.policy_diff import Difference, Kind, differences
from domain.policy_reading import parse_policy
from packs.files import read_document
from packs.library import shipped


def add_versions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = actions.add_parser("list", help="the tenant's policy versions, drafts too")
    printing.add_json(listing)
    listing.set_defaults(run=calls("read-policies", _list))
    show = actions.add_parser("show", help="one pack, with its hash and days")
    _add_pack(show, "pack")
    show.set_defaults(run=_packs("read-policies", _show, "pack"))
    put = actions.add_parser("put", help="store a pack as a draft, or replace the draft")
    put.add_argument("file", type=Path, help="JSON or YAML; its id and version name the draft")
    put.set_defaults(run=_packs("draft-policy", _put, "file"))
    diff = actions.add_parser("diff", help="how two packs differ, path by path")
    _add_pack(diff, "before")
    _add_pack(diff, "after")
    diff.set_defaults(run=_packs("read-policies", _diff, "before", "after"))
    publish = actions.add_parser("publish", help="let somebody else's draft govern, for good")
    publish.add_argument("ref", help="ID@VERSION")
    publish.add_argument("hash", help="of the content that you have read, as `show` says it")
    publish.add_argument("--key", type=idempotency_key, help="a new one unless stated")
    publish.set_defaults(run=calls("publish-policy", _publish))
    decided = actions.add_parser("decided", help="the returns that a version decided, newest first")
    decided.add_argument("ref", help="ID@VERSION, of the tenant's own or of the law")
    decided.add_argument("--limit", type=positive, default=100)
    printing.add_json(decided)
    decided.set_defaults(run=calls("read-policies", _decided))
    simulate = actions.add_parser(
        "simulate", help="what a pack would have made of the last days' returns"
    )
    _add_pack(simulate, "pack")
    simulate.add_argument(
        "--since", type=_days, default=30, metavar="DAYS", help="such as 30d, which is the default"
    )
    printing.add_json(simulate)
    simulate.set_defaults(run=_packs("draft-policy", _simulate, "pack"))


def _add_pack(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument(name, type=_file_or_ref, help="a file in JSON or YAML, or ID@VERSION")


def _file_or_ref(text: str) -> Path | str:
    """Return the file of this name, if there is one; else a reference."""
    path = Path(text)
    if path.is_file() or "@" not in text:
        return path
    return text


def _days(text: str) -> int:
    found = re.fullmatch(r"([1-9]\d{0,2})d?", text, re.ASCII)
    if found is None or int(found[1]) > 366:
        raise argparse.ArgumentTypeError("wanted 1d to 366d")
    return int(found[1])


def _packs(command: str, action: Action, *names: str) -> Run:
    """Return the ``run`` of a parser whose arguments of these names are packs.

    Files are read before anybody is asked: exit status 2, and which file is wrong.
    """
    call = calls(command, action)

    def run(arguments: argparse.Namespace) -> int:
        try:
            for name in names:
                named = getattr(arguments, name)
                read = (
                    read_document(named, name=str(named))
                    if isinstance(named, Path)
                    else _of_law(named)
                )
                setattr(arguments, f"{name}_document", read)
            if action in _WITHOUT_A_SERVER and all(_document(arguments, name) for name in names):
                _WITHOUT_A_SERVER[action](arguments)
                return 0
        except PolicyError as error:
            print(f"backhaul: {error}", file=sys.stderr)
            return 2
        return call(arguments)

    return run


def _of_law(ref: str) -> dict[str, Any] | None:
    """Return a pack of law that comes with the engine: nobody needs to be asked for it."""
    shelved = shipped().find(ref)
    return dict(shelved.document) if shelved is not None else None


def _document(arguments: argparse.Namespace, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = getattr(arguments, f"{name}_document")
    return found


async def _document_of(
    client: BackhaulClient, arguments: argparse.Namespace, name: str
) -> dict[str, Any]:
    read = _document(arguments, name)
    if read is not None:
        return read
    return (await client.policies.get(getattr(arguments, name))).document


_COLUMNS = ("policy", "state", "governs from", "to", "drafted by", "published by", "content")


async def _list(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.policies.list()
    if arguments.json:
        print(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
    else:
        printing.show_table(_COLUMNS, [_row(one) for one in found])


def _row(one: PolicyVersionView) -> Sequence[str]:
    until = one.governs_to.isoformat() if one.governs_to else ""
    people = (one.drafted_by, one.published_by or "")
    return (one.ref, one.state, one.governs_from.isoformat(), until, *people, one.content_hash)


async def _show(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    found = await client.policies.get(arguments.pack)
    _print_head(found.ref, found.state, found.content_hash)
    until = f" to before {found.governs_to}" if found.governs_to else ", without an end"
    print(f"governs contracts from {found.governs_from}{until}")
    print(f"drafted by {found.drafted_by}, {found.drafted_at:%Y-%m-%d %H:%M %Z}")
    if found.published_by and found.published_at:
        print(f"published by {found.published_by}, {found.published_at:%Y-%m-%d %H:%M %Z}")
    _print_document(found.document)


def _show_file(arguments: argparse.Namespace) -> None:
    document = arguments.pack_document
    ref, state, digest, begins, ends = _told(document)
    _print_head(ref, state, digest)
    until = f" to before {ends}" if ends else ", without an end"
    print(f"governs contracts from {begins}{until}")
    _print_document(document)


def _told(document: dict[str, Any]) -> tuple[str, str, str, date, date | None]:
    """Return reference, state, hash and days of a pack of law or of a merchant's.

    Raises:
        PolicyError: it is neither.
    """
    shelved = shipped().find(f"{document.get('id')}@{document.get('version')}")
    if shelved is not None:
        pack, governs = shelved.pack, shelved.pack.governs
        return pack.ref, f"LAW, {pack.status}", shelved.content_hash, governs.start, governs.end
    policy = parse_policy(document)
    begins, ends = policy.governs_from, policy.governs_to
    return policy.ref, "FILE", policy.content_hash, begins, ends


def _print_head(ref: str, state: str, content_hash: str) -> None:
    print(f"{ref}  {state}")
    print(content_hash)


def _print_document(document: dict[str, Any]) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


async def _put(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    document = arguments.file_document
    stored = await client.policies.put(f"{document.get('id')}@{document.get('version')}", document)
    _print_head(stored.ref, stored.state, stored.content_hash)


async def _decided(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    rows: list[tuple[str, ...]] = []
    page_size = min(arguments.limit, _LARGEST_PAGE)
    found = client.policies.decided_under(arguments.ref, page_size=page_size)
    async for one in printing.first(found, arguments.limit):
        if arguments.json:
            print(one.model_dump_json())
        when, lines = f"{one.decided_at:%Y-%m-%d %H:%M}", ", ".join(one.line_ids)
        rows.append((one.rma_no, one.headline, when, lines, one.return_id))
    if not arguments.json:
        printing.show_table(("RMA", "headline", "decided (UTC)", "lines", "id"), rows)


_LARGEST_PAGE = 500


async def _publish(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    publication = NewPublication(content_hash=arguments.hash)
    done = await client.policies.publish(
        arguments.ref, publication, idempotency_key=key_of(arguments)
    )
    print(f"{done.ref} is published and governs contracts from {done.governs_from}")


async def _diff(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    before = await _document_of(client, arguments, "before")
    _print_differences(before, await _document_of(client, arguments, "after"))


def _diff_files(arguments: argparse.Namespace) -> None:
    _print_differences(arguments.before_document, arguments.after_document)


def _print_differences(before: dict[str, Any], after: dict[str, Any]) -> None:
    for found in differences(before, after):
        print(f"{found.path}: {_change(found)}")


def _change(found: Difference) -> str:
    before, after = (json.dumps(part, ensure_ascii=False) for part in (found.before, found.after))
    match found.kind:
        case Kind.ADDED:
            return f"added {after}"
        case Kind.REMOVED:
            return f"removed {before}"
        case Kind.CHANGED:
            return f"{before} → {after}"


_WITHOUT_A_SERVER: dict[Action, Callable[[argparse.Namespace], None]] = {
    _show: _show_file,
    _diff: _diff_files,
}


async def _simulate(client: BackhaulClient, arguments: argparse.Namespace) -> None:
    document = await _document_of(client, arguments, "pack")
    found = await client.policies.simulate(
        NewSimulation(document=document, since_days=arguments.since)
    )
    if arguments.json:
        printing.show_json(found)
    else:
        _print_simulation(found)


def _print_simulation(found: SimulationView) -> None:
    cut = ", the newest alone" if found.is_cut else ""
    print(
        f"{found.returns} returns since {found.since:%Y-%m-%d %H:%M %Z}, {found.lines} lines{cut}"
    )
    print(f"{found.changed} lines would change")
    if found.verdicts:
        rows = [(one.before, one.after, str(one.lines)) for one in found.verdicts]
        printing.show_table(("before", "after", "lines"), rows)
    for money in found.money:
        before, after = (Money(m, money.currency) for m in (money.before_minor, money.after_minor))
        change = Money(money.after_minor - money.before_minor, money.currency)
        print(f"owed {before} → {after} ({change})")
    if found.without_money:
        print(f"{found.without_money} lines went by a pack that is gone: their money is left out")
    if found.untried:
        print(
            f"not tried, for no record of a line says what it would do: {', '.join(found.untried)}"
        )
    for line in found.examples:
        print(f"{line.rma_no} line {line.line_id}: {line.before} → {line.after}")
        print(f"  {', '.join(line.before_codes)} → {', '.join(line.after_codes)}")
        print(f"  {line.explanation}")
