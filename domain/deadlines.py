"""What happens when a wait reaches its deadline: a decision, the stated end, or an escalation."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from domain.asking_info import remind, unanswered
from domain.blockers import WAITS, Kind, Turn
from domain.events import Fact
from domain.grading import accept_rejection
from domain.label_dates import label_ran_out, remind_of_label
from domain.not_received import is_lost_by_now, not_received
from domain.offers import expire_offer
from domain.pickups import pickup_failed
from domain.receiving import give_up_missing
from domain.recovering import not_returned
from domain.releasing import is_given_lot_awaited
from domain.replacing import choose_resolution
from domain.resolving import close
from domain.returns import Change, Return
from domain.review_warnings import warn
from domain.reviewing import decided_by_clock
from domain.securing import to_renew
from domain.transport import expire
from domain.waiting import turn_of, waits
from domain.waiting_for.wait import Waiting


def pass_deadlines(ret: Return, *, at: datetime) -> Change:
    """Do what is due: every wait whose deadline is at or before ``at`` comes to its stated end.

    Parked work is not touched here: the workflow tries it again and moves its deadline. What the
    end of one wait ends with it (an expiry ends all) does not come to its own end any more.
    """
    facts: list[Fact] = []
    for wait in waits(ret):
        if wait.deadline > at or WAITS[wait.code].kind is Kind.PARKED or wait not in waits(ret):
            continue
        ret, more = _AT_DEADLINE.get(wait.code, _escalate)(ret, wait, at)
        facts += more
    return ret, tuple(facts)


def _escalate(ret: Return, wait: Waiting, at: datetime) -> Change:
    others = tuple(row for row in ret.overdue if row[0] != wait.key)
    late = replace(ret, overdue=(*others, (wait.key, at)))
    return late, (_breached(wait),)


def _breached(wait: Waiting) -> Fact:
    return Fact("sla.breached", {"clock": wait.code, "wait": wait.key})


def _clock_passed(ret: Return, wait: Waiting, at: datetime) -> Change:
    """Warn before the day is over, and say when it is."""
    if not wait.key.endswith("/warning"):
        return _escalate(ret, wait, at)
    told = Fact("sla.warned", {"clock": wait.code, "wait": wait.key, "percent": None})
    return replace(ret, overdue=(*ret.overdue, (wait.key, at))), (told,)


def _default_decision(ret: Return, _passed: Waiting, at: datetime) -> Change:
    approve = ret.policy.review_default == "APPROVE"
    reason = "nobody answered the review in time"
    return decided_by_clock(ret, approve=approve, reason=reason, at=at)


def _warn_of_review(ret: Return, passed: Waiting, _at: datetime) -> Change:
    key = passed.key.partition("/")[0]
    code = next(wait.code for wait in waits(ret) if wait.key == key)
    return warn(ret, code, key)


def _remind_of_question(ret: Return, _passed: Waiting, at: datetime) -> Change:
    return remind(ret, at=at)


def _unanswered(ret: Return, _passed: Waiting, at: datetime) -> Change:
    return unanswered(ret, at=at)


def _expire_offer(ret: Return, _passed: Waiting, at: datetime) -> Change:
    return expire_offer(ret, at=at)


def _miss_pickup(ret: Return, wait: Waiting, at: datetime) -> Change:
    return pickup_failed(ret, _delivery_of(wait), None, at=at)


def _remind_of_label(ret: Return, wait: Waiting, at: datetime) -> Change:
    return remind_of_label(ret, _delivery_of(wait), at=at)


def _label_ran_out(ret: Return, wait: Waiting, _at: datetime) -> Change:
    return label_ran_out(ret, _delivery_of(wait))


def _expire(ret: Return, passed: Waiting, at: datetime) -> Change:
    """Beside goods that are awaited still, whose label stays good, nothing ends."""
    if is_given_lot_awaited(ret):
        return _escalate(ret, passed, at)
    return expire(ret, at=at)


def _not_received(ret: Return, wait: Waiting, at: datetime) -> Change:
    delivery = ret.delivery(_delivery_of(wait))
    if is_lost_by_now(ret, delivery, at=at):
        return not_received(ret, delivery, at=at)
    return _escalate(ret, wait, at)


def _give_up(ret: Return, wait: Waiting, at: datetime) -> Change:
    return give_up_missing(ret, _lot_of(wait), at=at)


def _goods_stayed_away(ret: Return, wait: Waiting, at: datetime) -> Change:
    """What the customer does not have cannot be asked back: that is settled first."""
    lot = ret.lot(_lot_of(wait))
    settled = [s for s in ret.settlements if lot.lot_id in s.lot_ids]
    if not all(intent.is_settled for s in settled for intent in s.intents):
        return _escalate(ret, wait, at)
    return not_returned(ret, lot.lot_id, "deadline", at=at)


def _renew(ret: Return, wait: Waiting, _at: datetime) -> Change:
    lot_id = wait.key.removeprefix("lot/").rpartition("/hold/")[0]
    return to_renew(ret, lot_id), ()


def _no_objection(ret: Return, wait: Waiting, at: datetime) -> Change:
    return accept_rejection(ret, _lot_of(wait), at=at)


def _refund_instead(ret: Return, wait: Waiting, _at: datetime) -> Change:
    return choose_resolution(ret, _lot_of(wait)), (_breached(wait),)


def _delivery_of(wait: Waiting) -> str:
    """Return the delivery of a key ``delivery/<delivery id>/<wait>``."""
    return wait.key.split("/")[1]


def _lot_of(wait: Waiting) -> str:
    """Return the lot of a key ``lot/<lot id>/<wait>``; a lot id may hold slashes itself."""
    return wait.key.removeprefix("lot/").rpartition("/")[0]


def _close(ret: Return, _passed: Waiting, _at: datetime) -> Change:
    return close(ret)


_AT_DEADLINE: dict[str, Callable[[Return, Waiting, datetime], Change]] = {
    **{code: _clock_passed for code, kind in WAITS.items() if kind.turn is Turn.CLOCK},
    "awaiting_review": _default_decision,
    "awaiting_second_approval": _default_decision,
    "review_warning": _warn_of_review,
    "awaiting_info": _unanswered,
    "info_reminder": _remind_of_question,
    "offer_open": _expire_offer,
    "awaiting_pickup": _miss_pickup,
    "awaiting_handover": _expire,
    "label_expired": _expire,
    "label_valid": _remind_of_label,
    "label_running_out": _label_ran_out,
    "awaiting_receipt": _not_received,
    "delivered_not_received": _not_received,
    "awaiting_rest": _give_up,
    "awaiting_goods": _goods_stayed_away,
    "holding": _renew,
    "awaiting_dispute": _no_objection,
    "replacement_out_of_stock": _refund_instead,
    "awaiting_difference": _refund_instead,
    "awaiting_close": _close,
}


def extend(ret: Return, key: str, until: datetime) -> Return:
    """Move the deadline of one wait; the later of the old and the new one counts.

    Of parked work, whose wait is ``work/<work>``, it is when it is tried again: that may be sooner.
    """
    parked = tuple(
        replace(blocker, deadline=until) if f"work/{blocker.work}" == key else blocker
        for blocker in ret.blockers
    )
    if parked != ret.blockers:
        return replace(ret, blockers=parked)
    others = tuple(row for row in ret.extended if row[0] != key)
    return replace(ret, extended=(*others, (key, until)))


def give_time(ret: Return, *, until: datetime) -> tuple[Return, tuple[str, ...]]:
    """Let no wait come to its end before ``until``, and name those that would have.

    Parked work is tried again as it stands.
    """
    early = tuple(wait.key for wait in waits(ret) if wait.deadline < until and _may_be_moved(wait))
    for key in early:
        ret = extend(ret, key, until)
    return ret, early


def _may_be_moved(wait: Waiting) -> bool:
    """Parked work is tried again as it stands, and no date of a law or a promise moves."""
    return WAITS[wait.code].kind is not Kind.PARKED and turn_of(wait) is not Turn.CLOCK
