"""A review as nouns: what was asked and answered, what was offered, and who approved first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.commands import Actor
from domain.inspection import Photo
from domain.requests import HandoverMethod


@dataclass(frozen=True, slots=True)
class Question:
    """One round: what a reviewer asked the customer, and what came back.

    ``number`` counts a return's from 1. ``evidence`` is by reference. Without an answer, it is over
    at ``ended_at`` for nobody gave one in time.
    """

    number: int
    text: str
    asked_by: str
    asked_at: datetime
    reminded_at: datetime | None = None
    answer: str | None = None
    evidence: tuple[Photo, ...] = ()
    ended_at: datetime | None = None


class OfferState(StrEnum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """The goods are kept for a part of what was paid: ``amount_minor``, with its tax.

    ``number`` counts a return's from 1; ``percent`` is how the reviewer put it, if so; ``message``
    is for the customer to read.
    """

    number: int
    amount_minor: int
    percent: int | None
    message: str
    offered_by: Actor
    offered_at: datetime
    state: OfferState = OfferState.OPEN
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FirstApproval:
    """What one person approved above their limit: it counts once a second one says the same.

    ``reasons`` are (line, reason) of declined lines.
    """

    line_ids: tuple[str, ...]
    by: Actor
    at: datetime
    value_minor: int
    limit_minor: int
    reason: str = ""
    reasons: tuple[tuple[str, str], ...] = ()
    handover: HandoverMethod | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """``paused`` is how long the reviewer's clock stood, for it was the customer's turn.

    ``warned`` are the percents of it at which the owner was told.
    """

    questions: tuple[Question, ...] = ()
    offers: tuple[CounterOffer, ...] = ()
    paused: timedelta = timedelta()
    warned: tuple[int, ...] = ()
    first_approval: FirstApproval | None = None


NOT_REVIEWED = Review()
