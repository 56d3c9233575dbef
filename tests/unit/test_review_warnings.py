"""A review that nobody answers: its owner is told early, and in the end the pack's word counts."""

from datetime import timedelta

import pytest

from activities.policies import load_policy
from domain.asking_info import answer, ask
from domain.deadlines import extend, pass_deadlines
from domain.returns import Return
from domain.waiting import first_deadline, next_step, waits
from tests.support.builders import after
from tests.support.reviewing import ASKED, RITA, approved_first, in_review
from tests.support.ruling import ruled_by

WARNED = ruled_by(review_warnings=[50, 80])


def warned(ret: Return, hours: float) -> tuple[Return, list[object]]:
    ret, facts = pass_deadlines(ret, at=after(hours=hours))
    return ret, [(fact.type, fact.data.get("percent")) for fact in facts]


def test_edge_20_it_is_told_at_half_and_four_fifths_and_then_decided() -> None:
    """Each once; the decision is the pack's, by system:timeout."""
    ret = in_review(under=WARNED)

    ret, none_yet = warned(ret, 11.9)
    ret, half = warned(ret, 12)
    ret, nothing_new = warned(ret, 12)
    ret, fifths = warned(ret, 19.2)
    ret, facts = pass_deadlines(ret, at=after(hours=24))

    assert (none_yet, nothing_new) == ([], [])
    assert (half, fifths) == ([("sla.warned", 50)], [("sla.warned", 80)])
    assert facts[0].type == "return.decided"
    assert (facts[0].data["by"], facts[0].data["decided_by"]) == ("timeout", "system:timeout")
    assert ret.headline == "APPROVED"


def test_edge_20_the_warning_names_whose_turn_it_is() -> None:
    """A second person is warned as the first one was."""
    _, facts = pass_deadlines(in_review(under=WARNED), at=after(hours=12))
    first = approved_first(ruled_by(review_warnings=[50], review_limits={"reviewer": {"EUR": 1}}))
    _, more = pass_deadlines(first, at=after(hours=12))

    assert facts[0].data == {"clock": "awaiting_review", "wait": "review", "percent": 50}
    assert more[0].data["clock"] == "awaiting_second_approval"


def test_a_warning_is_nobodys_step_and_no_date_of_the_return() -> None:
    """What is shown is until when the reviewer decides."""
    found = waits(in_review(under=WARNED))

    step = next_step(found)
    assert [wait.code for wait in found] == ["review_warning", "awaiting_review"]
    assert step is not None
    assert step.code == "awaiting_review"
    assert first_deadline(found) == after(hours=24)


def test_the_time_that_the_customer_took_is_not_the_reviewers() -> None:
    """Six hours before the question and six after the answer are half of the time."""
    ret = ask(in_review(under=WARNED), "Where?", by=RITA, at=ASKED)[0]
    ret = answer(ret, "There.", [], at=after(hours=50))[0]

    early, told_early = warned(ret, 55.9)
    _, told = warned(early, 56)

    assert (told_early, told) == ([], [("sla.warned", 50)])


def test_more_time_moves_the_warnings() -> None:
    """Half of two days is a day."""
    ret = extend(in_review(under=WARNED), "review", after(hours=48))

    (warning,) = [wait for wait in waits(ret) if wait.code == "review_warning"]

    assert warning.deadline == after(hours=24)


def test_edge_20_the_standard_pack_warns_at_half_and_at_four_fifths() -> None:
    """Whoever runs it as it comes hears of a review before its default decides."""
    assert load_policy().review.warnings == (50, 80)


def test_a_pack_that_names_none_warns_nobody() -> None:
    """As every pack before."""
    assert [wait.code for wait in waits(in_review())] == ["awaiting_review"]


def test_a_warning_that_is_late_is_told_before_the_decision() -> None:
    """The worker was away over all of it: what was due first happens first."""
    _, facts = pass_deadlines(in_review(under=WARNED), at=after(hours=30))

    assert [fact.type for fact in facts][:2] == ["sla.warned", "return.decided"]


@pytest.mark.parametrize("percent", [1, 99])
def test_any_part_of_the_time_may_be_named(percent: int) -> None:
    ret = in_review(under=ruled_by(review_warnings=[percent]))

    (warning,) = [wait for wait in waits(ret) if wait.code == "review_warning"]

    assert warning.deadline == after(hours=0) + timedelta(hours=24) * percent / 100
