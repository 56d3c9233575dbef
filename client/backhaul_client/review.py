"""A review on the wire: what reviewer and customer send, and what a return shows of it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from backhaul_client.answer_model import AnswerModel
from backhaul_client.requests import Command, Note, PhotoReference


class AskInfoCommand(Command):
    """Ask the customer, who reads the ``question``; the review's clock stands meanwhile."""

    question: Annotated[Note, StringConstraints(min_length=1)]


class AnswerInfoCommand(Command):
    """The customer's answer: a text, evidence by reference, or both."""

    answer: Note = ""
    evidence: Annotated[tuple[PhotoReference, ...], Field(max_length=100)] = ()


class CounterOfferCommand(Command):
    """Offer to let the goods be kept for a part of what was paid for them, with its tax.

    Either ``percent`` or ``amount_minor``, in the return's currency; the customer reads the
    ``message``. It takes the place of an earlier offer.
    """

    percent: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=10**15)] | None = None
    message: Annotated[Note, StringConstraints(min_length=1)]


class AcceptOfferCommand(Command):
    """Keep the goods for what offer ``offer_no`` says: nothing comes back."""

    offer_no: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class DeclineOfferCommand(Command):
    """Leave the decision to the reviewer."""

    offer_no: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class EvidenceView(AnswerModel):
    url: str
    sha256: str


class QuestionView(AnswerModel):
    """What a reviewer asked; without an ``answer`` it is over at ``ended_at`` all the same."""

    number: int
    question: str
    asked_by: str
    asked_at: datetime
    reminded_at: datetime | None
    answer: str | None
    evidence: tuple[EvidenceView, ...]
    ended_at: datetime | None


class OfferView(AnswerModel):
    """An offer to keep the goods for ``amount_minor``.

    ``state`` is OPEN, ACCEPTED, DECLINED, EXPIRED or SUPERSEDED by a later one.
    """

    number: int
    amount_minor: int
    percent: int | None
    message: str
    offered_by: str
    offered_at: datetime
    open_until: datetime
    state: str
    ended_at: datetime | None


class FirstApprovalView(AnswerModel):
    """What a reviewer approved above the limit; finance or ops approve the same, or deny."""

    line_ids: tuple[str, ...]
    approved_by: str
    approved_at: datetime
    value_minor: int
    limit_minor: int
    handover: str | None


class ReviewView(AnswerModel):
    """What passed between reviewer and customer, oldest first."""

    questions: tuple[QuestionView, ...] = ()
    offers: tuple[OfferView, ...] = ()
    first_approval: FirstApprovalView | None = None
