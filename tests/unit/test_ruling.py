"""A person rules on a refund that may or may not have been paid."""

import pytest

from domain.allowed import allowed_commands
from domain.codes import RefusedError
from domain.intents import Ruling
from domain.returns import Return
from domain.ruling import check_ruling, rule, unknown_refunds
from domain.settling import intent_changed
from tests.support.builders import NOW, graded, settled


def told(ret: Return, state: str) -> Return:
    return intent_changed(ret, "i1-t1", state=state, refund_ref=None, failure=None, at=NOW)[0]


def nobody_knows() -> Return:
    return told(settled(graded()), "unknown")


@pytest.mark.parametrize(
    ("ruling", "field"),
    [(Ruling(paid=True), "refund_ref"), (Ruling(paid=False, refund_ref="re_1"), "refund_ref")],
)
def test_says_all_that_it_needs_to_and_no_more(ruling: Ruling, field: str) -> None:
    """What was paid has a name at the provider, and what was not has none."""
    with pytest.raises(RefusedError) as refused:
        check_ruling(nobody_knows(), "i1-t1", ruling)

    assert (refused.value.code, refused.value.field) == ("invalid_request", field)


def test_is_asked_for_while_nobody_knows() -> None:
    """Before and after that the command is not among those that move the return."""
    assert "reconcile-refund" not in allowed_commands(settled(graded()))
    assert "reconcile-refund" in allowed_commands(nobody_knows())
    assert "reconcile-refund" not in allowed_commands(told(nobody_knows(), "succeeded"))


def test_is_forgotten_once_the_end_is_known() -> None:
    """A refund that fails later is not ruled on by what was found before."""
    ruled, (fact,) = rule(nobody_knows(), "i1-t1", Ruling(paid=False), proof="report 7")

    (unknown,) = unknown_refunds(ruled)
    (known,) = told(ruled, "rejected").settlements[0].intents

    assert unknown.ruling == Ruling(paid=False)
    assert known.ruling is None
    assert fact.data["outcome"] == "not_paid"
