"""What a return in review waits for: a decision, an answer, a second person, an offer's end."""

from dataclasses import replace

from domain import asking_info, offers
from domain.asking_info import answer_key, open_question
from domain.clocks import within_law
from domain.doubts import doubts_of
from domain.lifecycle import AuthorizationState
from domain.money import Money
from domain.offers import offer_key, open_offer
from domain.returns import Return
from domain.review import NOT_REVIEWED
from domain.review_warnings import next_warning, warned_after
from domain.reviewing import REVIEW_CLOCK
from domain.waiting_for.wait import Waiting, wait_for


def review_waits(ret: Return) -> list[Waiting]:
    """Return what is open; a return that nobody reviews waits for nothing of this."""
    match ret.authorization:
        case AuthorizationState.IN_REVIEW:
            return _of_reviewer(ret)
        case AuthorizationState.AWAITING_INFO:
            return _of_answer(ret)
        case AuthorizationState.COUNTER_OFFERED:
            return _of_offer(ret)
        case _:
            return []


def _of_reviewer(ret: Return) -> list[Waiting]:
    review, lasts = ret.review or NOT_REVIEWED, ret.policy.handling.review
    since = ret.authorized_since + review.paused
    if (first := review.first_approval) is not None:
        value = Money(first.value_minor, ret.currency)
        most = Money(first.limit_minor, ret.currency)
        detail = f"{first.by} approved {', '.join(first.line_ids)}: {value}, above {most}"
        code = "awaiting_second_approval"
    else:
        code, detail = "awaiting_review", ", ".join(doubts_of(ret))
    due = replace(wait_for(ret, REVIEW_CLOCK, code, since, lasts), detail=detail)
    if (percent := next_warning(ret)) is None:
        return [due]
    until = ret.extended_to(REVIEW_CLOCK, since + lasts)
    warned = warned_after(until - since, percent)
    return [due, wait_for(ret, f"{REVIEW_CLOCK}/{percent}", "review_warning", since, warned)]


def _of_answer(ret: Return) -> list[Waiting]:
    question = open_question(ret)
    if question is None:
        return []
    key, since = answer_key(question), question.asked_at
    lasts = within_law(ret, since, ret.policy.handling.info_answer)
    then = asking_info.AT_DEADLINE[asking_info.silence_of(ret, question)]
    wait = wait_for(ret, key, "awaiting_info", since, lasts)
    found = [replace(wait, detail=question.text, at_deadline=then)]
    if question.reminded_at is None:
        found.append(wait_for(ret, f"{key}/reminder", "info_reminder", since, lasts / 2))
    return found


def _of_offer(ret: Return) -> list[Waiting]:
    made = open_offer(ret)
    if made is None:
        return []
    since = made.offered_at
    lasts = within_law(ret, since, ret.policy.handling.counter_offer)
    then = offers.AT_DEADLINE[offers.silence_of(ret, made)]
    detail = f"keep the goods for {Money(made.amount_minor, ret.currency)}: {made.message}"
    wait = wait_for(ret, offer_key(made), "offer_open", since, lasts)
    return [replace(wait, detail=detail, at_deadline=then)]
