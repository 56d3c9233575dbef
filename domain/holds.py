"""Card holds that secure an advance exchange: their states, and when one has to be renewed."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.ids import part_id


class HoldState(StrEnum):
    """A hold from its plan to its end.

    ``sending``, ``unknown``, ``capturing`` and ``voiding`` say that something was asked of the
    provider whose end is not known here yet: it may hold, or have taken, the money.
    """

    PLANNED = "planned"
    SENDING = "sending"
    UNKNOWN = "unknown"
    AUTHORIZED = "authorized"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    VOIDING = "voiding"
    VOIDED = "voided"
    EXPIRED = "expired"
    REJECTED = "rejected"


class HoldStep(StrEnum):
    """What is asked of the provider under a key of its own."""

    PLACE = "place"
    CAPTURE = "capture"
    VOID = "void"


_S = HoldState
UNPLACED = frozenset({_S.PLANNED, _S.SENDING, _S.UNKNOWN})
"""States before anybody knows whether money is held."""
ENDED = frozenset({_S.CAPTURED, _S.VOIDED, _S.EXPIRED, _S.REJECTED})
"""States in which no money is held any more."""
MOVES = {
    _S.PLANNED: {_S.SENDING, _S.VOIDED},
    _S.SENDING: {_S.AUTHORIZED, _S.UNKNOWN, _S.REJECTED, _S.CAPTURED, _S.VOIDED, _S.EXPIRED},
    _S.UNKNOWN: {_S.SENDING, _S.AUTHORIZED, _S.REJECTED, _S.CAPTURED, _S.VOIDED, _S.EXPIRED},
    _S.AUTHORIZED: {_S.CAPTURING, _S.VOIDING, _S.CAPTURED, _S.VOIDED, _S.EXPIRED},
    # A capture that the provider refused leaves the hold as it was.
    _S.CAPTURING: {_S.CAPTURED, _S.AUTHORIZED, _S.VOIDED, _S.EXPIRED},
    _S.VOIDING: {_S.VOIDED, _S.CAPTURED, _S.EXPIRED},
    # What a look-up found nothing of, and a late answer shows after all.
    _S.REJECTED: {_S.AUTHORIZED},
    _S.CAPTURED: set(),
    _S.VOIDED: set(),
    _S.EXPIRED: set(),
}


def hold_id_for(return_id: str, purpose: str, number: int) -> str:
    """Name the ``number``-th hold that secures ``purpose``, a lot of a return."""
    return part_id(return_id, "hold", purpose, number)


def hold_key(hold_id: str, step: HoldStep, generation: int) -> str:
    """Return the provider's idempotency key: one hold, step and generation, one effect."""
    return f"backhaul-hold-{hold_id}-{step}-{generation}"


def renew_at(expires_at: datetime, *, before: timedelta, now: datetime) -> datetime:
    """Return when to renew a hold: ``before`` its end, or half of what is left if that is less.

    Renewed at once it would be, again and again, where holds last shorter than ``before``.
    """
    return max(expires_at - before, now + (expires_at - now) / 2)
