"""When a refund is due by what a right says and by what has happened to the goods."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.decisions import Terms
from domain.law.schema import Due, DueFrom, Start


def due_on(
    terms: Terms,
    *,
    time_zone: str,
    noticed_at: datetime,
    agreed_at: datetime,
    back_at: datetime | None,
    proven_at: datetime | None,
) -> date | None:
    """Return the earliest last local day of everything that grants; ``None`` while none is known.

    Args:
        terms: What the line's right means for money.
        time_zone: The zone of the delivery address.
        noticed_at: When the return was asked for.
        agreed_at: When it was granted.
        back_at: When the goods arrived, or were known never to come.
        proven_at: When it was proven that they were sent.
    """
    zone = ZoneInfo(time_zone)
    sent = min((at for at in (back_at, proven_at) if at is not None), default=None)
    events = {
        DueFrom.NOTICE: noticed_at,
        DueFrom.AGREED: agreed_at,
        DueFrom.RECEIVED: back_at,
        DueFrom.RECEIVED_OR_PROOF: sent,
    }
    days = [_day(due, terms, events, zone) for due in terms.dues]
    if terms.refund_due_days is not None and sent is not None:
        days.append(sent.astimezone(zone).date() + timedelta(days=terms.refund_due_days))
    return min((day for day in days if day is not None), default=None)


def _day(
    due: Due, terms: Terms, events: dict[DueFrom, datetime | None], zone: ZoneInfo
) -> date | None:
    collected = terms.collection_offered and due.if_collected is not None
    event = due.if_collected if collected and due.if_collected else due.counts_from
    at, sent = events[event], events[DueFrom.RECEIVED_OR_PROOF]
    if at is None or (due.withhold and not collected and sent is None):
        return None
    day = at.astimezone(zone).date()
    day += timedelta(days=due.days if due.start is Start.NEXT_DAY else due.days - 1)
    waits = due.withhold and not collected and sent is not None
    return max(day, sent.astimezone(zone).date()) if waits and sent is not None else day
