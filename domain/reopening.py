"""A closed return goes on: a refund of it came back, or somebody asked for it (domain.md §5.5)."""

from dataclasses import replace
from datetime import datetime

from domain.codes import RefusedError
from domain.events import Fact
from domain.lifecycle import TERMINAL_HEADLINES, Headline
from domain.returns import Change, Return

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


def check_closed(headline: str) -> None:
    """Raise unless a return of this headline can be reopened; one that had no effect is over."""
    if headline == Headline.CLOSED:
        return
    code = "return_closed" if headline in TERMINAL_HEADLINES else "command_not_allowed"
    raise RefusedError(code, f"the return is {headline}, not CLOSED")
