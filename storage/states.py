"""States and roles as the tables hold them; each column's CHECK is made from these."""

from enum import StrEnum


class UnitState(StrEnum):
    """Why a unit is not free: an open return holds it, or a closed one ended with it."""

    LOCKED = "locked"
    RETURNED = "returned"
    KEPT = "kept"
    LOST = "lost"


class IntentState(StrEnum):
    """All but REJECTED count as spent; UNKNOWN does until somebody has looked it up."""

    PLANNED = "planned"
    SENDING = "sending"
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    COVERED = "covered"
    """Never sent: a chargeback that was lost gave all of it back."""


UNDER_WAY = (
    IntentState.SENDING,
    IntentState.PENDING,
    IntentState.UNKNOWN,
    IntentState.SUCCEEDED,
)
"""States in which the customer has the money, or may have."""


class ChargebackState(StrEnum):
    """While OPEN no refund of its tender is sent; what is LOST was given back by the bank."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


EXTERNAL_STATES = (IntentState.SUCCEEDED, IntentState.PENDING, IntentState.REJECTED)
"""What a refund that was made past us can be: its provider always knows."""


class BookingState(StrEnum):
    PLANNED = "planned"
    CREATED = "created"
    BOUGHT = "bought"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"
    FAILED = "failed"


class NoticeState(StrEnum):
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Role(StrEnum):
    PLATFORM = "platform"
    WAREHOUSE = "warehouse"
    REVIEWER = "reviewer"
    OPS = "ops"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class DecidedBy(StrEnum):
    RULE = "rule"
    HUMAN = "human"
    TIMEOUT = "timeout"
    INSPECTION = "inspection"
    """The rules again, on what the goods were found to be: within the same right."""
