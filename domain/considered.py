"""What became of each rule that was looked at for a line, kept with its decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.events import JsonValue


class Finding(StrEnum):
    """What a rule said of the line; of those that grant, the best for the consumer counts."""

    GRANTS = "grants"
    EXCLUDED = "excluded"
    WINDOW_OVER = "window_over"
    DOES_NOT_APPLY = "does_not_apply"
    NEEDS_PERSON = "needs_person"
    NOT_INTACT = "not_intact"


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule and what it said of the line.

    ``policy_ref`` is the pack or promise that the rule stands in, with its version; ``codes`` are
    those of :mod:`domain.reason_codes`. Days are local: ``anchored_on`` is that of the event which
    the window counts from, ``last_day`` its end, inclusive, and ``rolled_from`` the end that it
    would have had, had that been a working day. ``sources`` are ``KEY`` or ``KEY#articles``;
    ``certainty`` is that of the rule's reading of them.
    """

    rule_id: str
    policy_ref: str
    layer: str
    finding: Finding
    codes: tuple[str, ...] = ()
    anchored_on: date | None = None
    last_day: date | None = None
    rolled_from: date | None = None
    sources: tuple[str, ...] = ()
    certainty: str = ""


def considered_parts(rules: Sequence[Considered]) -> dict[str, JsonValue]:
    """Show the rules in a decision's document; a decision of before them does not mention any."""
    return {"considered": [_shown(rule) for rule in rules]} if rules else {}


def _shown(rule: Considered) -> JsonValue:
    return {
        "rule_id": rule.rule_id,
        "policy_ref": rule.policy_ref,
        "layer": rule.layer,
        "finding": rule.finding,
        "codes": [*rule.codes],
        "anchored_on": _day(rule.anchored_on),
        "last_day": _day(rule.last_day),
        "rolled_from": _day(rule.rolled_from),
        "sources": [*rule.sources],
        "certainty": rule.certainty,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
