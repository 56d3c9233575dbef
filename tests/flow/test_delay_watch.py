"""A parcel that will be late: its shopper hears it before its promise breaks, and ops see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from activities import delay_watch
from domain.arriving import Basis, Outlook
from domain.lanes import Lane
from domain.tracking import Scan, ScanStatus
from storage.lanes import Lanes
from storage.models.lanes import TripModel
from storage.tracking import Tracking
from tests.flow.test_carrier_rounds import everything_is_due, go_round, labelled, scan
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import some_of

__all__ = ["everything_is_due", "labelled"]


async def slow_lane(house: House, lane: Lane, *, trips: int) -> None:
    """Let each earlier parcel of the lane have stood for many days at its first scan."""
    lanes, tracking = Lanes(house.needs.database), Tracking(house.needs.database)
    (account,) = await house.needs.connections.carriers(TENANT)
    began = datetime.now(UTC) - timedelta(days=40)
    for number in range(trips):
        code = f"SLOW{number}"
        await lanes.begin(
            TENANT,
            code,
            lane,
            connection_id=account.connection_id,
            shipment_ref=f"shp_{number}",
            promised_days=2,
        )
        came = [
            Scan(ScanStatus.IN_TRANSIT, began),
            Scan(ScanStatus.DELIVERED, began + timedelta(days=20, hours=number)),
        ]
        await tracking.add_scans(TENANT, code, came)
    async with house.needs.database.tenant(TENANT) as connection:
        await connection.execute(
            update(TripModel)
            .where(TripModel.tracking_code.startswith("SLOW"))
            .values(booked_at=began)
        )


async def under_way(opened: OpenReturn) -> dict[str, Any]:
    scan(opened, await opened.view(), "in_transit")
    await go_round(opened.house)
    await opened.until_waiting("awaiting_arrival")
    view = await opened.view()
    parcel: dict[str, Any] = view["deliveries"][0]
    assert parcel["promised_at"] is not None
    return parcel


async def held_up(opened: OpenReturn) -> dict[str, Any]:
    """Let the parcel stand where all earlier ones of its lane stood for weeks."""
    parcel = await under_way(opened)
    trip = await Lanes(opened.house.needs.database).find(TENANT, parcel["tracking_code"])
    assert trip is not None
    await slow_lane(opened.house, trip.lane, trips=30)
    return parcel


async def test_a_parcel_on_a_slow_lane_is_told_of_before_its_promise_breaks(
    labelled: OpenReturn,
) -> None:
    """Others that stood where it stands took weeks: the shopper hears of it once, with a date."""
    parcel = await held_up(labelled)

    first = await go_round(labelled.house)
    wait = await labelled.until_waiting("awaiting_arrival")
    view = await labelled.until(lambda view: view["deliveries"][0]["expected_at"] is not None)
    second = await go_round(labelled.house)

    expected = datetime.fromisoformat(view["deliveries"][0]["expected_at"])
    wait = await labelled.until_waiting("awaiting_arrival")
    assert expected > datetime.fromisoformat(parcel["promised_at"])
    assert f"expected {expected:%Y-%m-%d}" in wait["detail"]
    assert (first.warned, second.warned) == (1, 0)
    assert (await labelled.event_types()).count("delivery.delay_expected") == 1
    await labelled.house.relay.once()
    (mail,) = [m for m in labelled.ledger()["mails"] if "takes longer" in m["subject"]]
    assert f"{expected:%Y-%m-%d}" in str(mail)


async def test_where_the_watch_is_off_nobody_is_told(house: House) -> None:
    """The same parcel on the same lane: its late arrival is found when its promise breaks."""
    await house.work_with(watches_delays=False)
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await opened.ready_for_handover()
    await held_up(opened)

    done = await go_round(house)

    assert (done.read, done.warned) == (1, 0)
    assert "delivery.delay_expected" not in await opened.event_types()


async def test_nothing_is_told_where_nothing_is_foretold(labelled: OpenReturn) -> None:
    """A parcel that just set out on a lane nobody knows is no news."""
    await under_way(labelled)

    assert (await go_round(labelled.house)).warned == 0
    assert "delivery.delay_expected" not in await labelled.event_types()


async def test_a_warning_that_comes_after_the_promise_changes_nothing(
    labelled: OpenReturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is late already; the wait for it says so by itself."""
    await under_way(labelled)
    later = datetime.now(UTC) + timedelta(days=90)
    late = Outlook(later, 0.99, warn=True, basis=Basis.LANE)
    monkeypatch.setattr(delay_watch, "outlook", lambda *_args, **_more: late)
    await labelled.house.pass_time(days=30)

    done = await go_round(labelled.house)

    assert done.warned == 1
    assert "delivery.delay_expected" not in await labelled.event_types()
