"""Returns whose value goes out before their goods, stage by stage, through the domain alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.grading import grade_lot
from domain.inspection import Grade
from domain.intents import Intent
from domain.orders import HoldMethod
from domain.receiving import receive
from domain.recovering import not_returned, resolve
from domain.replacing import ordering_early, replacement_news, replacement_ordered
from domain.requests import RequestedLine
from domain.returns import Replacement, Return
from domain.securing import captured, not_renewed, placed, placing, to_renew
from domain.settling import charge_given_back, intent_changed
from tests.support.builders import after, exchange, finding, granted, receipt, settled
from tests.support.releasing import releasing

LOT = "shoes/1"
ENDS = after(days=7)
"""When the provider lets go of the held money."""


def told_paid(ret: Return) -> Return:
    return intent_changed(
        ret, "i1-t1", state="succeeded", refund_ref="re", failure=None, at=after(days=5)
    )[0]


def paid_early(**terms: Any) -> Return:
    """One pair whose money went out at the approval and arrived."""
    one = RequestedLine("shoes", 1)
    return told_paid(settled(granted(one, under=releasing(refund="approval", **terms))))


def unpaid_recovery() -> Return:
    """Its goods stayed away, and the money is due back."""
    return not_returned(paid_early(), LOT, "deadline", at=after(days=16))[0]


def charged() -> Return:
    """A person charged it by consent."""
    return resolve(
        unpaid_recovery(), LOT, "charged", reason="agreed", proof="invoice 7", at=after(days=17)
    )[0]


def unsecured() -> Return:
    """One pair to be exchanged at once, as soon as money is held for it."""
    terms = releasing(replacement="approval", hold="required", recovery="capture_hold")
    ret = granted(exchange(quantity=1), under=terms)
    return replace(ret, hold_method=HoldMethod("pm_1", "cus_1"))


def secured(ret: Return | None = None) -> Return:
    begun = placing(ret or unsecured(), LOT, at=after(hours=1))
    return placed(begun, LOT, expires_at=ENDS, renew_at=ENDS - timedelta(days=1))[0]


def ordered_early(ret: Return | None = None) -> Return:
    """The replacement is ordered, and has not left yet."""
    asked = ordering_early(ret or secured(), LOT)
    replacement = Replacement("ref-1", "SHOES-42")
    return replacement_ordered(asked, LOT, replacement, at=after(hours=2))[0]


def shipped_early(ret: Return | None = None, status: str = "shipped") -> Return:
    """The replacement has left: the time for the goods runs."""
    return replacement_news(
        ret or ordered_early(), "ref-1", status, tracking_code="EZ-new", at=after(days=1)
    )[0]


def delivered_early() -> Return:
    return shipped_early(status="delivered")


def renewing() -> Return:
    return to_renew(delivered_early(), LOT)


def lapsing() -> Return:
    """The provider would not hold the money once more."""
    return not_renewed(renewing(), LOT, "card_declined")[0]


def to_capture() -> Return:
    """The goods stayed away, and the hold is to be taken."""
    return not_returned(delivered_early(), LOT, "deadline", at=after(days=12))[0]


def taken(ret: Return | None = None) -> Return:
    due = ret or to_capture()
    advance = due.lot(LOT).advance
    assert advance is not None
    assert advance.recovery is not None
    return captured(due, LOT, advance.recovery.due_minor)[0]


def arrived(ret: Return, *, at: datetime | None = None) -> Return:
    """The goods come, whatever was charged for them."""
    return receive(ret, receipt({"SHOES": 1}, at=at or after(days=13)))[0]


def judged(ret: Return, found: Grade = Grade.A, *, at: datetime | None = None) -> Return:
    """The goods come and are graded."""
    return grade_lot(arrived(ret, at=at), LOT, finding(found, at=at or after(days=13)))[0]


def sealed_back(ret: Return) -> Return:
    """What a hold took is sealed to be given back."""
    recovery = (ret.lot(LOT).advance or secured().lot(LOT).advance).recovery  # type: ignore[union-attr]  # it was captured
    assert recovery is not None
    back = Intent("back", "hold/h1", "pi_h", recovery.to_give_back_minor, "planned")
    return charge_given_back(ret, LOT, back, at=after(days=14))[0]
