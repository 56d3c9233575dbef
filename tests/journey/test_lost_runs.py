"""A run that vanished, seen from outside: shown, restarted by ops, and no news of it lost."""

import asyncio
import uuid

import pytest
import pytest_asyncio
from sqlalchemy import text

from backhaul_client import BackhaulError, RestartCommand, ReturnView, WithdrawCommand
from domain.ids import workflow_id_for
from tests.support.asking import PATIENCE, labelled, new_key
from tests.support.house import TENANT, eventually
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in
from workflows.round_messages import Sweep
from workflows.sweep import SweepWorkflow

WHY = RestartCommand(reason="somebody terminated it")


@pytest_asyncio.fixture
async def lost(journey: Journey) -> ReturnView:
    """A return that waits for its handover, and was found to have no run."""
    view = await labelled(journey)
    await lose(journey, view)
    return await eventually(lambda: swept(journey, view), is_missing)


async def lose(journey: Journey, view: ReturnView) -> None:
    run = journey.services.temporal.get_workflow_handle(workflow_id_for(view.return_id))
    await run.terminate("by hand, against the runbook")


async def swept(journey: Journey, view: ReturnView) -> ReturnView:
    """Read a return after one more sweep than the schedule would have started."""
    await journey.services.temporal.execute_workflow(
        SweepWorkflow.run,
        Sweep(),
        id=f"sweep-{uuid.uuid4()}",
        task_queue=journey.settings.task_queue,
    )
    return await journey.client().get_return(view.return_id)


def is_missing(view: ReturnView) -> bool:
    return "workflow_missing" in [wait.code for wait in view.waiting_on]


async def restart(journey: Journey, view: ReturnView, key: str) -> int:
    answer = await journey.client("ops").restart_from_projection(
        view.return_id, WHY, idempotency_key=key
    )
    return answer.version


async def test_ops_see_what_to_do(journey: Journey, lost: ReturnView) -> None:
    """Since when, who, until when and the only way out, wherever a return is read."""
    explained = await journey.client("ops").explain(lost.return_id)
    listed = journey.client().list_returns(blocker="workflow_missing")

    wait = explained.waiting_on[0]
    assert (wait.code, wait.owner) == ("workflow_missing", "ops")
    assert wait.exits == explained.allowed_commands == ("restart-from-projection",)
    assert wait.deadline is not None
    assert wait.deadline > wait.since
    assert explained.engine is not None
    assert explained.engine.status == "terminated"
    assert lost.next_step is not None
    assert lost.next_step.owner == "ops"
    assert lost.return_id in [item.return_id async for item in listed]


async def test_ops_need_not_wait_for_the_sweep(journey: Journey) -> None:
    """Who explains a return a second after its run was terminated sees the way out already."""
    view = await labelled(journey)
    await lose(journey, view)

    explained = await journey.client("ops").explain(view.return_id)

    assert explained.allowed_commands == ("restart-from-projection",)
    assert explained.engine is not None
    assert any("its run is gone" in finding for finding in explained.engine.findings)


async def test_a_command_to_it_is_told_where_to_go(journey: Journey, lost: ReturnView) -> None:
    """It is not said to be closed; nobody is told that something was done."""
    with pytest.raises(BackhaulError) as refused:
        await journey.client().withdraw(
            lost.return_id, WithdrawCommand(), idempotency_key=new_key()
        )

    assert (refused.value.status, refused.value.code) == (409, "command_not_allowed")
    assert refused.value.allowed_commands == ("restart-from-projection",)


async def test_a_repeated_restart_answers_the_same(journey: Journey, lost: ReturnView) -> None:
    """Its key works as every other: once, also when two come at the same time."""
    key = new_key()

    first, second = await asyncio.gather(restart(journey, lost, key), restart(journey, lost, key))
    with pytest.raises(BackhaulError) as refused:
        await restart(journey, lost, new_key())

    assert first == second == await restart(journey, lost, key)
    assert refused.value.code == "command_not_allowed"
    moved = await journey.client().wait_until(
        lost.return_id, lambda view: view.version >= first, timeout=PATIENCE
    )
    assert not is_missing(moved)


async def test_the_schedule_finds_it_by_itself(journey: Journey) -> None:
    """Nobody has to ask; and a view that was read before, under the same version, is read anew."""
    view = await labelled(journey)
    http, path = journey.http[TENANT, "platform"], f"/v1/returns/{view.return_id}"
    tag = {"If-None-Match": (await http.get(path)).headers["ETag"]}
    await lose(journey, view)

    await journey.client().wait_until(view.return_id, is_missing, timeout=PATIENCE)

    assert (await http.get(path, headers=tag)).status_code == 200


async def test_news_waits_for_the_restart(journey: Journey, lost: ReturnView) -> None:
    """A scan that comes while the run is gone is kept, and told to the run that follows."""
    code = lost.deliveries[0].tracking_code
    journey.sandbox.post(f"parcels/{code}/scans", {"scan_id": f"{code}-1", "status": "in_transit"})
    await eventually(lambda: failures(journey), lambda found: "RunMissingError" in found)

    await restart(journey, lost, new_key())

    moved = await journey.client().wait_until(
        lost.return_id, lambda view: view.headline == "IN_TRANSIT", timeout=PATIENCE
    )
    assert moved.deliveries[0].first_scan_at is not None
    await eventually(lambda: failures(journey), lambda found: "RunMissingError" not in found)


async def failures(journey: Journey) -> list[str]:
    """Why webhooks of the tenant still wait."""
    async with journey.services.database.tenant(TENANT) as connection:
        rows = await connection.execute(
            text("SELECT last_error FROM inbox WHERE processed_at IS NULL")
        )
        return [str(row[0]) for row in rows]


async def test_ops_restart_from_the_command_line(
    journey: Journey, lost: ReturnView, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found in a list, explained, restarted with a reason."""
    sign_in(journey, monkeypatch, "ops")

    listed = await terminal.type("returns", "list", "--blocker", "workflow_missing")
    explained = await terminal.type("ops", "explain", lost.rma_no)
    restarted = await terminal.type("ops", "restart", lost.rma_no, "--reason", "was terminated")
    again = await terminal.type("ops", "restart", lost.rma_no, "--reason", "was terminated")

    assert lost.rma_no in listed[1]
    assert "ops must act until" in explained[1]
    assert "possible now: restart-from-projection" in explained[1]
    assert restarted[0] == 0
    assert (again[0], "command_not_allowed" in again[2]) == (1, True)
