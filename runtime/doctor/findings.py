"""What an examination finds."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination; ``mend`` is what to do about it, ``None`` when all is well."""

    check: str
    level: Level
    found: str
    mend: str | None = None


def well(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def doubtful(check: str, found: str, mend: str) -> Finding:
    return Finding(check, Level.WARN, found, mend)


def broken(check: str, found: str, mend: str) -> Finding:
    return Finding(check, Level.FAIL, found, mend)


_NOTICEABLE = timedelta(seconds=2)
_HARMFUL = timedelta(seconds=60)
"""Well below the five minutes for which a webhook's signature counts."""


def clock(check: str, skew: timedelta) -> Finding:
    """Judge how far another machine's clock is ahead of ours; behind is negative."""
    seconds = skew.total_seconds()
    found = f"{abs(seconds):.1f} s {'ahead of' if seconds >= 0 else 'behind'} this machine"
    mend = "let NTP set the clocks of this machine and of that one"
    if abs(skew) > _HARMFUL:
        return broken(check, found, mend)
    return doubtful(check, found, mend) if abs(skew) > _NOTICEABLE else well(check, found)


def version_of(check: str, found: str, tested: tuple[int, ...], *, name: str) -> Finding:
    """Judge a server's version against the oldest that Backhaul is tested with."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", found)[: len(tested)])
    if numbers >= tested:
        return well(check, found)
    wanted = ".".join(map(str, tested))
    return doubtful(check, found, f"update {name} to {wanted} or newer: nothing older is tested")
