"""Asking the customer during a review: the seller's clock stands until the answer is there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.clocks import within_law
from domain.codes import RefusedError
from domain.commands import TIMEOUT, Actor
from domain.events import Fact, JsonValue
from domain.inspection import Photo
from domain.lifecycle import AuthorizationState
from domain.returns import Change, Return
from domain.review import NOT_REVIEWED, Question
from domain.review_terms import Silence
from domain.reviewing import back_to_review, check_in_review, decided_by_clock, silence_after

AT_DEADLINE = {
    Silence.DENY: "the return is denied by system:timeout",
    Silence.APPROVE: "the return is granted by system:timeout, but for what the rules deny",
    Silence.REVIEW: "the reviewer decides without the answer",
}
"""What a question that nobody answers leads to."""


def check_question(ret: Return, text: str) -> None:
    """Refuse a question that cannot be asked.

    Raises:
        RefusedError: nobody reviews the return, it says nothing, or the policy's rounds are over.
    """
    check_in_review(ret)
    if not text.strip():
        raise RefusedError("invalid_request", "wanted a text", field="question")
    if not has_question_left(ret):
        most = ret.policy.review.info_rounds
        raise RefusedError("too_many_questions", f"the policy lets a reviewer ask {most} times")


def has_question_left(ret: Return) -> bool:
    """Say whether the policy lets the customer be asked once more."""
    return len((ret.review or NOT_REVIEWED).questions) < ret.policy.review.info_rounds


def ask(ret: Return, text: str, *, by: Actor, at: datetime) -> Change:
    """Hand the return to the customer; the clock of the review stands from now on."""
    review = ret.review or NOT_REVIEWED
    question = Question(len(review.questions) + 1, text, str(by), at)
    review = replace(review, questions=(*review.questions, question), first_approval=None)
    ret = replace(
        ret,
        authorization=AuthorizationState.AWAITING_INFO,
        review=review,
    )
    return ret, (Fact("return.info_requested", _asked(ret, question)),)


def open_question(ret: Return) -> Question | None:
    """Return the question that waits for the customer, if there is one."""
    if ret.authorization is not AuthorizationState.AWAITING_INFO or ret.review is None:
        return None
    return ret.review.questions[-1]


def check_answer(ret: Return, text: str, evidence: Sequence[Photo]) -> None:
    """Refuse an answer to nothing, or one without content.

    Raises:
        RefusedError: no question waits, or there is neither a text nor evidence.
    """
    if open_question(ret) is None:
        raise RefusedError("command_not_allowed", f"no question waits: {ret.headline}")
    if not text.strip() and not evidence:
        raise RefusedError("invalid_request", "wanted a text, or evidence", field="answer")


def answer(ret: Return, text: str, evidence: Sequence[Photo], *, at: datetime) -> Change:
    """Hand the return back to the reviewer, with what was left of the clock.

    What the customer wrote is not logged: it is free text and may name a person.
    """
    question = _open(ret)
    answered = replace(question, answer=text, evidence=tuple(evidence), ended_at=at)
    ret = back_to_review(_with(ret, answered), since=question.asked_at, at=at)
    hashes: list[JsonValue] = [photo.sha256 for photo in evidence]
    data: dict[str, JsonValue] = {"question_no": question.number, "evidence": hashes}
    return ret, (Fact("return.info_answered", data),)


def remind(ret: Return, *, at: datetime) -> Change:
    """Ask once more, in the same words."""
    question = replace(_open(ret), reminded_at=at)
    ret = _with(ret, question)
    return ret, (Fact("return.info_reminded", _asked(ret, question)),)


def silence_of(ret: Return, question: Question) -> Silence:
    """Return what no answer leads to."""
    lasts, usual = ret.policy.handling.info_answer, ret.policy.review.info_default
    return silence_after(ret, since=question.asked_at, lasts=lasts, usual=usual)


def unanswered(ret: Return, *, at: datetime) -> Change:
    """Nobody answered in time: do what the policy says of that, in the name of the clock."""
    question = _open(ret)
    silence = silence_of(ret, question)
    ret = _with(ret, replace(question, ended_at=at))
    data: dict[str, JsonValue] = {
        "question_no": question.number,
        "default": silence,
        "by": "timeout",
        "decided_by": str(TIMEOUT),
    }
    told = Fact("return.info_unanswered", data)
    if silence is Silence.REVIEW:
        return back_to_review(ret, since=question.asked_at, at=at), (told,)
    reason = "our question was not answered in time"
    ret, facts = decided_by_clock(ret, approve=silence is Silence.APPROVE, reason=reason, at=at)
    return ret, (told, *facts)


def _open(ret: Return) -> Question:
    question = open_question(ret)
    if question is None:
        raise ValueError("no question is open")
    return question


def _with(ret: Return, question: Question) -> Return:
    review = ret.review or NOT_REVIEWED
    return replace(ret, review=replace(review, questions=(*review.questions[:-1], question)))


def answer_key(question: Question) -> str:
    """Name the wait for the answer to a question."""
    return f"question/{question.number}"


def answer_by(ret: Return, question: Question) -> datetime:
    """Return until when a question may be answered."""
    asked_at = question.asked_at
    until = asked_at + within_law(ret, asked_at, ret.policy.handling.info_answer)
    return ret.extended_to(answer_key(question), until)


def _asked(ret: Return, question: Question) -> dict[str, JsonValue]:
    until = answer_by(ret, question).astimezone(ZoneInfo(ret.time_zone))
    return {
        "question_no": question.number,
        "question": question.text,
        "answer_by": until.isoformat(),
        "default": silence_of(ret, question),
    }
