"""A bank and we together give back no more than was paid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.covering import covered_minor

MINOR = st.integers(min_value=0, max_value=10**9)
POSITIVE = st.integers(min_value=1, max_value=10**9)


@given(captured=MINOR, before=MINOR, lost=MINOR, amount=POSITIVE)
def test_together_they_give_back_no_more_than_was_captured(
    captured: int, before: int, lost: int, amount: int
) -> None:
    """Whatever went back before and by the bank, we add nothing above what was captured."""
    sent = amount - covered_minor(amount, left_minor=captured - before, lost_minor=lost)

    assert 0 <= sent <= amount
    assert before + lost + sent <= max(captured, before + lost)


@given(captured=MINOR, before=MINOR, lost=MINOR, amount=POSITIVE)
def test_nothing_that_fits_is_kept_from_the_customer(
    captured: int, before: int, lost: int, amount: int
) -> None:
    """All that the tender still has is sent, up to what is owed."""
    sent = amount - covered_minor(amount, left_minor=captured - before, lost_minor=lost)

    assert sent == min(amount, max(captured - before - lost, 0))


@given(
    captured=MINOR, lost=MINOR, amounts=st.lists(POSITIVE, min_size=1, max_size=6), data=st.data()
)
def test_the_order_of_refunds_does_not_change_what_is_sent(
    captured: int, lost: int, amounts: list[int], data: st.DataObject
) -> None:
    """Several returns of one payment: together they get the same, whichever comes first."""

    def sent(each: list[int]) -> int:
        before = 0
        for amount in each:
            left = captured - before
            before += amount - covered_minor(amount, left_minor=left, lost_minor=lost)
        return before

    assert sent(amounts) == sent(data.draw(st.permutations(amounts)))


@pytest.mark.parametrize(
    ("left", "lost", "covered"),
    [(10_000, 10_000, 4_000), (10_000, 0, 0), (10_000, 7_000, 1_000), (-50, 0, 4_000)],
    ids=["all lost", "nothing lost", "lost in part", "more went back than was paid"],
)
def test_a_refund_of_forty(left: int, lost: int, covered: int) -> None:
    """Worked by hand."""
    assert covered_minor(4_000, left_minor=left, lost_minor=lost) == covered
