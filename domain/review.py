"""A review as nouns: what was asked and answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.inspection import Photo


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


@dataclass(frozen=True, slots=True)
class Review:
    """``paused`` is how long the reviewer's clock stood, for it was the customer's turn."""

    questions: tuple[Question, ...] = ()
    paused: timedelta = timedelta()


NOT_REVIEWED = Review()
