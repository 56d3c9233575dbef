"""How urgent a return is by the dates that law and promises give: a queue is worked by it.

It orders work and says who is told; it never changes what was decided.
"""

from enum import StrEnum

from domain.clocks import ClockState, clocks, state_of
from domain.returns import Return


class Tier(StrEnum):
    GREEN = "GREEN"
    YELLOW = "YELLOW"
    RED = "RED"


def tier_of(ret: Return) -> Tier:
    """Return RED once a date was missed, YELLOW from its warning on, GREEN otherwise."""
    states = [state_of(ret, clock) for clock in clocks(ret)]
    if ClockState.MISSED in states:
        return Tier.RED
    return Tier.YELLOW if ClockState.WARNED in states else Tier.GREEN
