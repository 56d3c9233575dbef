"""A policy that changes governs the returns to come: those that are open keep theirs for life."""

from dataclasses import replace

from domain.inspection import Grade
from tests.flow.conftest import OpenHouse
from tests.support.builders import pack
from tests.support.settling import charging
from tests.support.told import counted, graded, received, some_of

LAMP = "LAMP-DESK-WHITE"


async def test_edge_9_a_policy_that_changes_leaves_open_returns_alone(
    on_the_dev_server: OpenHouse,
) -> None:
    """Opened while there were no fees, it bears none, though its goods are graded under others."""
    async with on_the_dev_server() as house:
        await house.work_with(policy=charging())
        order = house.sandbox.order("three-units", channel="STORE")
        old = await house.open(some_of(order, 1))
        await old.ready_for_handover()

        dearer = charging(handling={"per_return_minor": {"CNY": 500}})
        await house.work_with(policy=replace(dearer, version="2026-11-01"))
        new = await house.open(some_of(order, 1))
        await new.ready_for_handover()
        for opened, receipt_id in ((old, "R-old"), (new, "R-new")):
            await opened.do(received(counted(order, **{LAMP: 1}), receipt_id=receipt_id))
            await opened.do(graded("line-1/1", Grade.A))
            await opened.until_lot("line-1/1", "REFUNDED")
        views = [await one.view() for one in (old, new)]

    rows = [view["settlements"][0]["breakdown"][0] for view in views]
    assert [row["handling_fee_minor"] for row in rows] == [0, 500]
    assert [view["lines"][0]["decision"]["policy_ref"] for view in views] == [
        f"STANDARD@{pack()['version']}",
        "STANDARD@2026-11-01",
    ]
