"""What a return costs in history, and that every history can be replayed."""

import logging
from collections import Counter
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from domain.inspection import Grade
from domain.tracking import Milestone
from runtime.temporal import DATA_CONVERTER, WORKFLOW_RUNNER
from tests.docs.test_performance import MOST_BYTES, MOST_EVENTS, documented_kinds
from tests.support.house import House, OpenReturn
from tests.support.told import some_of, whole_order, with_pickup
from workflows.follow_up import FollowUpWorkflow
from workflows.return_workflow import ReturnWorkflow

log = logging.getLogger(__name__)


async def whole_return(house: House) -> OpenReturn:
    """Courier, one parcel with three lines, two tenders: from the request to its end."""
    order = house.sandbox.order("no-reason-return")
    opened = await house.open(with_pickup(whole_order(order)))
    await opened.until_waiting("awaiting_pickup")
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.scan(Milestone.DELIVERED)
    await opened.arrive_and_grade(order)
    assert (await opened.handle.result()).headline == "CLOSED"
    return opened


def kinds(history: Any) -> Counter[str]:
    names = (EventType.Name(event.event_type) for event in history)
    return Counter(name.removeprefix("EVENT_TYPE_").lower() for name in names)


async def test_a_whole_return_fits_its_budget(fast_house: House) -> None:
    """At most 115 events and 60 kB, of which two are bookkeeping per transition."""
    opened = await whole_return(fast_house)
    history = await opened.history()
    found = kinds(history)
    description = await opened.handle.describe()
    size = description.raw_description.workflow_execution_info.history_size_bytes

    table = [f"{count:4} {name}" for name, count in found.most_common()]
    log.info("%d events, %d bytes\n%s", len(history), size, "\n".join(table))

    # 101 on a quiet machine; tasks that come apart under load cost a few more.
    assert len(history) <= MOST_EVENTS
    assert size <= MOST_BYTES
    written = len({event.sequence for event in await fast_house.events(opened.return_id)})
    assert found["upsert_workflow_search_attributes"] <= found["marker_recorded"] <= written
    assert set(found) - set(documented_kinds()) == set()


@pytest.fixture
def replayer() -> Replayer:
    return Replayer(
        workflows=[ReturnWorkflow, FollowUpWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=WORKFLOW_RUNNER,
    )


async def history_of(opened: OpenReturn) -> WorkflowHistory:
    return await opened.handle.fetch_history()


async def test_histories_replay(house: House, replayer: Replayer) -> None:
    """A worker with an empty cache reads every history as the first one wrote it."""
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 3))
    await opened.ready_for_handover()
    histories = [await history_of(opened)]
    await opened.arrive_and_grade(order, Grade.X)
    await opened.until_waiting("awaiting_dispute")
    histories.append(await history_of(opened))
    await house.pass_time(hours=25)
    await opened.until_waiting("awaiting_ship_back")
    await opened.scan(Milestone.DELIVERED, delivery_id="d2")
    await opened.ends()
    histories.append(await history_of(opened))

    for history in histories:
        await replayer.replay_workflow(history)


async def test_a_cancelled_history_replays(house: House, replayer: Replayer) -> None:
    """An operator's cancellation and its compensation replay as well."""
    opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
    await opened.until_waiting("awaiting_pickup")
    await opened.handle.cancel()
    await opened.until_headline("WITHDRAWN")

    await replayer.replay_workflow(await history_of(opened))


async def test_a_further_tender_costs_nothing_in_history(fast_house: House) -> None:
    """All refunds of a settlement are sent by the one step that seals it."""
    opened = await whole_return(fast_house)
    activities = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in await opened.history()
        if event.HasField("activity_task_scheduled_event_attributes")
    ]

    assert len(opened.ledger()["refunds"]) == 2
    assert activities == ["fetch_facts", "buy_label", "book_pickup", "settle", "move_stock"]
