"""What was asked against what happened: pure, so that a counted difference can be tampered with."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """An effect that the engine stands for, under the id that it stamped on it.

    ``says`` is what must be true of it: amount, currency, quantity. An effect whose end the engine
    itself calls uncertain is ``certain=False``: it may have happened once, or not. One that it
    calls undone or never made is ``wanted=False``.
    """

    key: str
    says: str = ""
    wanted: bool = True
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """An effect that stands outside: not undone there."""

    key: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One row of the table. ``differences`` is empty when both sides are the same."""

    kind: str
    asked: int
    found: int
    double: int
    missing: int
    differences: tuple[str, ...] = ()


def count(
    kind: str, asked: Iterable[Asked], found: Iterable[Found], *, may_repeat: bool = False
) -> Count:
    """Compare both sides of one kind of effect.

    Args:
        may_repeat: A second effect of one key is counted as double, and is no difference by itself.
    """
    known = {one.key: one for one in asked}
    seen: dict[str, list[Found]] = defaultdict(list)
    for effect in found:
        seen[effect.key].append(effect)
    double = missing = 0
    differences: list[str] = []
    for key in sorted(known.keys() | seen.keys()):
        one, effects = known.get(key), seen[key]
        if one is None or not one.wanted:
            double += len(effects)
            if effects:
                differences.append(f"{kind} {key}: {len(effects)} that nobody asked for")
            continue
        if len(effects) > 1:
            double += len(effects) - 1
            if not may_repeat:
                differences.append(f"{kind} {key}: asked for once, found {len(effects)} times")
        if not effects and one.certain:
            missing += 1
            differences.append(f"{kind} {key}: asked for, not found")
        differences += [
            f"{kind} {key}: asked for {one.says}, found {effect.says}"
            for effect in effects
            if effect.says != one.says
        ]
    return Count(
        kind,
        asked=sum(one.wanted and one.certain for one in known.values()),
        found=sum(map(len, seen.values())),
        double=double,
        missing=missing,
        differences=tuple(differences),
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One return at the end.

    ``ended`` is a terminal headline or a completed return. ``waits`` are the codes of what it waits
    for, ``late`` those whose deadline is long past, ``unpaid`` refunds that have not succeeded.
    """

    name: str
    headline: str
    ended: bool
    waits: tuple[str, ...]
    late: tuple[str, ...] = ()
    unpaid: int = 0
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How the returns stand: ended, waiting by name, or neither."""

    returns: int
    ended: int
    parked: tuple[tuple[str, int], ...]
    stuck: tuple[str, ...]
    broken: tuple[str, ...]


def standing(cases: Iterable[Case], *, broken: Iterable[str] = ()) -> Standing:
    """Say which returns are stuck: open without a named wait, or past a deadline nobody minds.

    Args:
        broken: Rules that were found broken beyond one return.
    """
    cases = tuple(cases)
    stuck = [
        f"return {case.name} is {case.headline} and waits for nothing"
        for case in cases
        if not case.waits and (not case.ended or case.unpaid)
    ]
    stuck += [
        f"return {case.name} is {case.headline}, long past the deadline of {code}"
        for case in cases
        for code in case.late
    ]
    parked = Counter(code for case in cases if not case.ended for code in case.waits)
    return Standing(
        returns=len(cases),
        ended=sum(case.ended for case in cases),
        parked=tuple(sorted(parked.items())),
        stuck=tuple(stuck),
        broken=(
            *(f"return {case.name}: {rule}" for case in cases for rule in case.broken),
            *broken,
        ),
    )
