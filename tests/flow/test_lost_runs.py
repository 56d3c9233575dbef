"""A run that vanished is found, shown to ops, and restarted; nothing happens twice or is lost."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.restarting import Restarter
from api.starting import Patience
from api.views import row_view
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import OPS, info, some_of
from workflows.messages import CommandAnswer, CountedEntry, RestartFromProjection
from workflows.sweep import Sweep, SweepWorkflow

LAMP = (CountedEntry("LAMP-DESK-WHITE", 1),)
PATIENCE = Patience(*[timedelta(seconds=60)] * 3)


async def sweep(house: House) -> Sweep:
    """Let one sweep run, as the schedule would."""
    return await house.client.execute_workflow(
        SweepWorkflow.run,
        Sweep(),
        id=f"sweep-{uuid.uuid4()}",
        task_queue=house.needs.task_queue,
    )


async def restart(
    opened: OpenReturn, key: str | None = None, *, reason: str = "was terminated"
) -> CommandAnswer:
    """Restart as ops would, in full knowledge of the row as it is."""
    house = opened.house
    restarter = Restarter(
        house.client, house.returns, task_queue=house.needs.task_queue, patience=PATIENCE
    )
    command = RestartFromProjection(info(OPS, key), reason)
    return await restarter.restart(await opened.row(), command)


async def lose(opened: OpenReturn) -> None:
    await opened.handle.terminate("by hand, against the runbook")


@pytest.fixture
async def lost(fast_house: House) -> OpenReturn:
    """A return of one lamp whose run was terminated while it waited for its handover."""
    opened = await a_return(fast_house)
    await opened.ready_for_handover()
    await lose(opened)
    return opened


async def a_return(house: House, **changes: Any) -> OpenReturn:
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1, **changes))
    return replace(opened, handle=house.latest_run(opened.handle.id))


async def test_a_sweep_finds_the_lost_and_leaves_the_others(
    fast_house: House, lost: OpenReturn
) -> None:
    """The one without a run is marked for ops, and shows no command but the restart."""
    other = await a_return(fast_house)
    done = await sweep(fast_house)

    row = await lost.row()
    view = row_view(row)
    assert (done.looked_at, done.changed) == (2, 1)
    assert "workflow_missing" in row.blocker_codes
    assert row.owner_role == "ops"
    assert view.allowed_commands == ("restart-from-projection",)
    assert view.waiting_on[0].code == "workflow_missing"
    assert view.waiting_on[0].deadline == row.next_deadline
    assert (await other.row()).missing_since is None
    listed = await fast_house.returns.page(TENANT, limit=10, blocker="workflow_missing")
    assert [one.return_id for one in listed.rows] == [lost.return_id]


async def test_goes_on_after_the_restart(fast_house: House, lost: OpenReturn) -> None:
    """From where it was to its end: one label, one refund, a log without gaps."""
    await sweep(fast_house)
    answer = await restart(lost, "k-1")
    view = await lost.until(lambda view: view["version"] >= answer.version)
    row = await lost.row()

    assert row.missing_since is None
    assert "workflow_missing" not in row.blocker_codes
    assert view["headline"] == "APPROVED"
    await lost.arrive_and_grade_one()
    assert (await lost.handle.result()).headline == "CLOSED"
    await assert_once(lost)
    (intervention,) = await lost.events("ops.intervention")
    assert intervention.data["kind"] == "restart-from-projection"
    assert (intervention.actor, intervention.cause_id) == (str(OPS), "k-1")
    assert "terminated" not in str(intervention.data)
    swept = [one.type for one in await fast_house.events(lost.return_id) if one.stream == "sweeper"]
    assert swept[0] == "blocker.raised"
    assert swept[-1] == "blocker.cleared"


async def assert_once(opened: OpenReturn) -> None:
    ledger = opened.ledger()
    assert len(ledger["refunds"]) == 1
    assert len(ledger["shipments"]) == 1
    numbers = [
        event.sequence
        for event in await opened.house.events(opened.return_id)
        if event.stream == "return"
    ]
    assert numbers == list(range(1, len(numbers) + 1))
