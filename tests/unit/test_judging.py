"""What a finding leaves of a right: the merchant's grades, within what the law lets them do."""

from dataclasses import replace
from typing import Any

import pytest

from domain.decisions import Terms
from domain.grading import grade_lot
from domain.inspection import Acceptance, Disposition, Fault, Grade
from domain.judging import judge
from domain.lifecycle import LotState
from tests.support.builders import finding, policy, received

BY_LAW = Terms("CONSUMER", ("PRICE",), None, "STATUTORY", by_law=True)
CHINESE = replace(BY_LAW, not_intact_if=("TAG_REMOVED", "STAINED"))
EUROPEAN = replace(BY_LAW, survives_use=True)
UNTOLD = replace(EUROPEAN, use_is_free=True)
STRICT = replace(
    policy(),
    conditions=tuple(
        replace(c, acceptance=Acceptance.REJECTED, deduction_percent=60)
        if c.grade is Grade.D
        else c
        for c in policy().conditions
    ),
)


@pytest.mark.parametrize(
    ("terms", "grade", "acceptance", "percent"),
    [
        (None, Grade.D, Acceptance.REJECTED, 60),
        (BY_LAW, Grade.D, Acceptance.REJECTED, 60),
        (EUROPEAN, Grade.D, Acceptance.PARTIALLY_ACCEPTED, 60),
        (UNTOLD, Grade.D, Acceptance.ACCEPTED, 0),
        (UNTOLD, Grade.C, Acceptance.ACCEPTED, 0),
        (EUROPEAN, Grade.X, Acceptance.REJECTED, 100),
        (UNTOLD, Grade.X, Acceptance.REJECTED, 100),
        (EUROPEAN, Grade.A, Acceptance.ACCEPTED, 0),
    ],
    ids=[
        "a promise alone",
        "a law that wants goods unused",
        "a law that leaves the right",
        "nobody told of it: damaged",
        "nobody told of it: used",
        "not the item",
        "nobody told, not the item",
        "as new",
    ],
)
def test_the_law_bounds_what_a_grade_may_do(
    terms: Terms | None, grade: Grade, acceptance: Acceptance, percent: int
) -> None:
    found = judge(STRICT, terms, finding(grade))

    assert (found.acceptance, found.deduction_percent) == (acceptance, percent)


def test_goods_that_are_not_intact_lose_the_right_that_wants_them_so() -> None:
    """By the law's own findings, however a merchant's scale grades them."""
    stained = replace(finding(Grade.B), checklist=("stained",))

    assert judge(policy(), CHINESE, stained).code == "X_NOT_INTACT"
    assert judge(policy(), EUROPEAN, stained).acceptance is Acceptance.ACCEPTED


def test_a_fault_that_is_not_the_customer_s_deducts_nothing() -> None:
    used = finding(Grade.C, fault=Fault.CARRIER)

    assert judge(policy(), BY_LAW, used).deduction_percent == 0


def test_both_results_are_stored_where_the_law_changed_one() -> None:
    """What the scale says stands beside what counts; the goods go where they belong."""
    ret = received()
    lines = tuple(
        replace(line, decision=replace(line.decision, terms=CHINESE)) for line in ret.lines
    )
    stained = replace(finding(Grade.B), checklist=("TAG_REMOVED",))

    after, facts = grade_lot(replace(ret, lines=lines), "shoes/1", stained)

    told: dict[str, Any] = dict(facts[0].data)
    assert (told["law"], told["acceptance"]) == ("X_NOT_INTACT", "REJECTED")
    assert told["scale"] == {"acceptance": "ACCEPTED", "deduction_percent": 0}
    assert after.lot("shoes/1").state is LotState.DISPUTE_WINDOW
    assert after.lot("shoes/1").disposition is Disposition.RETURN_TO_CUSTOMER
