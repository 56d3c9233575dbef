"""A closed return goes on: a refund of it came back, or somebody asked for it (domain.md §5.5)."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from domain.codes import RefusedError
from domain.events import Fact
from domain.lifecycle import TERMINAL_HEADLINES, Headline
from domain.returns import Change, Return
from domain.settling import intent_changed

REFUND_FAILED = "refund_failed"
ASKED = "asked"


def reopen(ret: Return, *, why: str, at: datetime) -> Change:
    """Open the return again; where nothing is left to do it completes anew, with a new window.

    ``why`` is :data:`REFUND_FAILED` or :data:`ASKED`.

    Raises:
        RefusedError: it is not closed.
    """
    check_closed(ret.headline)
    after = replace(ret, closed=False, completed_at=None, reopened_at=at)
    return after, (Fact("return.reopened", {"why": why}),)


def refund_told(
    ret: Return,
    intent_id: str,
    *,
    state: str,
    refund_ref: str | None,
    failure: str | None,
    at: datetime,
) -> Change:
    """Take in news of one refund; a closed return whose refund came back goes on for it.

    Its run may not have ended yet: what is owed again must not end with it.
    """
    news = partial(
        intent_changed,
        intent_id=intent_id,
        state=state,
        refund_ref=refund_ref,
        failure=failure,
        at=at,
    )
    after, facts = news(ret)
    if not ret.closed or all(fact.type != "refund.reversed" for fact in facts):
        return after, facts
    opened, reopened = reopen(ret, why=REFUND_FAILED, at=at)
    after, facts = news(opened)
    return after, (*reopened, *facts)


def check_closed(headline: str) -> None:
    """Raise unless a return of this headline can be reopened; one that had no effect is over."""
    if headline == Headline.CLOSED:
        return
    code = "return_closed" if headline in TERMINAL_HEADLINES else "command_not_allowed"
    raise RefusedError(code, f"the return is {headline}, not CLOSED")
