"""When a return's refund is due, by every right that grants it."""

from datetime import date, timedelta

from domain.decisions import Terms
from domain.handover import sent_on
from domain.law.dues import Events, due_date
from domain.law.schema import DueFrom
from domain.returns import Lot, Return


def events_of(ret: Return, lot: Lot) -> Events:
    """Gather what a lot's refund dates count from.

    Goods that never come back do so when their carrier lost them, or when they might be kept.
    """
    received = {receipt.receipt_id: receipt.received_at for receipt in ret.receipts}
    back_at = received[lot.receipt_id] if lot.receipt_id is not None else None
    back_at = back_at or lot.lost_at or lot.kept_at
    return Events(ret.time_zone, ret.requested_at, ret.authorized_since, back_at, sent_on(ret))


def due_on(terms: Terms, events: Events) -> date | None:
    """Return the earliest last local day of all that grants; ``None`` while none is known."""
    collected = terms.collection_offered
    days = [due_date(due, events, collected=collected).on for due in terms.dues]
    sent_on = events.day(DueFrom.RECEIVED_OR_PROOF)
    if terms.refund_due_days is not None and sent_on is not None:
        days.append(sent_on + timedelta(days=terms.refund_due_days))
    return min((day for day in days if day is not None), default=None)


def limit_on(terms: Terms, events: Events) -> date | None:
    """Return the last day before the law's own consequences; ``None`` where it names none."""
    if terms.hard_limit is None:
        return None
    return due_date(terms.hard_limit, events, collected=terms.collection_offered).on
