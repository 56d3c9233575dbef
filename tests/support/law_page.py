"""docs/law.md: how packs of law are made and what those shipped say, as code and files have it."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from domain.law.predicates import When
from domain.law.schema import Pack, Rule, Window
from domain.reasons import Ground
from packs.library import Library, shipped

_INTRODUCTION = """\
# Packs of law

Consumer law is data: [`packs/law/`](../packs/law) has a folder a pack, one YAML file a version,
and `places/` with what a place adds to its pack. **All of it is a draft (`DRAFT`): no lawyer has
signed it, and it is not legal advice.** What a merchant promises on top is in
[policy.md](policy.md); [reason-codes.md](reason-codes.md) has the codes that both are told with.

```
backhaul policy law                # the shipped packs, and which contracts each governs
backhaul policy check [PATH]       # the shipped packs, a folder, a file of law, a merchant's pack
backhaul policy cases FILE         # run worked cases, and print each difference
backhaul policy schema law         # the JSON Schema of a file, for editors
```

| `backhaul policy schema` | the schema of | published as |
|---|---|---|
| `law`, or left out | a version of a pack | [law-pack.schema.json](law-pack.schema.json) |
| `place` | what a place adds to its pack | [law-place.schema.json](law-place.schema.json) |
| `merchant` | a merchant's pack ([policy.md](policy.md)) | \
[merchant-pack.schema.json](merchant-pack.schema.json) |

An editor checks a file while it is written if its first line names the schema, here from \
`packs/law/places/`:

```
# yaml-language-server: $schema=../../../docs/law-place.schema.json
```

A schema knows names, types, words and ranges. What has to fit together, within a file and between
files, `backhaul policy check` says.

## What the engine does with it

The delivery address names the jurisdiction (`CN`, `EU-DE`, `UK`, `US-NY`, `JP`; a country without
one goes by its own code), and the date of the contract, by the clock of the pack, the version.
Rules of the ground that was asked for are weighed one by one, in the order of the file; promises
of the merchant stand beside them, and the consumer has of each term what is best for him.
`explain`, the decision tree and the decision's record name every rule that was looked at, its
dates and its sources.

| where | what happens |
|---|---|
| a return has several lines | each is decided by itself; one that is for a person, or gets \
another remedy than was asked, sends the whole return to him; else what is granted goes on without \
the rest |
| no pack is for the place | no law is consulted: the merchant's promises decide alone, and \
without one of the ground a person (`M_NO_RULE`). Worked cases name their places themselves: \
there it is `M_PACK_MISSING` |
| the pack has no version for the date of the contract | a person decides (`M_PACK_MISSING`); no \
newer version stands in |
| a fact that decides was stated by nobody | nothing is decided: a person looks, and the \
decision names it (`M_FACT_MISSING`, `M_NOT_DELIVERED`) |
| a rule has a `review` | a person decides, under its code: the law is unclear there; what a \
promise gives is attached |
| a promise gives what is asked, and the law does not, or not without a person | the promise \
decides; window, way back, refund date and what is refunded are the better of both; a fee is the \
promise's own |
| several rules grant | the first of the file that gives what is asked decides, else the first; \
what the others say stays in the record |
| a later version says `retroactive: MORE_FAVOURABLE` | it rules over an older contract where it \
grants more, or the same on terms of which none is worse; what the contract's own version says is \
kept beside it (`otherwise`) |
| the file of a place names a ground as `may_be_longer` | its own law may give more time than is \
in here: whoever asks after the period goes to a person (`M_LAW_UNCERTAIN`) |
| a window rolls as `UNCLEAR` | its last day stays; who asks up to the next working day goes to a \
person (`M_LAW_UNCERTAIN`), where no promise gives what is asked |

Law is kept with the facts of a return when it starts. A pack that is added later changes no
decision that was made before, and a run that is replayed decides the same.

## How a version is added

1. Read the law in its source. Each rule names the articles (`sources`, `KEY#articles`), how sure
   the reading is (`certainty`: HIGH, MEDIUM or LOW) and the day on which it was read (`read_on`);
   `sources` of the file say what each key is and where it can be read.
2. Copy the newest file of the pack under the first date it governs: `cn-core/2024-07-01.yaml`.
   `version` is that date, `supersedes` the version before it, and the end of that one is the new
   one's start. Gaps and overlaps are refused.
3. Change rules. What one may ask of the facts is a closed list (*Predicates*); code is never in a
   pack. A code needs its text in every complete language first.
4. Add the hash to [`HASHES`](../packs/law/HASHES): the test that fails prints the line. What is
   there stays: **a version that was shipped never changes.** Its hash stands in decisions; a
   correction is a version of its own (`corrects`) that begins later; with `retroactive` it reaches
   older contracts too, and `backhaul policy decided` lists whom the wrong one decided. Only the end
   of the one before is set, which its line in `HASHES` leaves out.
5. Run `backhaul policy check`, the worked cases, and `make docs` for this page.

Files are checked whole when they are loaded. The first thing that is wrong is told with the file,
the path in it and the reason, and nothing starts.
"""
_MEANINGS: Mapping[str, str] = {
    "id": "its name, once in its pack; decisions name it",
    "ground": f"what was asked for: {', '.join(f'`{g}`' for g in Ground)}",
    "summary": "one sentence for people",
    "sources": "`KEY#articles` of the file's `sources`",
    "certainty": "how sure the reading is: `HIGH`, `MEDIUM`, `LOW`",
    "read_on": "the day on which the source was read",
    "layer": "`LAW` or `SECTOR_LAW`",
    "applies": "`channels`, `buyers`, `places` and `when` (predicates), which must all fit; "
    "empty: all",
    "window": "`days`, `months` or `validity_of_goods`, from an `anchor`; its last day counts as a "
    "whole. `start`: whether the day of the anchor is the first; `roll`: over holidays and "
    "weekends, or `UNCLEAR` whether it does; "
    "`extend`: what makes it longer. None: without end",
    "shows_window": "`false`: a decision names no last day",
    "shows_window_of": "the rule of the same ground whose last day is named instead",
    "exclusions": "a `trait` of the goods or a predicate (`when`) that takes the right away, its "
    "`code`, and what becomes of it where the buyer did not confirm it (`if_unconfirmed`)",
    "condition": "findings of an inspection that take the right away (`fails`), or do not "
    "(`harmless`)",
    "remedies": "what is offered, in this order; `unless` a predicate holds",
    "cure_first": "the code for who asks for money before a cure was tried",
    "presumption": "for how many months a fault counts as there from the start; later a person "
    "looks",
    "refund": "`scope`, until when (`due`, and a `hard_limit` behind it), and `deductions`",
    "return_shipping": "who pays the way back, and `unless`; `is_silent`: the law names nobody",
    "grants": "the code under which it is granted",
    "over": "the code of its end, where another rule gives something else than money",
    "review": "the code under which every case goes to a person",
}


def page() -> str:
    """Return the page.

    Raises:
        KeyError: a field of a rule has no meaning here.
    """
    predicates = ", ".join(f"`{when}`" for when in When)
    return "\n".join(
        (
            _INTRODUCTION,
            "## A rule\n",
            _table(("field", "if left out", "what it says"), map(_field, fields(Rule))),
            f"## Predicates\n\n{predicates}.\n",
            *_shipped(shipped()),
        )
    )


def _field(field: "Field[Any]") -> tuple[str, str, str]:
    left_out = "refused" if field.default is MISSING else _default(field.default)
    return f"`{field.name}`", left_out, _MEANINGS[field.name]


def _default(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return {"applies": "all", "return_shipping": "`CONSUMER`"}.get(_name_of(value), f"`{value}`")


def _name_of(value: object) -> str:
    return {"Applies": "applies", "ReturnShipping": "return_shipping"}.get(type(value).__name__, "")


def _shipped(library: Library) -> Iterable[str]:
    yield "## The shipped packs\n\nOf each pack the rules of its newest version.\n"
    for versions in library.packs.values():
        newest = versions[-1].pack
        yield f"### {newest.id}\n"
        yield f"For {', '.join(newest.places)}.\n"
        yield _table(
            ("version", "contracts", "status"),
            ((f"`{one.pack.ref}`", _governs(one.pack), one.pack.status) for one in versions),
        )
        yield _table(("rule", "ground", "window", "sources", "certainty"), map(_rule, newest.rules))
    yield _table(
        ("place", "of", "time zone", "holidays", "rules of its own", "may be longer"),
        (
            (
                f"`{place.overlay.id}`",
                place.overlay.of,
                place.overlay.time_zone,
                " ".join(filter(None, (place.overlay.holidays, place.overlay.subdivision))),
                ", ".join(f"`{rule.id}`" for rule in place.overlay.rules),
                ", ".join(f"`{ground}`" for ground in place.overlay.may_be_longer),
            )
            for place in library.places.values()
        ),
    )


def _governs(pack: Pack) -> str:
    end = f"to before {pack.governs.end}" if pack.governs.end is not None else "on"
    return f"from {pack.governs.start} {end}"


def _rule(rule: Rule) -> tuple[str, ...]:
    sources = ", ".join(rule.sources)
    return f"`{rule.id}`", rule.ground, _window(rule.window), sources, rule.certainty


def _window(window: Window | None) -> str:
    if window is None:
        return "without end"
    length = f"{window.months} months"
    if window.days is not None:
        length = f"{window.days} days"
    if window.validity_of_goods:
        length = "the goods' own validity"
    return f"{length} from {window.anchor}"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(headings)
    lines = [_row(titles), "|" + "---|" * len(titles), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
