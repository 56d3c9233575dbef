"""Value that went out before its goods, as nouns: what is owed for it, and what secures it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RecoveryState(StrEnum):
    """What became of the duty to send the goods or give their value back.

    ``given_back`` is a charge that was paid back, for the goods came after it.
    """

    OPEN = "open"
    DUE = "due"
    DISCHARGED = "discharged"
    COLLECTED = "collected"
    WRITTEN_OFF = "written_off"
    GIVEN_BACK = "given_back"


NOT_CAPTURED = "not_captured"
"""Failure of a hold that the provider would not let us take."""

CAPTURED_PAST_US = "captured_past_us"
"""Failure of a hold that somebody else took, under the same account at the provider."""

OUTSTANDING = frozenset({RecoveryState.OPEN, RecoveryState.DUE})


class Way(StrEnum):
    """How a due value was collected; all but the hold is recorded by hand, with proof."""

    HOLD = "hold"
    CONSENT = "consent"
    COLLECTIONS = "collections"


@dataclass(frozen=True, slots=True)
class Recovery:
    """The duty that a lot bears whose value went out before its goods. Minor units.

    Its time runs from ``since``: of a replacement, only once it left. ``due_minor`` is what is
    asked for, ``owed_minor`` what the goods left owing once they were judged.
    """

    value_minor: int
    given_at: datetime
    since: datetime | None = None
    state: RecoveryState = RecoveryState.OPEN
    due_minor: int = 0
    due_since: datetime | None = None
    reason: str = ""
    owed_minor: int | None = None
    way: Way | None = None
    collected_minor: int = 0

    @property
    def is_outstanding(self) -> bool:
        return self.state in OUTSTANDING

    @property
    def to_give_back_minor(self) -> int:
        """What was charged beyond what the goods left owing, and is not given back yet."""
        if self.state is not RecoveryState.COLLECTED or self.owed_minor is None:
            return 0
        return max(self.collected_minor - self.owed_minor, 0)


@dataclass(frozen=True, slots=True)
class LotHold:
    """The card hold that secures a lot: ``placing``, ``authorized``, ``captured`` or ``ended``.

    ``number`` counts the renewals from 1. ``failure`` is why it could not be renewed or captured.
    """

    amount_minor: int
    since: datetime
    state: str = "placing"
    number: int = 1
    expires_at: datetime | None = None
    renew_at: datetime | None = None
    renewing: bool = False
    failure: str | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the provider holds money, or may."""
        return self.state in ("placing", "authorized")


@dataclass(frozen=True, slots=True)
class Advance:
    """How far the value of a lot went out before its goods.

    ``ordering`` says that its replacement was asked for, ``paying`` that its refund is being
    sealed; ``declined`` why it waits for the goods after all.
    """

    recovery: Recovery | None = None
    hold: LotHold | None = None
    ordering: bool = False
    declined: str = ""
    paying: bool = False

    @property
    def is_given(self) -> bool:
        """Say whether value went out, or may have."""
        return self.recovery is not None or self.ordering
