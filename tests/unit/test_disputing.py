"""A customer is told that money waits for their bank where money waits, and nowhere else."""

from collections.abc import Callable

import pytest

from domain.chargebacks import Chargeback
from domain.disputing import told
from domain.events import Event
from domain.notices import notices_for
from domain.returns import Return
from domain.settling import intent_changed
from domain.view import document
from tests.support.builders import NOW, after, exchange, graded, granted, settled


def paid() -> Return:
    ret = settled(graded())
    return intent_changed(
        ret, "i1-t1", state="succeeded", refund_ref="re", failure=None, at=after(days=6)
    )[0]


def seen(ret: Return) -> tuple[bool, list[str]]:
    """What the customer is shown and written once a bank took the payment back."""
    opened = Chargeback("du_1", "t1", 1_000, "open", "fraudulent", after(days=7))
    ret, facts = told(ret, opened)
    events = [Event(n, fact.type, NOW, "x", data=fact.data) for n, fact in enumerate(facts, 1)]
    return bool(document(ret)["on_hold"]), [notice.kind for notice in notices_for(ret, events)]


@pytest.mark.parametrize(
    "stage", [granted, graded, lambda: settled(graded())], ids=["granted", "graded", "sealed"]
)
def test_money_that_is_still_to_be_paid_is_on_hold(stage: Callable[[], Return]) -> None:
    assert seen(stage()) == (True, ["refund_on_hold"])


@pytest.mark.parametrize("stage", [paid, lambda: granted(exchange())], ids=["paid", "exchange"])
def test_what_owes_no_money_is_not_on_hold(stage: Callable[[], Return]) -> None:
    """All is paid back, or goods are sent instead: a notice would be false."""
    assert seen(stage()) == (False, [])
