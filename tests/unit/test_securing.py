"""What may be held for a lot, and what a late answer about a hold leads to."""

from dataclasses import replace

from domain.orders import HoldMethod
from domain.recovering import recovery_of
from domain.recovery import RecoveryState
from domain.securing import captured, method_for, placing, released
from domain.transport import check_withdrawal, withdraw
from domain.work import WorkKind, due_work
from tests.support.advancing import LOT, judged, secured, to_capture, unsecured
from tests.support.builders import after, exchange, granted
from tests.support.releasing import releasing


def test_one_approved_authorization_secures_one_lot() -> None:
    """PayPal's is of one amount: held for a second lot as well, it would answer for neither."""
    terms = releasing(replacement="approval", hold="required", recovery="capture_hold")
    paypal = replace(granted(exchange(), under=terms), hold_method=HoldMethod("AUTH-1"))
    card = replace(paypal, hold_method=HoldMethod("pm_1", "cus_1"))

    first = placing(paypal, LOT, at=after(hours=1))

    assert method_for(first, LOT) == HoldMethod("AUTH-1")
    assert method_for(first, "shoes/2") is None
    assert method_for(placing(card, LOT, at=after(hours=1)), "shoes/2") == card.hold_method


def test_a_withdrawal_lets_a_hold_go_that_is_being_placed() -> None:
    """The replacement was not asked for yet: the request is taken back, the money released."""
    held = placing(unsecured(), LOT, at=after(hours=1))
    check_withdrawal(held)

    ret = withdraw(held, at=after(hours=1))[0]
    done = released(ret, LOT)[0]

    assert WorkKind.VOID in [work.kind for work in due_work(ret)]
    assert WorkKind.VOID not in [work.kind for work in due_work(done)]


def test_a_capture_that_the_goods_overtook_is_given_back() -> None:
    """The hold was being taken when the goods were accepted: what it took goes back."""
    overtaken = judged(to_capture())

    ret = captured(overtaken, LOT, 4060 // 3)[0]

    recovery = recovery_of(ret.lot(LOT))
    assert recovery is not None
    assert (recovery.state, recovery.to_give_back_minor) == (RecoveryState.COLLECTED, 4060 // 3)
    assert [work.kind for work in due_work(ret) if work.subject == LOT] == [WorkKind.GIVE_BACK]


def test_money_is_held_before_anything_is_ordered() -> None:
    """First the hold, then the replacement, never both at once."""
    assert [w.kind for w in due_work(unsecured())] == [WorkKind.HOLD]
    assert [w.kind for w in due_work(secured())] == [WorkKind.REPLACE]
