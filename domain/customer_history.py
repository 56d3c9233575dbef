"""What became of a customer's returns before, for whoever reviews the next one."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.lifecycle import Headline

LOOKS_BACK = timedelta(days=365)


class Outcome(StrEnum):
    """``REJECTED`` is of what came and was refused in the inspection, at least in part."""

    OPEN = "open"
    FINISHED = "finished"
    REJECTED = "rejected"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PastReturns:
    """Returns of one outcome and currency; ``value_minor`` is what was paid for their units."""

    outcome: Outcome
    currency: str
    returns: int
    units: int
    value_minor: int


_ENDS = {
    Headline.COMPLETED: Outcome.FINISHED,
    Headline.CLOSED: Outcome.FINISHED,
    Headline.DENIED: Outcome.DENIED,
    Headline.WITHDRAWN: Outcome.WITHDRAWN,
    Headline.EXPIRED: Outcome.EXPIRED,
    Headline.CANCELLED: Outcome.CANCELLED,
}


def outcome_of(headline: str, *, any_rejected: bool) -> Outcome:
    """Return what became of a return; one under way, or of an unknown headline, is open."""
    ended = _ENDS.get(Headline(headline)) if headline in [*Headline] else None
    if ended is Outcome.FINISHED and any_rejected:
        return Outcome.REJECTED
    return ended or Outcome.OPEN
