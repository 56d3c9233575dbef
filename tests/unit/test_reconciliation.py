"""Our refunds beside the provider's: what agrees, what is adopted, what a person has to see."""

import pytest

from domain.money import Money
from domain.reconciliation import Kept, Shown, Verdict, compare_shown, missing

TEN = Money(1000, "EUR")


def shown(state: str = "succeeded", *, ref: str = "re_1", intent: str | None = "i1") -> Shown:
    return Shown(ref, TEN, state, intent)


def kept(state: str = "succeeded", *, ref: str | None = "re_1", amount: Money = TEN) -> Kept:
    return Kept("i1", "r1", amount, state, ref)


@pytest.mark.parametrize(
    ("there", "here", "verdict"),
    [
        (shown(), kept(), Verdict.AGREES),
        (shown("pending"), kept("pending"), Verdict.AGREES),
        (shown(), kept("pending"), Verdict.ADOPTED),
        (shown("rejected"), kept(), Verdict.ADOPTED),
        (shown(), kept("unknown", ref=None), Verdict.ADOPTED),
        (shown(), kept("sending", ref=None), Verdict.ADOPTED),
        (shown("rejected"), kept("sending", ref=None), Verdict.AGREES),
        (shown("rejected", ref="re_0"), kept(), Verdict.AGREES),
        (shown(ref="re_0"), kept(), Verdict.PAID_TWICE),
        (shown("pending", ref="re_0"), kept("sending"), Verdict.PAID_TWICE),
        (shown(ref="re_0"), kept("rejected"), Verdict.ADOPTED),
        (shown(), kept(amount=Money(999, "EUR")), Verdict.OTHER_AMOUNT),
        (shown(), kept(amount=Money(1000, "USD")), Verdict.OTHER_AMOUNT),
        (shown(), None, Verdict.STRANGER),
        (shown(intent=None), None, Verdict.MADE_PAST_US),
    ],
)
def test_a_refund_that_the_provider_shows(
    there: Shown, here: Kept | None, verdict: Verdict
) -> None:
    """Its word counts where it knows more; what fits nothing of ours is for a person."""
    assert compare_shown(there, here).verdict is verdict


@pytest.mark.parametrize(
    ("state", "is_missing"),
    [("succeeded", True), ("pending", True), ("sending", False), ("unknown", False)],
)
def test_a_refund_that_the_provider_does_not_show(state: str, is_missing: bool) -> None:
    """Only what we call paid, or under way, has to be there."""
    assert bool(missing([kept(state)], {})) == is_missing
    assert missing([kept(state)], {"re_1": shown()}) == ()


def test_only_what_differs_for_good_needs_a_person() -> None:
    """What the provider could tell us is no work for anybody."""
    found = [compare_shown(shown(), kept(state)) for state in ("succeeded", "pending")]

    assert [one.needs_a_person for one in found] == [False, False]
    assert compare_shown(shown("rejected"), kept()).needs_a_person
    assert compare_shown(shown(), None).needs_a_person
