"""What passed in a review, as JSON: for the return's document, beside the rules."""

from datetime import datetime

from domain.events import JsonValue
from domain.offers import open_until, state_of
from domain.returns import Return
from domain.review import CounterOffer, FirstApproval, Question


def review_document(ret: Return) -> dict[str, JsonValue]:
    """Show what passed; a return whose review nothing passed in does not mention it."""
    review = ret.review
    if review is None:
        return {}
    return {
        "review": {
            "questions": [_question(question) for question in review.questions],
            "offers": [_offer(ret, offer) for offer in review.offers],
            "first_approval": _first(review.first_approval),
        }
    }


def _question(question: Question) -> JsonValue:
    return {
        "number": question.number,
        "question": question.text,
        "asked_by": question.asked_by,
        "asked_at": question.asked_at.isoformat(),
        "reminded_at": _time(question.reminded_at),
        "answer": question.answer,
        "evidence": [{"url": photo.url, "sha256": photo.sha256} for photo in question.evidence],
        "ended_at": _time(question.ended_at),
    }


def _offer(ret: Return, offer: CounterOffer) -> JsonValue:
    return {
        "number": offer.number,
        "amount_minor": offer.amount_minor,
        "percent": offer.percent,
        "message": offer.message,
        "offered_by": str(offer.offered_by),
        "offered_at": offer.offered_at.isoformat(),
        "open_until": open_until(ret, offer).isoformat(),
        "state": state_of(ret, offer),
        "ended_at": _time(offer.ended_at),
    }


def _first(first: FirstApproval | None) -> JsonValue:
    if first is None:
        return None
    return {
        "line_ids": [*first.line_ids],
        "approved_by": str(first.by),
        "approved_at": first.at.isoformat(),
        "value_minor": first.value_minor,
        "limit_minor": first.limit_minor,
        "handover": first.handover,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
