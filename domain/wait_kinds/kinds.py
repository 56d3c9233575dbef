"""What a row of the catalogue of waits says."""

from dataclasses import dataclass
from enum import StrEnum


class Owner(StrEnum):
    CUSTOMER = "customer"
    CARRIER = "carrier"
    WAREHOUSE = "warehouse"
    REVIEWER = "reviewer"
    PLATFORM = "platform"
    FINANCE = "finance"
    OPS = "ops"
    PROVIDER = "provider"


class Kind(StrEnum):
    WAIT = "wait"
    OVERDUE = "overdue"
    PARKED = "parked"


class Turn(StrEnum):
    """Whether a wait says whose turn it is.

    STEP: its owner's. ASIDE: nobody's, what they have to do stands beside it. REMINDER: nobody's,
    and its deadline ends nothing. CLOCK: a reminder of a date that a law or a promise gives, which
    runs quietly and which nobody moves.
    """

    STEP = "step"
    ASIDE = "aside"
    REMINDER = "reminder"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class WaitKind:
    """One row of the catalogue.

    ``handling`` names the policy's duration behind the deadline; ``exits`` are the commands and
    outside events that end it. Of those of parked work, a return shows the ones that its work has:
    a draft is corrected, a booking is withdrawn, a refund turns out to be paid.
    """

    code: str
    kind: Kind
    owner: Owner
    waiting_for: str
    handling: str
    at_deadline: str
    exits: tuple[str, ...]
    turn: Turn = Turn.STEP
