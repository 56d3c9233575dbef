"""When a refund is due by what a right says and by what has happened to the goods."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.decisions import Terms
from domain.law.schema import Due, DueFrom, Start


@dataclass(frozen=True, slots=True)
class Events:
    """What dates count from; ``None`` until it happened.

    ``back_at`` is when the goods arrived, or were known never to come; ``proven_at`` when it was
    proven that they were sent. ``time_zone`` is that of the delivery address, whose days count.
    """

    time_zone: str
    noticed_at: datetime
    agreed_at: datetime
    back_at: datetime | None
    proven_at: datetime | None

    @property
    def sent_at(self) -> datetime | None:
        return min((at for at in (self.back_at, self.proven_at) if at is not None), default=None)

    def day(self, event: DueFrom) -> date | None:
        at = {
            DueFrom.NOTICE: self.noticed_at,
            DueFrom.AGREED: self.agreed_at,
            DueFrom.RECEIVED: self.back_at,
            DueFrom.RECEIVED_OR_PROOF: self.sent_at,
        }[event]
        return at.astimezone(ZoneInfo(self.time_zone)).date() if at is not None else None


def due_on(terms: Terms, events: Events) -> date | None:
    """Return the earliest last local day of all that grants; ``None`` while none is known."""
    days = [_day(due, terms, events) for due in terms.dues]
    sent_on = events.day(DueFrom.RECEIVED_OR_PROOF)
    if terms.refund_due_days is not None and sent_on is not None:
        days.append(sent_on + timedelta(days=terms.refund_due_days))
    return min((day for day in days if day is not None), default=None)


def limit_on(terms: Terms, events: Events) -> date | None:
    """Return the last day before the law's own consequences; ``None`` where it names none."""
    return _day(terms.hard_limit, terms, events) if terms.hard_limit is not None else None


def _day(due: Due, terms: Terms, events: Events) -> date | None:
    collected = terms.collection_offered and due.if_collected is not None
    event = due.if_collected if collected and due.if_collected else due.counts_from
    day = events.day(event)
    if day is None:
        return None
    day += timedelta(days=due.days if due.start is Start.NEXT_DAY else due.days - 1)
    if not due.withhold or collected:
        return day
    sent_on = events.day(DueFrom.RECEIVED_OR_PROOF)
    return max(day, sent_on) if sent_on is not None else None
