"""What a pack says of reviews: how often the customer is asked, and what silence leads to."""

from dataclasses import dataclass
from enum import StrEnum

from domain.pack_reading import At


class Silence(StrEnum):
    """What a customer's silence leads to: a decision by the clock, or the reviewer's turn again."""

    DENY = "deny"
    APPROVE = "approve"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ReviewTerms:
    """A reviewer asks the customer at most ``info_rounds`` times.

    A question that nobody answers leads to ``info_default``.
    """

    info_rounds: int = 3
    info_default: Silence = Silence.REVIEW


USUAL_REVIEW = ReviewTerms()
_MOST_ROUNDS = 10


def read_review_terms(pack: At) -> ReviewTerms:
    """Read what a pack says of reviews; each setting may be left out.

    Raises:
        PolicyError: something is of the wrong type or out of range; names the path.
    """
    rounds = pack.optional("info_rounds", pack.number, default=USUAL_REVIEW.info_rounds)
    if rounds > _MOST_ROUNDS:
        raise pack.error("info_rounds", f"wanted 0 to {_MOST_ROUNDS}")
    return ReviewTerms(
        info_rounds=rounds,
        info_default=pack.optional(
            "info_default", lambda name: pack.option(name, Silence), default=Silence.REVIEW
        ),
    )
