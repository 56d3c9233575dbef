"""What becomes of value that went out early and whose goods stay away."""

from domain.deadlines import pass_deadlines
from domain.recovering import recovery_of
from domain.recovery import RecoveryState
from domain.requests import RequestedLine
from domain.returns import Return
from domain.settling import intent_changed
from tests.support.advancing import LOT
from tests.support.builders import after, granted, settled
from tests.support.releasing import releasing


def covered_early() -> Return:
    """One pair to be paid at the approval, whose customer had the money from the bank instead."""
    ret = settled(granted(RequestedLine("shoes", 1), under=releasing(refund="approval")))
    amount = ret.settlements[0].intents[0].amount_minor
    return intent_changed(
        ret,
        "i1-t1",
        state="covered",
        refund_ref=None,
        failure=None,
        covered_minor=amount,
        at=after(days=5),
    )[0]


def test_value_that_the_bank_gave_back_is_due_as_any_other() -> None:
    """The customer has it, by whatever way: the goods stayed away, and somebody decides."""
    ret = pass_deadlines(covered_early(), at=after(days=400))[0]

    recovery = recovery_of(ret.lot(LOT))

    assert recovery is not None
    assert (recovery.state, recovery.due_minor) == (RecoveryState.DUE, recovery.value_minor)
