"""What a carrier's webhook leads to: read again, kept as scans, told to the return."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from domain.requests import HandoverMethod
from domain.tracking import Milestone, Scan, ScanStatus
from integrations.carriers.port import TrackingEvent
from integrations.directory import WebhookTarget
from runtime.news import News
from storage.tracking import Tracking
from tests.flow.test_carrier_rounds import everything_is_due, go_round
from tests.flow.test_handover import asked, until_delivery
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import scanned
from workflows.return_workflow import ReturnWorkflow

__all__ = ["everything_is_due"]


async def parcel(house: House) -> tuple[OpenReturn, str]:
    """A return whose parcel can be handed over, and its tracking code."""
    opened = await asked(house, HandoverMethod.DROP_OFF)
    delivery = await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    return opened, str(delivery["tracking_code"])


def is_scanned(house: House, code: str, status: str) -> None:
    house.sandbox.post(f"parcels/{code}/scans", {"scan_id": uuid.uuid4().hex, "status": status})


async def hear(house: House, code: str, event_id: str, *, again: bool = False) -> None:
    """Let a webhook say that there is news of a parcel."""
    (account,) = await house.needs.connections.carriers(TENANT)
    news = News(house.client, house.needs.database, task_queue=house.needs.task_queue)
    event = TrackingEvent(event_id, "tracker.updated", code, code)
    await news.tell(WebhookTarget(TENANT, "carrier", account.gateway), event, again=again)


async def told_late(opened: OpenReturn, code: str, *milestones: Milestone) -> datetime:
    """Let a return and its scan table know of scans some hours after they really were."""
    late = datetime.now(UTC) + timedelta(hours=5)
    moved, arrived = Scan(ScanStatus.IN_TRANSIT, late), Scan(ScanStatus.DELIVERED, late)
    scans = (moved, arrived) if Milestone.DELIVERED in milestones else (moved,)
    await Tracking(opened.house.needs.database).add_scans(TENANT, code, scans)
    news = scanned("d1", *milestones, at=late)
    await opened.handle.signal(ReturnWorkflow.carrier_milestones, news)
    return late


async def test_edge_39_a_webhook_that_is_told_again_tells_what_came_since(house: House) -> None:
    """The try that died told of the first scan; the delivery since is told, and told once."""
    opened, code = await parcel(house)
    is_scanned(house, code, "in_transit")
    await hear(house, code, "evt-1")
    is_scanned(house, code, "delivered")

    await hear(house, code, "evt-1", again=True)
    await hear(house, code, "evt-2")

    await until_delivery(opened, 1, state="DELIVERED")
    types = await opened.event_types()
    assert (types.count("delivery.first_scan"), types.count("delivery.delivered")) == (1, 1)


async def test_edge_39_an_earlier_time_that_is_told_later_is_told(house: House) -> None:
    """The same milestones, but sooner: the return keeps the time that is the evidence."""
    opened, code = await parcel(house)
    late = await told_late(opened, code, Milestone.FIRST_SCAN, Milestone.DELIVERED)
    await until_delivery(opened, 1, state="DELIVERED")
    is_scanned(house, code, "in_transit")
    is_scanned(house, code, "delivered")

    await hear(house, code, "evt-1")

    shown = await opened.handle.query(ReturnWorkflow.current)
    assert shown is not None
    (delivery,) = shown["deliveries"]
    assert max(delivery["first_scan_at"], delivery["delivered_at"]) < late.isoformat()


@pytest.mark.usefixtures("everything_is_due")
async def test_edge_39_an_earlier_time_that_no_webhook_tells_is_told(house: House) -> None:
    """A round that reads a parcel under way tells it, and once."""
    opened, code = await parcel(house)
    late = await told_late(opened, code, Milestone.FIRST_SCAN)
    await until_delivery(opened, 1, state="IN_TRANSIT")
    is_scanned(house, code, "in_transit")

    first = await go_round(house)
    await opened.until(lambda view: view["deliveries"][0]["first_scan_at"] < late.isoformat())
    second = await go_round(house)

    assert (first.told, second.told) == (1, 0)
