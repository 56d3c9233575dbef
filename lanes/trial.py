"""One trial of the delay watch: thresholds from validation seeds, figures from seeds held out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from lanes.climate import NORMAL, SHIFTED, Climate
from lanes.judging import (
    Arrivals,
    Figures,
    Judged,
    arrivals,
    figures_of,
    judge,
    threshold_at_least,
    threshold_at_most,
)
from lanes.watching import RULES, Watched, watch

FALSE_ALARMS = 0.02
"""Of the parcels in time that may be warned of: then more warnings are right than wrong."""
CHOICES = (0.005, 0.01, 0.02, 0.05, 0.1)
VALIDATION, HELD_OUT, SHIFTED_SEEDS = "validation", "held-out", "shifted"
MATCHED = ", matched"
LOST_POINTS = 0.02
"""What the model may have less of precision and recall than a threshold, and still be better."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which seeds serve for what. Seeds 1 to 5 are none of them: the constants were tried there."""

    validation: tuple[int, ...] = (11, 12, 13, 14, 15, 16, 17, 18)
    held_out: tuple[int, ...] = (21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
    shifted: tuple[int, ...] = (41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52)
    per_day: int = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One set of seeds, judged; the model is first.

    ``foretold`` and ``promised`` say how well the day of arrival was known at the first look.
    """

    name: str
    judged: tuple[Judged, ...]
    foretold: Arrivals
    promised: Arrivals


@dataclass(frozen=True, slots=True)
class Choice:
    """What another share of false alarms on validation gives on held-out seeds."""

    false_alarms: float
    model: Figures
    elapsed: Figures


@dataclass(frozen=True, slots=True)
class Trial:
    """``chosen`` is the threshold of the model that validation chose."""

    plan: Plan
    chosen: float
    parts: tuple[Part, ...]
    choices: tuple[Choice, ...]

    @property
    def beats(self) -> bool:
        """Whether the model is to be switched on.

        On held-out and shifted seeds it has to warn of more late parcels a day before than each
        threshold does with no fewer false alarms, beyond chance, and be no more than two points
        worse in precision and recall.
        """
        return all(
            judged.gain["notice"].low > 0
            and judged.gain["precision"].low >= -LOST_POINTS
            and judged.gain["recall"].low >= -LOST_POINTS
            for part in self.parts
            if part.name != VALIDATION
            for judged in part.judged
            if judged.gain is not None and judged.rule.endswith(MATCHED)
        )


def run(plan: Plan, *, processes: int, tell: Callable[[str], None]) -> Trial:
    """Watch all seeds of the plan and judge. The same plan gives the same trial, always."""
    with ProcessPoolExecutor(processes) as pool:

        def watched(what: str, seeds: Sequence[int], climate: Climate) -> list[Watched]:
            rows: list[Watched] = []
            one = partial(watch, climate=climate, per_day=plan.per_day)
            for seed, found in zip(seeds, pool.map(one, seeds), strict=True):
                tell(f"{what} seed {seed}: {len(found)} parcels")
                rows += found
            return rows

        validation = watched(VALIDATION, plan.validation, NORMAL)
        held_out = watched(HELD_OUT, plan.held_out, NORMAL)
        shifted = watched(SHIFTED_SEEDS, plan.shifted, SHIFTED)
    chosen = threshold_at_most(validation, 0, FALSE_ALARMS)
    alarms = _false_alarms(validation, 0, chosen)
    kept = [(rule, threshold_at_least(validation, rule, alarms)) for rule in (1, 2)]
    return Trial(
        plan,
        chosen,
        (
            _part(VALIDATION, validation, chosen, kept),
            _part(HELD_OUT, held_out, chosen, kept),
            _part(SHIFTED_SEEDS, shifted, chosen, kept),
        ),
        tuple(_choice(share, validation, held_out) for share in CHOICES),
    )


def _choice(share: float, validation: Sequence[Watched], held_out: Sequence[Watched]) -> Choice:
    threshold = threshold_at_most(validation, 0, share)
    alarms = _false_alarms(held_out, 0, threshold)
    return Choice(
        share,
        figures_of(held_out, 0, threshold),
        figures_of(held_out, 1, threshold_at_least(held_out, 1, alarms)),
    )


def _part(
    name: str,
    watched: Sequence[Watched],
    chosen: float,
    kept: Sequence[tuple[int, float]],
) -> Part:
    """Judge the model beside thresholds kept from validation, and beside those matched here.

    A matched threshold is set on the very parcels that it is judged on, to no fewer false alarms
    than the model has there: more than any rule could know.
    """
    alarms = _false_alarms(watched, 0, chosen)
    rules = [(RULES[0], 0, chosen)]
    for rule, threshold in kept:
        rules += [
            (RULES[rule], rule, threshold),
            (f"{RULES[rule]}{MATCHED}", rule, threshold_at_least(watched, rule, alarms)),
        ]
    return Part(
        name,
        tuple(judge(watched, rules, seed=f"lanes/{name}")),
        foretold=arrivals(watched, 0),
        promised=arrivals(watched, 1),
    )


def _false_alarms(watched: Sequence[Watched], rule: int, threshold: float) -> int:
    return sum(not one.is_late and one.highest(rule) >= threshold for one in watched)
