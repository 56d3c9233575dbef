"""A run that vanished is found, shown to ops, and restarted; nothing happens twice or is lost."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.engine import visibly_running
from api.restarting import Restarter
from api.starting import Patience
from api.views import row_view
from domain.codes import RefusedError
from domain.ids import part_id, return_id_for, workflow_id_for
from domain.inspection import Grade
from domain.requests import ReturnRequest, request_hash
from domain.tracking import Milestone
from storage.records import Opened, Opening, TenderFacts
from storage.settlements import Settlements
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import (
    CUSTOMER_SIDE,
    OPS,
    graded,
    info,
    received,
    some_of,
    with_pickup,
)
from workflows import resuming
from workflows.messages import (
    CommandAnswer,
    CountedEntry,
    OpenAnswer,
    RestartFromProjection,
    Retry,
    StartReturn,
)
from workflows.round_messages import Sweep
from workflows.sweep import SweepWorkflow

LAMP = (CountedEntry("LAMP-DESK-WHITE", 1),)
REFUNDS = {"system": "stripe", "operation": "POST /v1/refunds"}
BUY_LABEL = {"system": "easypost", "operation": "POST /v2/shipments/{id}/buy"}
CANCEL_PICKUP = {"system": "easypost", "operation": "POST /v2/pickups/{id}/cancel"}
PATIENCE = Patience(*[timedelta(seconds=60)] * 3)


async def a_return(house: House, request: ReturnRequest | None = None) -> OpenReturn:
    """A return of one lamp, whichever run it is in."""
    wanted = request or some_of(house.sandbox.order("three-units"), 1)
    opened = await house.open(wanted)
    return replace(opened, handle=house.latest_run(opened.handle.id))


@pytest_asyncio.fixture
async def lost(steady_house: House) -> OpenReturn:
    """A return whose run was terminated while it waited for its handover."""
    opened = await a_return(steady_house)
    await opened.ready_for_handover()
    await lose(opened)
    return opened


async def lose(opened: OpenReturn) -> None:
    """Terminate its run, and wait until visibility knows: a sweep skips what is listed there."""
    await opened.handle.terminate("by hand, against the runbook")
    await eventually(
        lambda: visibly_running(opened.house.client, (opened.handle.id,)), lambda runs: not runs
    )


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
    """Restart as ops would, seeing the row as it is."""
    house = opened.house
    restarter = Restarter(
        house.client, house.returns, task_queue=house.needs.task_queue, patience=PATIENCE
    )
    command = RestartFromProjection(info(OPS, key), reason)
    return await restarter.restart(await opened.row(), command)


async def refused_restart(opened: OpenReturn, key: str | None = None, **said: str) -> str:
    with pytest.raises(RefusedError) as refused:
        await restart(opened, key, **said)
    return refused.value.code


async def units_held(opened: OpenReturn) -> int:
    row = await opened.row()
    return await opened.house.held(row.order_id)


async def test_a_sweep_finds_the_lost_and_leaves_the_others(lost: OpenReturn) -> None:
    """The one without a run is marked for ops, and takes no command but the restart."""
    other = await a_return(lost.house)

    done = await sweep(lost.house)

    row = await lost.row()
    view = row_view(row)
    assert (done.looked_at, done.changed) == (2, 1)
    assert (row.owner_role, "workflow_missing" in row.blocker_codes) == ("ops", True)
    assert view.allowed_commands == ("restart-from-projection",)
    assert [wait.code for wait in view.waiting_on] == ["workflow_missing", "awaiting_handover"]
    assert view.waiting_on[0].since == row.missing_since
    assert view.waiting_on[0].deadline == row.next_deadline
    assert (await other.row()).missing_since is None
    listed = await lost.house.returns.page(TENANT, limit=10, blocker="workflow_missing")
    assert [one.return_id for one in listed.rows] == [lost.return_id]


async def test_ops_are_told_again_at_each_deadline(lost: OpenReturn) -> None:
    """A mark is made once; only when nobody restarted in time is it told again."""
    await sweep(lost.house)
    at_once = await sweep(lost.house)

    await eventually(lambda: sweep(lost.house), lambda done: done.changed == 1)

    assert at_once.changed == 0
    assert await lost.stream("sweeper") == ["blocker.raised", "sla.breached"]


async def test_goes_on_after_the_restart(lost: OpenReturn) -> None:
    """From where it was to its end: one label, one refund, a log without gaps."""
    await sweep(lost.house)

    await restart(lost, "k-1", reason="Olga closed it")
    await lost.arrive_and_grade_one()
    await lost.until_headline("COMPLETED")

    row, ledger = await lost.row(), lost.ledger()
    assert (row.missing_since, "workflow_missing" in row.blocker_codes) == (None, False)
    assert (len(ledger["labels"]), len(ledger["refunds"])) == (1, 1)
    assert "ops.intervention" in await lost.stream()
    assert await lost.stream("sweeper") == ["blocker.raised", "blocker.cleared"]
    (noted,) = await lost.events("ops.intervention")
    assert noted.data == {
        "kind": "restart-from-projection",
        "subject": None,
        "given_again": [],
        "extended": [],
    }
    assert (noted.actor, noted.cause_id) == (str(OPS), "k-1")


async def test_units_are_free_after_restart_and_withdrawal(lost: OpenReturn) -> None:
    """Locks never leak: what a lost return held is given back by the run that follows it."""
    before = await units_held(lost)

    await restart(lost)
    await lost.withdraw()

    assert (await lost.handle.result()).headline == "WITHDRAWN"
    assert (before, await units_held(lost)) == (1, 0)


async def test_two_restarts_start_one_run(lost: OpenReturn) -> None:
    """Sent twice at once, and once more at the end: one run, one answer, one event."""
    first, second = await asyncio.gather(restart(lost, "k-1"), restart(lost, "k-1"))
    run = (await lost.handle.describe()).run_id
    other = await refused_restart(lost, "k-2")
    reused = await refused_restart(lost, "k-1", reason="something else")
    await lost.withdraw()
    await lost.handle.result()

    assert first == second == await restart(lost, "k-1")
    assert (other, reused) == ("command_not_allowed", "key_reused")
    assert (await lost.handle.describe()).run_id == run
    assert len(await lost.events("ops.intervention")) == 1


async def test_restarts_only_what_is_lost_and_can_go_on(steady_house: House) -> None:
    """Not a return that runs, not one that ended, not one whose state was never kept."""
    opened = await a_return(steady_house)
    await opened.ready_for_handover()

    running = await refused_restart(opened)
    await opened.withdraw()
    await opened.handle.result()
    ended = await refused_restart(opened)
    old = await a_return(steady_house)
    await old.ready_for_handover()
    await lose(old)
    async with steady_house.needs.database.tenant(TENANT) as connection:
        await connection.execute(text("UPDATE returns SET resume_from = NULL"))

    assert (running, ended) == ("command_not_allowed", "return_closed")
    assert await refused_restart(old) == "no_restart_point"


async def test_pays_once_when_lost_between_seal_and_payment(steady_house: House) -> None:
    """The refund was on its way when the run went: the next one looks it up, and pays no other."""
    order = steady_house.sandbox.order("three-units")
    opened = await a_return(steady_house, some_of(order, 1))
    intent_id = part_id(opened.return_id, "settlement", 1, order["tenders"][0]["tender_id"])
    settlements = Settlements(steady_house.needs.database)
    with steady_house.sandbox.fault(**REFUNDS, kind="delay", delay_ms=1000):
        await opened.arrive_and_grade_one()
        await eventually(
            lambda: settlements.get(TENANT, intent_id),
            lambda intent: intent is not None and intent.state == "sending",
        )
        await lose(opened)

        await restart(opened)
        await opened.until_headline("COMPLETED")

    assert len(opened.ledger()["refunds"]) == 1
    assert (await opened.stream()).count("refund.settled") == 1


async def test_books_once_when_lost_while_it_is_booked(steady_house: House) -> None:
    """Label and courier were being ordered when the run went: neither is ordered twice."""
    order = steady_house.sandbox.order("three-units")
    before = await last_delayed(steady_house)
    with steady_house.sandbox.fault(**BUY_LABEL, kind="delay", delay_ms=1000):
        opened = await a_return(steady_house, with_pickup(some_of(order, 1)))
        await eventually(lambda: struck(steady_house), bool)
        await lose(opened)
        await restart(opened)
        await opened.until_waiting("awaiting_pickup")
    await lose(opened)

    await restart(opened)
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")
    await eventually(lambda: last_delayed(steady_house), lambda number: number > before)

    ledger = opened.ledger()
    assert (len(ledger["labels"]), len(ledger["pickups"])) == (1, 1)
    assert (await opened.stream()).count("pickup.booked") == 1


async def struck(house: House) -> bool:
    """Say whether a fault is at work; the log names a request only once it is answered."""
    return any(fault["struck"] for fault in house.sandbox.faults().values())


async def last_delayed(house: House) -> int:
    """Return the number of the latest request to the carrier that was answered with a delay."""
    asked = house.sandbox.requests("easypost")
    return max((one["seq"] for one in asked if one["fault"] == "delay"), default=0)


async def test_cancels_to_the_end_when_lost_in_between(steady_house: House) -> None:
    """A withdrawn return whose courier is not cancelled yet needs its run, and gets it back."""
    opened = await a_return(
        steady_house, with_pickup(some_of(steady_house.sandbox.order("withdrawn"), 1))
    )
    await opened.until_waiting("awaiting_pickup")
    with steady_house.sandbox.fault(**CANCEL_PICKUP, kind="http_503", times=1000):
        await opened.withdraw()
        await opened.until_headline("WITHDRAWN")
        await lose(opened)
    found = (await sweep(steady_house)).changed

    await restart(opened)

    assert (found, (await opened.handle.result()).headline) == (1, "WITHDRAWN")
    ledger = opened.ledger()
    assert [visit["status"] for visit in ledger["pickups"]] == ["canceled"]
    assert await units_held(opened) == 0


async def test_opens_a_return_that_was_only_registered(steady_house: House) -> None:
    """Lost between its number and its first transition: found like any other, and opened."""
    opened = await registered(steady_house)
    found = (await sweep(steady_house)).changed
    shown = row_view(await opened.row())

    await restart(opened)
    await opened.ready_for_handover()

    assert (found, shown.allowed_commands) == (1, ("restart-from-projection",))
    assert (await opened.stream())[0] == "return.requested"
    assert "ops.intervention" in await opened.stream()
    assert await units_held(opened) == 1


async def registered(house: House) -> OpenReturn:
    """A return with number and locks, whose run is gone."""
    order = house.sandbox.order("three-units")
    request = some_of(order, 1)
    return_id = return_id_for(TENANT, uuid.uuid4().hex)
    start = StartReturn(TENANT, return_id, request, CUSTOMER_SIDE)
    line = order["lines"][0]
    answer = await house.returns.open_return(
        Opening(
            tenant_id=TENANT,
            return_id=return_id,
            order_id=order["order_id"],
            currency=order["currency"],
            request_hash=request_hash(request),
            fulfilled=((line["line_id"], line["quantity"]),),
            tenders=tuple(
                TenderFacts(t["tender_id"], t["payment_ref"], t["captured_minor"])
                for t in order["tenders"]
            ),
            wanted=((line["line_id"], 1),),
            resume_from=resuming.dump(start),
        )
    )
    assert isinstance(answer, Opened)
    handle = house.latest_run(workflow_id_for(return_id))
    return OpenReturn(house, handle, OpenAnswer(return_id, ""))


async def test_a_lost_draft_goes_on_as_one(steady_house: House) -> None:
    """A start that was parked and lost: restarted and tried again, it is granted."""
    order = steady_house.sandbox.order("three-units")
    with steady_house.sandbox.nonsense(order, "ship_to.time_zone"):
        opened = await steady_house.begin_draft(some_of(order, 1), "bad_upstream_data")
        opened = replace(opened, handle=steady_house.latest_run(opened.handle.id))
        await lose(opened)
        found = (await sweep(steady_house)).changed

        await restart(opened)
        row = await eventually(opened.row, lambda row: row.missing_since is None)
    await opened.do(Retry(info(OPS)))
    await opened.ready_for_handover()

    assert (found, row.headline) == (1, "DRAFT")
    assert await units_held(opened) == 1
    assert "return.requested" in await opened.stream()


async def test_gives_a_signal_again_that_nobody_had_read(lost: OpenReturn) -> None:
    """News that reached the run before it went, and no worker: the next run takes it in."""
    await restart(lost)
    await lost.house.stop_work()
    await lost.scan(Milestone.FIRST_SCAN)
    await lose(lost)
    await lost.house.open_for_work()

    await restart(lost)

    await lost.until_headline("IN_TRANSIT")


async def test_carries_out_again_what_was_answered_and_not_written(lost: OpenReturn) -> None:
    """A count that was confirmed while the database stood still is not lost with its run."""
    await restart(lost)
    await eventually(lost.event_types, lambda types: "ops.intervention" in types)
    command = received(LAMP, command_id="c-1")
    async with lost.house.needs.database.tenant(TENANT) as connection:
        await connection.execute(
            text("SELECT 1 FROM returns WHERE return_id = :id FOR UPDATE"), {"id": lost.return_id}
        )
        first = await lost.do(command)
        await lose(lost)
        await lost.house.stop_work()
    await lost.house.open_for_work()

    answer = await restart(lost)
    again = await lost.do(command)
    await lost.do(graded("line-1/1", Grade.A))
    await lost.until_headline("COMPLETED")

    assert answer.given_again == ("c-1",)
    assert (again.command_id, again.content_hash) == (first.command_id, first.content_hash)
    assert (await lost.stream()).count("parcel.received") == 1
