"""Scans into the table, and what of them a return has to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain.tracking import Milestone, Reached, Scan, milestones
from storage.tracking import Tracking


async def take_scans(
    tracking: Tracking, tenant_id: str, tracking_code: str, scans: Sequence[Scan]
) -> tuple[tuple[Reached, ...], bool]:
    """Keep the scans that are new; return what all of them prove, and whether any of it is new."""
    before = milestones(await tracking.add_scans(tenant_id, tracking_code, ()))
    after = milestones(await tracking.add_scans(tenant_id, tracking_code, scans))
    # An earlier time of what was known already is news as well.
    return after, after != before


def unknown_to(delivery: dict[str, Any], proven: Sequence[Reached]) -> bool:
    """Say whether a return, by its projection, has not heard of something that is proven.

    An earlier time of what it knows is news: it is evidence.
    """
    trouble, arrived = delivery.get("trouble"), delivery["delivered_at"] is not None
    known_since = {
        Milestone.FIRST_SCAN: delivery["first_scan_at"],
        Milestone.DELIVERED: delivery["delivered_at"],
    }
    is_known = {
        Milestone.RETURNED_TO_SENDER: arrived or trouble == "RETURNED_TO_SENDER",
        Milestone.EXCEPTION: arrived or trouble is not None,
    }
    return any(
        not is_known[news.milestone]
        if news.milestone in is_known
        else _is_sooner(news, known_since[news.milestone])
        for news in proven
    )


def _is_sooner(news: Reached, known: str | None) -> bool:
    return known is None or news.occurred_at < datetime.fromisoformat(known)
