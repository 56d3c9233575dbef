"""What may be done with a refund that was sent, whose end nobody knows and no look-up shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.intents import Ruling

STILL_ON_ITS_WAY = timedelta(minutes=1)
"""Longer than a request to a provider may last (``integrations/http.py``)."""

CHARGED_BACK = "charged_back"
"""Why a provider refused a refund, whatever its word: the customer's bank has the payment."""


class Way(StrEnum):
    SEND_AGAIN = "send_again"
    """Under the same key, which the provider still knows: at most one effect."""
    NEXT_GENERATION = "next_generation"
    """Under a new key: it is certain that the old one had no effect."""
    WAIT = "wait"
    """Until a look-up can be believed."""
    ASK_A_PERSON = "ask_a_person"
    """Only the provider's own books can tell."""


@dataclass(frozen=True, slots=True)
class Trust:
    """How far a provider's keys and look-ups can be believed (its capability sheet)."""

    key_window: timedelta
    finds_again: bool
    """Whether it can be asked for a refund by our own id or key."""
    settle_time: timedelta


@dataclass(frozen=True, slots=True)
class Sent:
    """When the present generation went out; ``failure_is_stored``: a repeat is answered with it."""

    first_at: datetime
    last_at: datetime
    failure_is_stored: bool = False


def way_on(sent: Sent, trust: Trust, *, now: datetime) -> Way:
    """Choose the way on after a look-up that found nothing (domain.md §5.4, edges 60 to 62).

    Never a new key before the old one is known to be without effect, and never the old key once the
    provider may have forgotten it: to the provider it would be new.
    """
    key_lives = now - sent.first_at < trust.key_window
    if key_lives and not sent.failure_is_stored:
        return Way.SEND_AGAIN
    if not trust.finds_again:
        return Way.ASK_A_PERSON
    return Way.NEXT_GENERATION if is_believed(sent, trust, now=now) else Way.WAIT


def is_about(ruling: Ruling, sent: Sent, *, used: str | None) -> bool:
    """Say whether a ruling is of what was sent last, and is not the one that it was sent on.

    A person can only have found what was sent before; what was sent since has a ruling of its own.
    """
    sent_since = ruling.ruled_at is not None and sent.last_at > ruling.ruled_at
    return ruling.ruling_id != used and not sent_since


def is_believed(sent: Sent, trust: Trust, *, now: datetime) -> bool:
    """Say whether a look-up that found nothing can be believed, or none would tell anyway."""
    return not trust.finds_again or now >= believed_from(sent, trust)


def believed_from(sent: Sent, trust: Trust) -> datetime:
    """Return the time from which a look-up that finds nothing means that nothing happened.

    What was answered with a failure is over. What was not may still be on its way there.
    """
    on_its_way = timedelta() if sent.failure_is_stored else STILL_ON_ITS_WAY
    return sent.last_at + trust.settle_time + on_its_way
