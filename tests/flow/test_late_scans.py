"""Edge 32: the carrier scans a parcel whose return has expired, and whose run is over."""

from contextlib import suppress
from dataclasses import replace

import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError

from activities.engine import latest_run
from domain.inspection import Grade
from domain.requests import HandoverMethod
from tests.flow.conftest import Ruled
from tests.flow.test_carrier_news import hear, is_scanned
from tests.flow.test_handover import mailed, until_delivery
from tests.flow.test_losing import LAMP, LOT, paid
from tests.flow.test_parcel_links import in_parcel
from tests.support.house import TENANT, House, OpenReturn
from tests.support.ruling import ruled_by
from tests.support.told import OPS, counted, graded, info, received, some_of
from workflows.messages import LeaveExpired, Retry

TEN_DAYS = 240


@pytest_asyncio.fixture
async def late_house(ruled: Ruled) -> House:
    return await ruled(ruled_by(hours={"hand_over_by": 120, "late_scan": TEN_DAYS}))


async def expired(house: House, order: dict[str, object], quantity: int = 1) -> OpenReturn:
    """A return of lamps that nobody handed over in time; its run has ended."""
    opened = await house.open(some_of(order, quantity, handover=HandoverMethod.DROP_OFF))
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    assert (await opened.ends()).headline == "EXPIRED"
    return opened


async def scanned(opened: OpenReturn, status: str = "in_transit") -> OpenReturn:
    """Let the carrier scan it, and its webhook be heard; return it in whichever run it is."""
    code = str((await opened.view())["deliveries"][0]["tracking_code"])
    is_scanned(opened.house, code, status)
    await hear(opened.house, code, f"evt-{status}-{code}")
    return replace(opened, handle=opened.house.latest_run(opened.handle.id))


async def test_edge_32_a_late_scan_revives_the_return(late_house: House) -> None:
    """Its units are locked again, the customer reads on, and it goes its way to the refund."""
    order = late_house.sandbox.order("three-units")
    opened = await scanned(await expired(late_house, order))

    view = await opened.until_headline("IN_TRANSIT")
    await mailed(opened, "so your return goes on. We expect it by 20")
    held = await late_house.returns.held_units(TENANT, str(order["order_id"]))
    await scanned(opened, "delivered")
    await until_delivery(opened, 1, state="DELIVERED")
    await opened.do(received(counted({}, **{LAMP: 1})))
    await opened.do(graded(LOT, Grade.A))
    await opened.until_lot(LOT, "REFUNDED")

    assert view["next_step"]["by"] is not None
    assert [(unit.state, unit.return_id) for unit in held] == [("locked", opened.return_id)]
    assert (await opened.stream()).count("return.revived") == 1
    assert len(await paid(opened)) == 1
    assert (await opened.ends()).headline == "CLOSED"


async def test_edge_32_other_units_of_the_line_do_as_well(late_house: House) -> None:
    """Two of three lamps are returned meanwhile: the third is left for the parcel that is late."""
    order = late_house.sandbox.order("three-units")
    first = await expired(late_house, order)
    other = await late_house.open(some_of(order, 2))
    await until_delivery(other, 1, state="AWAITING_HANDOVER")

    opened = await scanned(first)

    await opened.until_headline("IN_TRANSIT")
    assert (await opened.view())["broken_invariants"] == []


async def short(house: House) -> tuple[OpenReturn, OpenReturn]:
    """A late parcel of a lamp, and another return that has all three by now."""
    order = house.sandbox.order("three-units")
    first = await expired(house, order)
    other = await house.open(some_of(order, 3))
    await until_delivery(other, 1, state="AWAITING_HANDOVER")
    return await scanned(first), other


async def test_edge_32_used_by_another_return_it_parks_with_both(late_house: House) -> None:
    """Ops read both numbers and what they may do; given up by the other, it goes on."""
    opened, other = await short(late_house)

    wait = await opened.until_waiting("units_used_elsewhere")
    view, second = await opened.view(), await other.view()
    await other.withdraw()
    await other.ends()
    # Its own next try may have come first: the clock flew while the other one ended.
    with suppress(WorkflowUpdateFailedError):
        await opened.do(Retry(info(OPS)))

    assert view["headline"] == "EXPIRED"
    assert (view["rma_no"] in wait["detail"], second["rma_no"] in wait["detail"]) == (True, True)
    assert wait["exits"] == ["retry", "leave-expired", "delivery.label_swapped"]
    assert set(view["allowed_commands"]) == {"leave-expired", "retry", "extend-deadline"}
    await opened.until_headline("IN_TRANSIT")


async def test_edge_32_ops_leave_it_expired(late_house: House) -> None:
    """Its run ends again, and nothing of the order is touched."""
    opened, other = await short(late_house)
    await opened.until_waiting("units_used_elsewhere")

    await opened.do(LeaveExpired(info(OPS), "it was an empty box"))

    assert (await opened.ends()).headline == "EXPIRED"
    view = await opened.until(lambda view: view["waiting_on"] == [])
    assert view["next_step"] is None
    assert (await opened.stream())[-2:] == ["return.left_expired", "blocker.cleared"]
    assert len((await other.view())["lots"]) == 1


async def test_edge_32_the_warehouse_finds_whose_goods_they_are(late_house: House) -> None:
    """The lamps of the other return came under the old label: counted there, all is said."""
    opened, other = await short(late_house)
    await opened.until_waiting("units_used_elsewhere")
    code = str((await opened.view())["deliveries"][0]["tracking_code"])
    count = await in_parcel(code, of=opened, receipt_id="R-1")

    await other.do(replace(count, entries=counted({}, **{LAMP: 3})))

    assert (await opened.ends()).headline == "EXPIRED"
    await other.until_headline("RECEIVED")


async def test_edge_32_after_the_grace_it_stays_expired(late_house: House) -> None:
    """A run may look, and ends as it began."""
    opened = await expired(late_house, late_house.sandbox.order("three-units"))
    await late_house.pass_time(hours=TEN_DAYS + 1)

    opened = await scanned(opened)

    assert (await opened.ends()).headline == "EXPIRED"
    assert "return.revived" not in await opened.event_types()


async def test_edge_32_a_withdrawn_return_is_not_revived(late_house: House) -> None:
    """No run is started for it; the scan is kept."""
    opened = await late_house.open(some_of(late_house.sandbox.order("three-units"), 1))
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    await opened.withdraw()
    await opened.ends()

    before = await latest_run(late_house.client, opened.handle.id)

    await scanned(opened)

    assert await latest_run(late_house.client, opened.handle.id) == before
    assert (await opened.view())["headline"] == "WITHDRAWN"


async def test_edge_32_what_is_told_twice_revives_once(late_house: House) -> None:
    """The webhook is told again after a crash: one new run, one revival."""
    opened = await scanned(await expired(late_house, late_house.sandbox.order("three-units")))
    await opened.until_headline("IN_TRANSIT")
    code = str((await opened.view())["deliveries"][0]["tracking_code"])

    await hear(late_house, code, f"evt-in_transit-{code}", again=True)

    await opened.do(received(counted({}, **{LAMP: 1})))
    assert (await opened.stream()).count("return.revived") == 1
