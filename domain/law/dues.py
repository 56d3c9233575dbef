"""Until when a refund is due by one rule, by what has happened to the goods (policy.md §3.4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.law.schema import Due, DueFrom, DueKind, Start
from domain.law.windows import local_day


@dataclass(frozen=True, slots=True)
class Events:
    """What dates count from; ``None`` until it happened.

    ``back_at`` is when the goods arrived, or were known never to come; ``proven_at`` when it was
    proven that they were sent. ``time_zone`` is that of the place whose days count.
    """

    time_zone: str
    noticed_at: datetime
    agreed_at: datetime
    back_at: datetime | None
    proven_at: datetime | None

    def day(self, event: DueFrom) -> date | None:
        at = {
            DueFrom.NOTICE: self.noticed_at,
            DueFrom.AGREED: self.agreed_at,
            DueFrom.RECEIVED: self.back_at,
            DueFrom.RECEIVED_OR_PROOF: min(
                (at for at in (self.back_at, self.proven_at) if at is not None), default=None
            ),
        }[event]
        return local_day(at, self.time_zone) if at is not None else None


NOT_WITHHELD = "T_NO_WITHHOLDING_COLLECTION_OFFERED"


@dataclass(frozen=True, slots=True)
class DueDate:
    """``on`` is the last local day; ``None`` while its event has not happened."""

    on: date | None
    kind: DueKind
    code: str | None = None


def due_date(due: Due, events: Events, *, collected: bool) -> DueDate:
    """Return the date of one rule. ``collected``: the seller offered to fetch the goods."""
    if collected and due.if_collected is not None:
        on = _after(due, events.day(due.if_collected))
        return DueDate(on, due.kind, NOT_WITHHELD)
    on = _after(due, events.day(due.counts_from))
    if not due.withhold or on is None:
        return DueDate(on, due.kind)
    sent_on = events.day(DueFrom.RECEIVED_OR_PROOF)
    if sent_on is None:
        return DueDate(None, due.kind)
    code = "T_WITHHOLD_UNTIL_GOODS_OR_PROOF" if sent_on > on else None
    return DueDate(max(on, sent_on), due.kind, code)


def _after(due: Due, day: date | None) -> date | None:
    if day is None:
        return None
    return day + timedelta(days=due.days if due.start is Start.NEXT_DAY else due.days - 1)
