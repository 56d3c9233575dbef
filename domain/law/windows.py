"""Dates of a right: its last day, what moved it, and whether a request is in time (policy.md §3.4).

All are local dates of the place; the last day counts as a whole.
"""

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.law.facts import LineFacts, known
from domain.law.predicates import holds
from domain.law.schema import Anchor, Extension, Roll, Start, Window

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Span:
    """A window with its dates; ``last_day`` includes every extension.

    ``rolled_from`` is the day that was no working day. ``plain_end`` is the last day without the
    extensions by months, ``plain_rolled_from`` what that was rolled from, and ``code`` the one for
    who is in time through extensions alone. After the last day and up to ``unclear_until`` the law
    leaves open whether a request is in time.
    """

    anchored_on: date
    last_day: date
    unclear_until: date
    plain_end: date
    rolled_from: date | None = None
    plain_rolled_from: date | None = None
    code: str | None = None


def local_day(at: datetime, time_zone: str) -> date:
    return at.astimezone(ZoneInfo(time_zone)).date()


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def next_working_day(day: date, closed: Collection[date]) -> date:
    """Return the first day from this one on that is neither weekend nor holiday."""
    while day.weekday() >= _SATURDAY or day in closed:
        day += timedelta(days=1)
    return day


def requested_on(facts: LineFacts) -> date:
    return local_day(facts.requested_at, facts.time_zone)


def anchor_day(anchor: Anchor, facts: LineFacts) -> date:
    """Return the local day that a window counts from.

    Raises:
        MissingFactError: the goods were not delivered, as far as anybody knows.
    """
    if anchor is Anchor.PURCHASE:
        return local_day(facts.contract_at, facts.time_zone)
    if anchor is Anchor.DISCOVERED:
        return local_day(facts.discovered_at or facts.requested_at, facts.time_zone)
    came = known(facts.delivered_at, "delivery.delivered_at")
    later = {Anchor.LAST_DELIVERED: facts.last_delivered_at, Anchor.INSTALLED: facts.installed_at}
    return local_day(max(came, later.get(anchor) or came), facts.time_zone)


def span(window: Window, facts: LineFacts) -> Span:
    """Return the dates of a window for these facts.

    Raises:
        MissingFactError: its anchor, or a fact that would extend it, is not known.
    """
    anchored_on = anchor_day(window.anchor, facts)
    plain = _plain_end(window, anchored_on, facts)
    for extension in window.extend:
        if extension.by_repair_days and holds(extension.when, facts):
            plain += timedelta(days=facts.history.repair_days)
    end, code = plain, None
    for extension in window.extend:
        if extension.months and holds(extension.when, facts):
            end, code = max(end, _longer(plain, extension, facts)), extension.code
    rolled_end, rolled_plain = (_rolled(window, day, facts) for day in (end, plain))
    is_unclear = window.roll is Roll.UNCLEAR
    return Span(
        anchored_on=anchored_on,
        last_day=rolled_end,
        unclear_until=next_working_day(end, facts.closed_days) if is_unclear else rolled_end,
        plain_end=rolled_plain,
        rolled_from=end if rolled_end != end else None,
        plain_rolled_from=plain if rolled_plain != plain else None,
        code=code,
    )


def _longer(plain: date, extension: Extension, facts: LineFacts) -> date:
    """Return the end that an extension by months gives; who was told after all has days from then.

    Source: Directive 2011/83/EU, Article 10(2).
    """
    longest, told_at = add_months(plain, extension.months), facts.disclosures.withdrawal_informed_at
    if extension.days_once_told is None or told_at is None:
        return longest
    told_on = local_day(told_at, facts.time_zone)
    return min(longest, told_on + timedelta(days=extension.days_once_told))


def _rolled(window: Window, day: date, facts: LineFacts) -> date:
    if window.roll is not Roll.NEXT_WORKING_DAY:
        return day
    return next_working_day(day, facts.closed_days)


def _plain_end(window: Window, anchored_on: date, facts: LineFacts) -> date:
    if window.days is not None:
        first_is_next = window.start is Start.NEXT_DAY
        return anchored_on + timedelta(days=window.days if first_is_next else window.days - 1)
    if window.validity_of_goods:
        return add_months(anchored_on, known(facts.sanbao, "item.sanbao").validity_months)
    return add_months(anchored_on, window.months or 0)
