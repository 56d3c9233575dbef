"""Telling early that a review is late: at stated parts of the time for it (edge 20)."""

from dataclasses import replace
from datetime import timedelta

from domain.events import Fact
from domain.returns import Change, Return
from domain.review import NOT_REVIEWED


def next_warning(ret: Return) -> int | None:
    """Return the next percent of a review's time at which its owner is told, if one is left."""
    warned = (ret.review or NOT_REVIEWED).warned
    return next((percent for percent in ret.policy.review.warnings if percent not in warned), None)


def warned_after(lasts: timedelta, percent: int) -> timedelta:
    return lasts * percent / 100


def warn(ret: Return, code: str, wait: str) -> Change:
    """Tell that a part of the time is over, once each; the decision stays whose it was.

    Args:
        code: Of the wait that ends soon, and ``wait`` its key.
    """
    review, percent = ret.review or NOT_REVIEWED, next_warning(ret)
    if percent is None:
        raise ValueError("no warning is left")
    told = Fact("sla.warned", {"clock": code, "wait": wait, "percent": percent})
    return replace(ret, review=replace(review, warned=(*review.warned, percent))), (told,)
