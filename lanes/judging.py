"""How good warnings are: precision, recall, notice and lead time of a rule at a threshold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median

from lanes.watching import Watched

NOTICE_HOURS = 24
"""A warning that comes later leaves nobody a day to do something about it."""
_RESAMPLES = 400
_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1.

    ``precision`` of the warned that were late, ``recall`` of the late that were warned before the
    promise broke, ``notice`` of the late that were warned a day before, ``false_alarms`` of those
    in time that were warned. ``lead_hours`` is the median of the late that were warned, 0 if none.
    """

    warned: int
    late: int
    in_time: int
    precision: float
    recall: float
    notice: float
    false_alarms: float
    lead_hours: float


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95 of 100 resamples."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Of how many parcels the day of arrival was right, and right within a day: shares of 1."""

    on_the_day: float
    within_a_day: float


MEASURES = ("precision", "recall", "notice", "false_alarms", "lead_hours")


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule at its threshold. ``gain`` is what the model has more, paired by resample."""

    rule: str
    threshold: float
    figures: Figures
    intervals: dict[str, Interval]
    gain: dict[str, Interval] | None = None


@dataclass(frozen=True, slots=True)
class _Tally:
    """What a rule did in one block; ``leads`` are of the late parcels that it warned of."""

    late: int
    in_time: int
    alarms: int
    leads: tuple[float, ...]


def arrivals(watched: Iterable[Watched], place: int) -> Arrivals:
    """Judge the arrival that was foretold at the first look (place 0), or promised (1)."""
    off = [abs(one.days_off[place]) for one in watched if one.days_off is not None]
    return Arrivals(off.count(0) / len(off), sum(days <= 1 for days in off) / len(off))


def figures_of(watched: Sequence[Watched], rule: int, threshold: float) -> Figures:
    return _figures([_tally(watched, rule, threshold)])


def threshold_at_most(watched: Iterable[Watched], rule: int, false_alarms: float) -> float:
    """Return the lowest threshold with no more than this share of false alarms."""
    scores = _in_time(watched, rule)
    # The first score that may no longer warn; just above it is the threshold.
    return _above(scores[int(false_alarms * len(scores))])


def threshold_at_least(watched: Iterable[Watched], rule: int, false_alarms: int) -> float:
    """Return the highest threshold with no less than this many false alarms."""
    scores = _in_time(watched, rule)
    return scores[max(0, min(false_alarms, len(scores)) - 1)]


def _in_time(watched: Iterable[Watched], rule: int) -> list[float]:
    return sorted((one.highest(rule) for one in watched if not one.is_late), reverse=True)


def _above(score: float) -> float:
    return score + 1e-9


def judge(
    watched: Sequence[Watched], rules: Sequence[tuple[str, int, float]], *, seed: str
) -> list[Judged]:
    """Judge rules, each with a name, its place in ``RULES`` and its threshold; the first is ours.

    Blocks of a seed and month are drawn anew ``_RESAMPLES`` times, the same for every rule, since
    parcels of one month share what delays them.
    """
    blocks: dict[tuple[int, int, int], list[Watched]] = {}
    for one in watched:
        blocks.setdefault(one.block, []).append(one)
    outcomes = [
        [_tally(block, rule, threshold) for block in blocks.values()]
        for _, rule, threshold in rules
    ]
    chance = Random(seed)  # noqa: S311 - chance that is the same everywhere is what is wanted
    draws = [chance.choices(range(len(blocks)), k=len(blocks)) for _ in range(_RESAMPLES)]
    drawn = [[_figures(rows[place] for place in draw) for draw in draws] for rows in outcomes]
    judged = []
    for number, (name, _, threshold) in enumerate(rules):
        ours, theirs = drawn[0], drawn[number]
        judged.append(
            Judged(
                name,
                threshold,
                _figures(outcomes[number]),
                {what: _middle(getattr(one, what) for one in theirs) for what in MEASURES},
                None
                if number == 0
                else {
                    what: _middle(
                        getattr(mine, what) - getattr(other, what)
                        for mine, other in zip(ours, theirs, strict=True)
                    )
                    for what in MEASURES
                },
            )
        )
    return judged


def _tally(block: Sequence[Watched], rule: int, threshold: float) -> _Tally:
    late = [one.warned(rule, threshold) for one in block if one.is_late]
    in_time = [one.warned(rule, threshold) for one in block if not one.is_late]
    return _Tally(
        len(late),
        len(in_time),
        sum(lead is not None for lead in in_time),
        tuple(lead for lead in late if lead is not None),
    )


def _figures(blocks: Iterable[_Tally]) -> Figures:
    late = in_time = alarms = 0
    leads: list[float] = []
    for block in blocks:
        late += block.late
        in_time += block.in_time
        alarms += block.alarms
        leads += block.leads
    warned = alarms + len(leads)
    return Figures(
        warned=warned,
        late=late,
        in_time=in_time,
        precision=len(leads) / max(1, warned),
        recall=len(leads) / max(1, late),
        notice=sum(lead >= NOTICE_HOURS for lead in leads) / max(1, late),
        false_alarms=alarms / max(1, in_time),
        lead_hours=median(leads) if leads else 0.0,
    )


def _middle(values: Iterable[float]) -> Interval:
    ordered = sorted(values)
    return Interval(ordered[int(_TAIL * len(ordered))], ordered[-1 - int(_TAIL * len(ordered))])
