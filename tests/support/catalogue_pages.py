"""Writes what is made from the catalogues: ``make docs`` puts it into docs/ and client/."""

import json
from collections.abc import Iterable
from pathlib import Path

from api.app import routed_app
from api.problems import status_of
from domain.blockers import WAITS
from domain.codes import PROBLEMS
from domain.commands import COMMANDS, Role
from domain.events import EVENT_TYPES, NOTICE_TYPES
from domain.reason_codes import REASON_CODES
from domain.wording import Language, catalogue
from packs.reading import merchant_schema, pack_schema, place_schema
from tests.support import carrier_page, law_page, provider_page

_ROOT = Path(__file__).parents[2]

_ERRORS = """\
# Refusals

Every refusal of the API is a problem document (RFC 9457, `application/problem+json`) with `type`,
`title`, `status`, `detail` and a stable `code`; `field` names the offending part of the request
where there is one, as in `lines[0].quantity`. A refused command also says the return's `version`
and the `allowed_commands`. Texts may change, codes do not.

400 is for what is malformed by itself, 422 for what contradicts the facts, 409 for what the state
of things does not allow. A refusal leaves nothing behind: no row, lock, number, effect or
message; only a start that was parked first and refused in the end keeps its row and number. After a
503 or no answer at all, repeat the call with the same `Idempotency-Key` and
content.
"""
_EVENTS = """\
# Events

What the log of a return may hold, one name per fact. An event has a `sequence` within its stream
(the return, or its follow-up), `occurred_at`, `actor`, the `cause_id` of the command or message
behind it, and `data` with codes, ids and minor units; never a person.
"""
_NOTICES = """\
## Messages to the customer

`notice.due` and the mails behind it are of these types.
"""
_BLOCKERS = """\
# Waits and blockers

Whatever a return waits for has a code, an owner, a deadline, and something that happens then.
`waiting_on` of a return and `backhaul ops explain` show them. *Parked* ones are troubles of a
piece of work: it is tried again by itself and with the command `retry`. `correct` ends that of a
draft, a start whose order cannot be read; `withdraw` that of a draft or of a booking; and
`refund.settled`, the provider's word that it paid, that of a refund. *Overdue* ones follow a wait
that passed its deadline. Durations are policy data; "policy" names theirs.
"""
_COMMANDS = """\
# Commands and roles

Who may do what; whoever is not named may not. Commands that change a return are Temporal Updates:
the `Idempotency-Key` of the HTTP request, the command id and the update id are one.
"""
_REASONS = """\
# Reason codes

Why a line was decided as it was, and on which terms: `R_` a right was granted, `X_` why none was,
`T_` a term, `M_` why a person has to look. What a shopper reads of a code is data, in
`domain/packs/texts/`, one file a language; what stands there in square brackets is left out where
its date is not known. [policy.md](policy.md) has how a decision is read.
"""


def pages() -> dict[Path, str]:
    """Return every page by its place."""
    return {
        _ROOT / "docs" / "errors.md": _ERRORS + "\n" + _errors(),
        _ROOT / "docs" / "events.md": f"{_EVENTS}\n{_events()}\n{_NOTICES}\n{_notices()}",
        _ROOT / "docs" / "blockers.md": _BLOCKERS + "\n" + _blockers(),
        _ROOT / "docs" / "commands.md": _COMMANDS + "\n" + _commands(),
        _ROOT / "docs" / "reason-codes.md": _REASONS + "\n" + _reasons(),
        _ROOT / "docs" / "providers.md": provider_page.page(),
        _ROOT / "docs" / "carriers.md": carrier_page.page(),
        _ROOT / "docs" / "law.md": law_page.page(),
        _ROOT / "docs" / "law-pack.schema.json": _json(pack_schema()),
        _ROOT / "docs" / "law-place.schema.json": _json(place_schema()),
        _ROOT / "docs" / "merchant-pack.schema.json": _json(merchant_schema()),
        _ROOT / "client" / "openapi.json": _json(routed_app().openapi()),
    }


def _json(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"


def _errors() -> str:
    return _table(
        ("code", "status", "meaning"),
        (
            (f"`{row.code}`", str(status_of(row.code).value), row.meaning)
            for row in PROBLEMS.values()
        ),
    )


def _events() -> str:
    return _table(
        ("event", "meaning"), ((f"`{name}`", meaning) for name, meaning in EVENT_TYPES.items())
    )


def _notices() -> str:
    return _table(
        ("message", "says"), ((f"`{name}`", meaning) for name, meaning in NOTICE_TYPES.items())
    )


def _blockers() -> str:
    return _table(
        ("code", "kind", "owner", "waits for", "policy", "at the deadline", "ends with"),
        (
            (
                f"`{row.code}`",
                row.kind,
                row.owner,
                row.waiting_for,
                row.handling.replace("_", " "),
                row.at_deadline,
                ", ".join(f"`{name}`" for name in row.exits),
            )
            for row in WAITS.values()
        ),
    )


def _commands() -> str:
    return _table(
        ("command", "does", *Role),
        (
            (f"`{row.name}`", row.meaning, *("yes" if role in row.roles else "" for role in Role))
            for row in COMMANDS.values()
        ),
    )


def _reasons() -> str:
    texts = catalogue(Language.ENGLISH).texts
    return _table(
        ("code", "meaning", "what an English shopper reads"),
        ((f"`{code}`", meaning, texts[code]) for code, meaning in REASON_CODES.items()),
    )


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(headings)
    lines = [_row(titles), "|" + "---|" * len(titles), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    for page, content in pages().items():
        page.write_text(content)
