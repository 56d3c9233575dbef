"""Asking the customer during a review: whose turn it is, and what silence leads to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.allowed import allowed_commands
from domain.asking_info import answer, ask, check_answer, check_question
from domain.codes import RefusedError
from domain.deadlines import extend, pass_deadlines
from domain.events import Event
from domain.inspection import Photo
from domain.invariants import broken
from domain.notices import notices_for
from domain.returns import Return
from domain.transport import is_withdrawable, withdraw
from domain.view import document
from domain.waiting import next_step, waits
from tests.support.builders import NOW, after
from tests.support.reviewing import ASKED, RITA, asked, in_review
from tests.support.ruling import ruled_by

PHOTO = Photo("https://example.com/1.jpg", "a" * 64)


def codes(ret: Return) -> list[str]:
    return [wait.code for wait in waits(ret)]


def test_it_is_the_customers_turn() -> None:
    """He must act, by a date, and reads what happens otherwise; the reviewer's clock stands."""
    ret = asked()

    step = next_step(waits(ret))
    assert ret.headline == "AWAITING_INFO"
    assert codes(ret) == ["info_reminder", "awaiting_info"]
    assert step is not None
    assert (step.owner, step.deadline) == ("customer", ASKED + timedelta(hours=120))
    assert step.at_deadline == "the reviewer decides without the answer"
    assert (step.detail, broken(ret)) == ("Where is the crack?", ())


def test_an_answer_hands_it_back_with_what_was_left_of_the_clock() -> None:
    """Of 24 hours 6 were used before the question; 18 are left, however long the answer took."""
    ret, facts = answer(asked(), "At the heel.", [PHOTO], at=after(hours=100))

    (wait,) = waits(ret)
    assert (wait.code, wait.deadline) == ("awaiting_review", after(hours=118))
    assert [(fact.type, fact.data) for fact in facts] == [
        ("return.info_answered", {"question_no": 1, "evidence": ["a" * 64]})
    ]


def test_what_ops_gave_the_reviewer_is_left_as_well() -> None:
    """A deadline that was moved moves on by the time of the pause."""
    ret = extend(in_review(), "review", after(hours=48))
    ret = ask(ret, "Where?", by=RITA, at=ASKED)[0]

    ret = answer(ret, "There.", [], at=after(hours=16))[0]

    assert waits(ret)[0].deadline == after(hours=58)


def test_question_and_answer_stand_beside_the_rules() -> None:
    """In the return's document; a return without a question does not mention any."""
    ret = answer(asked(), "At the heel.", [PHOTO], at=after(hours=100))[0]

    shown = document(ret)["review"]
    assert "review" not in document(in_review())
    assert isinstance(shown, dict)
    assert shown["questions"] == [
        {
            "number": 1,
            "question": "Where is the crack?",
            "asked_by": "reviewer:rita",
            "asked_at": ASKED.isoformat(),
            "reminded_at": None,
            "answer": "At the heel.",
            "evidence": [{"url": PHOTO.url, "sha256": PHOTO.sha256}],
            "ended_at": after(hours=100).isoformat(),
        }
    ]


def test_edge_21_the_customer_is_reminded_once_and_then_the_default_counts() -> None:
    """Half-time brings the same question again; at the end the clock decides, not the reviewer."""
    ret = asked(ruled_by(info_default="deny"))

    ret, reminded = pass_deadlines(ret, at=ASKED + timedelta(hours=60))
    still = codes(ret)
    ret, over = pass_deadlines(ret, at=ASKED + timedelta(hours=120))

    assert ([fact.type for fact in reminded], still) == (
        ["return.info_reminded"],
        ["awaiting_info"],
    )
    assert [fact.type for fact in over][:2] == ["return.info_unanswered", "return.decided"]
    assert over[0].data["decided_by"] == "system:timeout"
    assert (over[1].data["by"], over[1].data["decided_by"]) == ("timeout", "system:timeout")
    assert ret.headline == "DENIED"
    assert ret.lines[0].authorization is not None
    assert ret.lines[0].authorization.reason == "our question was not answered in time"


@pytest.mark.parametrize(
    ("default", "headline", "then"),
    [
        ("deny", "DENIED", "the return is denied by system:timeout"),
        (
            "approve",
            "APPROVED",
            "the return is granted by system:timeout, but for what the rules deny",
        ),
        ("review", "IN_REVIEW", "the reviewer decides without the answer"),
    ],
)
def test_edge_21_the_pack_says_what_silence_leads_to(
    default: str, headline: str, then: str
) -> None:
    """It is told with the question, and done."""
    ret = asked(ruled_by(info_default=default))
    told = next_step(waits(ret))

    ret = pass_deadlines(ret, at=ASKED + timedelta(hours=120))[0]

    assert told is not None
    assert (told.at_deadline, ret.headline) == (then, headline)


def test_edge_21_the_sellers_clock_was_paused_meanwhile() -> None:
    """After five days of silence the reviewer has the 18 hours that were left."""
    ret = pass_deadlines(asked(), at=ASKED + timedelta(hours=120))[0]

    (wait,) = waits(ret)
    assert (wait.code, wait.deadline) == ("awaiting_review", after(hours=120 + 24))


def test_the_customer_may_take_it_back_meanwhile() -> None:
    ret = asked()

    assert is_withdrawable(ret)
    assert withdraw(ret, at=after(hours=7))[0].headline == "WITHDRAWN"


def test_a_reviewer_asks_as_often_as_the_policy_lets_him() -> None:
    """The next question is refused with the number, and not offered any more."""
    ret = in_review(under=ruled_by(info_rounds=2))
    for hour in (1, 2):
        ret = ask(ret, "And?", by=RITA, at=after(hours=hour))[0]
        ret = answer(ret, "So.", [], at=after(hours=hour + 0.5))[0]

    with pytest.raises(RefusedError) as refused:
        check_question(ret, "And?")

    assert (refused.value.code, "2 times" in str(refused.value)) == ("too_many_questions", True)
    assert "ask-info" not in allowed_commands(ret)


def test_one_question_at_a_time() -> None:
    """While one is open, neither another one nor a decision is the reviewer's turn."""
    with pytest.raises(RefusedError) as refused:
        check_question(asked(), "And where else?")

    assert refused.value.code == "command_not_allowed"
    assert allowed_commands(asked()) == ("answer-info", "withdraw", "extend-deadline")


@pytest.mark.parametrize(
    ("ret", "text", "code", "field"),
    [
        (asked(), "  ", "invalid_request", "answer"),
        (in_review(), "There.", "command_not_allowed", None),
    ],
)
def test_an_answer_says_something_to_a_question(
    ret: Return, text: str, code: str, field: str | None
) -> None:
    with pytest.raises(RefusedError) as refused:
        check_answer(ret, text, [])

    assert (refused.value.code, refused.value.field) == (code, field)


def test_evidence_alone_is_an_answer() -> None:
    check_answer(asked(), "", [PHOTO])


def test_a_question_says_something() -> None:
    with pytest.raises(RefusedError) as refused:
        check_question(in_review(), " ")

    assert refused.value.field == "question"


def test_the_customer_reads_question_date_and_default() -> None:
    """Until when, by his own clock."""
    ret, facts = ask(in_review(), "Where?", by=RITA, at=ASKED)
    events = [Event(n, fact.type, NOW, "r", data=fact.data) for n, fact in enumerate(facts)]

    (notice,) = notices_for(ret, events)

    assert (notice.kind, notice.data["question"]) == ("info_requested", "Where?")
    assert notice.data["answer_by"] == "2026-03-07T17:00:00+01:00"
    assert notice.data["default"] == "review"


def test_a_later_date_is_told_with_the_reminder() -> None:
    """Ops moved it: the reminder names the new one."""
    ret = extend(asked(), "question/1", after(hours=200))

    _, facts = pass_deadlines(ret, at=ASKED + timedelta(hours=60))

    assert str(facts[0].data["answer_by"]).startswith("2026-03-10T19:00")


def test_a_review_of_before_is_as_it_was() -> None:
    """Without any question its wait is what it always was."""
    (wait,) = waits(replace(in_review(), review=None))

    assert (wait.code, wait.deadline) == ("awaiting_review", after(hours=24))
