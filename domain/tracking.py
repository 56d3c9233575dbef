"""Carrier scans, in any order and any number of times, become one parcel history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Milestone(StrEnum):
    """The scans a return acts on, in their order of travel; the rest stays in the scan table."""

    FIRST_SCAN = "first_scan"
    DELIVERED = "delivered"
    RETURNED_TO_SENDER = "returned_to_sender"
    EXCEPTION = "exception"


class ScanStatus(StrEnum):
    """Carrier-neutral scan kinds; adapters translate their vendor's words into these."""

    LABEL_CREATED = "label_created"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    RETURNED_TO_SENDER = "returned_to_sender"
    EXCEPTION = "exception"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scan:
    """One carrier event; ``occurred_at`` is the carrier's own aware time: evidence, no deadline."""

    status: ScanStatus
    occurred_at: datetime
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    milestone: Milestone
    occurred_at: datetime


CODE_IS_OF_ONE_PARCEL = timedelta(days=30)
"""Carriers give codes out again: what is so long before a parcel is of the one before it."""
HANDED_OVER = frozenset(
    {
        ScanStatus.ACCEPTED,
        ScanStatus.IN_TRANSIT,
        ScanStatus.OUT_FOR_DELIVERY,
        ScanStatus.AVAILABLE_FOR_PICKUP,
        ScanStatus.DELIVERED,
        ScanStatus.RETURNED_TO_SENDER,
    }
)
_ENDS = {
    ScanStatus.DELIVERED: Milestone.DELIVERED,
    ScanStatus.RETURNED_TO_SENDER: Milestone.RETURNED_TO_SENDER,
    ScanStatus.EXCEPTION: Milestone.EXCEPTION,
}


def milestones(scans: Iterable[Scan]) -> tuple[Reached, ...]:
    """Return each milestone the scans prove, once, with the earliest time it was seen.

    Order and repetition of ``scans`` change nothing. Any scan beyond the label proves the first
    scan, so a delivery whose earlier scans were lost still counts as handed over.
    """
    earliest: dict[Milestone, datetime] = {}
    for scan in scans:
        reached = [Milestone.FIRST_SCAN] if scan.status in HANDED_OVER else []
        if scan.status in _ENDS:
            reached.append(_ENDS[scan.status])
        for milestone in reached:
            if milestone not in earliest or scan.occurred_at < earliest[milestone]:
                earliest[milestone] = scan.occurred_at
    return _in_order(earliest)


def told_as(proven: Iterable[Reached]) -> tuple[str, ...]:
    """Name what is told by milestones: an earlier time of one is another message."""
    return tuple(f"{one.milestone}@{one.occurred_at.isoformat()}" for one in proven)


def merged(some: Iterable[Reached], more: Iterable[Reached]) -> tuple[Reached, ...]:
    """Return each milestone of both, once, with its earliest time."""
    earliest: dict[Milestone, datetime] = {}
    for news in (*some, *more):
        known = earliest.get(news.milestone, news.occurred_at)
        earliest[news.milestone] = min(known, news.occurred_at)
    return _in_order(earliest)


def _in_order(earliest: Mapping[Milestone, datetime]) -> tuple[Reached, ...]:
    return tuple(Reached(m, earliest[m]) for m in Milestone if m in earliest)
