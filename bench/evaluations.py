"""``python -m bench.evaluations``: decisions a second, beside a run that only parses the facts.

Both read the same cases from their JSON; one of them decides each, too. They take turns, so that
a busy machine slows both.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import TypeAdapter

from activities.policies import load_policy
from domain.eligibility import evaluate
from domain.law.facts import LineFacts
from domain.law.governing import GoverningLaw
from packs.library import shipped
from runtime.leaving import leave

_FACTS = TypeAdapter(LineFacts)
_PLACES = ("CN", "EU-DE", "UK", "US-NY", "JP")
_GROUNDS = ("WITHDRAWAL", "NON_CONFORMITY")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.evaluations", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side (default: 9)")
    parser.add_argument("--cases", type=int, default=2000, help="a turn (default: 2000)")
    asked = parser.parse_args(arguments)
    for name in ("rounds", "cases"):
        if getattr(asked, name) < 1:
            parser.error(f"--{name} must be at least 1")
    texts = _texts(asked.cases)
    parsing, deciding = measure(texts, rounds=asked.rounds)
    ratios = [slow / fast for fast, slow in zip(parsing, deciding, strict=True)]
    ratio = statistics.median(ratios)
    print(f"only parsed: {asked.cases / statistics.median(parsing):,.0f} a second")
    print(f"parsed and decided: {asked.cases / statistics.median(deciding):,.0f} a second")
    print(f"ratio of time: {ratio:.2f} (of {asked.rounds} turns: {min(ratios):.2f} to ", end="")
    print(f"{max(ratios):.2f})")
    return 0


def measure(texts: Sequence[str], *, rounds: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each turn of parsing alone, and of parsing and deciding."""
    policy = load_policy()
    laws: dict[str, GoverningLaw] = {}

    def decide(facts: LineFacts) -> None:
        law = laws.setdefault(facts.place, shipped().governing(facts.place, facts.contract_at))
        evaluate(facts, policy, law)

    def parse(_facts: LineFacts) -> None:
        return

    turns = [(_seconds(texts, parse), _seconds(texts, decide)) for _ in range(rounds)]
    return [fast for fast, _ in turns], [slow for _, slow in turns]


def _seconds(texts: Sequence[str], do: Callable[[LineFacts], None]) -> float:
    began = time.perf_counter()
    for text in texts:
        do(_FACTS.validate_json(text))
    return time.perf_counter() - began


def _texts(count: int) -> list[str]:
    """Return facts as JSON: each place and ground in turn, asked on different days."""
    made: list[str] = []
    for number in range(count):
        facts = _facts(_PLACES[number % 5], _GROUNDS[number // 5 % 2], day=number % 28 + 1)
        made.append(json.dumps(facts))
    return made


def _facts(place: str, ground: str, *, day: int) -> dict[str, Any]:
    at = f"2026-10-{day:02}T10:00:00Z"
    facts: dict[str, Any] = {
        "line_id": "line-1",
        "place": place,
        "time_zone": shipped().time_zone_of(place),
        "channel": "DISTANCE",
        "buyer": "CONSUMER",
        "ground": ground,
        "remedy": "REFUND",
        "contract_at": "2026-09-24T10:00:00Z",
        "requested_at": at,
        "agreed_at": at,
        "delivered_at": "2026-09-28T10:00:00Z",
        "amounts": {"price_minor": 11900, "items_minor": 11900},
        "disclosures": {
            "exclusion_confirmed": False,
            "withdrawal_right_informed": True,
            "return_cost_informed": True,
            "return_terms_in_ad": False,
            "return_terms_on_final_screen": False,
            "refund_policy_posted": False,
        },
    }
    return facts


if __name__ == "__main__":
    leave(main())
