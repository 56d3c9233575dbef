"""What a provider says of a hold, beside what our ledger says: where they differ, and how."""

from dataclasses import dataclass
from enum import StrEnum

from domain.holds import ENDED, UNPLACED, HoldState
from domain.money import Money


class HoldVerdict(StrEnum):
    AGREES = "hold_agrees"
    LEFT_OPEN = "hold_left_open"
    """Money is held for a return that has ended, or under a hold that ended here."""
    TAKEN_PAST_US = "hold_taken_past_us"
    """Captured at the provider, and nobody here asked for it."""
    GONE = "hold_gone"
    """Ours stands or was captured, and at the provider it ran out or was let go."""
    UNKNOWN = "hold_unknown"
    """Nobody knows whether it was placed."""


@dataclass(frozen=True, slots=True)
class HoldCompared:
    """One hold on both sides; ``was`` and ``now`` are its states here and there."""

    verdict: HoldVerdict
    amount: Money
    hold_id: str
    hold_ref: str | None
    return_id: str
    was: str
    now: str | None = None

    @property
    def needs_a_person(self) -> bool:
        return self.verdict is not HoldVerdict.AGREES


def judge(here: HoldState, there: HoldState | None, *, return_has_ended: bool) -> HoldVerdict:
    """Judge a hold that was sent; ``there`` is ``None`` while its provider's name is unknown.

    One at which a step is being done agrees with whatever that step may come to, as long as its
    return goes on.
    """
    if there is None:
        return HoldVerdict.UNKNOWN if here in UNPLACED else HoldVerdict.AGREES
    if there is HoldState.AUTHORIZED:
        left = return_has_ended or here in ENDED
        return HoldVerdict.LEFT_OPEN if left else HoldVerdict.AGREES
    if there is HoldState.CAPTURED:
        ours = here in (HoldState.CAPTURED, HoldState.CAPTURING)
        return HoldVerdict.AGREES if ours else HoldVerdict.TAKEN_PAST_US
    stands_here = here in (HoldState.AUTHORIZED, HoldState.CAPTURED)
    return HoldVerdict.GONE if stands_here else HoldVerdict.AGREES
