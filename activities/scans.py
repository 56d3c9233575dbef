"""Scans into the table, and what of them a return has to be told."""

from collections.abc import Sequence
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
    """Say whether a return, by its projection, has not heard of something that is proven."""
    trouble, arrived = delivery.get("trouble"), delivery["delivered_at"] is not None
    known = {
        Milestone.FIRST_SCAN: delivery["first_scan_at"] is not None,
        Milestone.DELIVERED: arrived,
        Milestone.RETURNED_TO_SENDER: arrived or trouble == "RETURNED_TO_SENDER",
        Milestone.EXCEPTION: arrived or trouble is not None,
    }
    return any(not known[news.milestone] for news in proven)
