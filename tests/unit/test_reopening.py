"""A return that is being closed does not end owing a refund that came back."""

from domain.events import Fact
from domain.reopening import REFUND_FAILED, refund_told
from domain.resolving import close, complete
from domain.returns import Return
from domain.work import due_work
from tests.support.builders import after, graded, settled


def told(ret: Return, state: str) -> tuple[Return, tuple[Fact, ...]]:
    return refund_told(
        ret, "i1-t1", state=state, refund_ref="re_1", failure=None, at=after(days=30)
    )


def closed() -> Return:
    paid, _ = told(settled(graded()), "succeeded")
    return close(complete(paid, at=after(days=8))[0])[0]


def test_a_refund_that_comes_back_opens_a_return_that_is_closing() -> None:
    """Its run still listens: without this it would end with money owed."""
    ret, facts = told(closed(), "rejected")

    assert not ret.closed
    assert (ret.completed_at, ret.reopened_at) == (None, after(days=30))
    assert [fact.type for fact in facts] == ["return.reopened", "refund.failed", "refund.reversed"]
    assert facts[0].data == {"why": REFUND_FAILED}
    assert "refund/i1-t1" in [work.key for work in due_work(ret)]


def test_what_is_no_news_leaves_it_closed() -> None:
    """A success that is told again, or a late word that it is on its way."""
    before = closed()

    assert told(before, "succeeded") == (before, ())
    assert told(before, "pending") == (before, ())


def test_one_that_is_open_is_not_reopened() -> None:
    paid, _ = told(settled(graded()), "succeeded")

    ret, facts = told(paid, "rejected")

    assert ret.reopened_at is None
    assert "return.reopened" not in [fact.type for fact in facts]
