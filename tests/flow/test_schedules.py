"""What Temporal starts again and again: alike but for what is started, and of use to a worker."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest
from temporalio.client import (
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionResult,
    ScheduleActionStartWorkflow,
    ScheduleOverlapPolicy,
)

from domain.ids import carrier_rounds_id_for, sweep_id_for
from tests.support.house import House, eventually
from workers.schedules import ensure_carrier_rounds, ensure_sweep
from workflows.options import (
    CARRIER_ROUND_EVERY,
    CARRIER_ROUND_LASTS,
    SWEEP_AT_MOST_EVERY,
    SWEEP_EVERY,
    SWEEP_LASTS,
)

BOTH: dict[str, tuple[Callable[..., Awaitable[None]], Callable[[str], str]]] = {
    "SweepWorkflow": (ensure_sweep, sweep_id_for),
    "CarrierRoundWorkflow": (ensure_carrier_rounds, carrier_rounds_id_for),
}


@pytest.mark.parametrize(
    ("name", "wanted", "lasts"),
    [
        ("SweepWorkflow", SWEEP_EVERY, SWEEP_LASTS),
        ("CarrierRoundWorkflow", CARRIER_ROUND_EVERY, CARRIER_ROUND_LASTS),
    ],
)
async def test_one_begins_at_a_time_and_none_is_made_up_for(
    fast_house: House, name: str, wanted: timedelta, lasts: timedelta
) -> None:
    """As often as is wanted, but not many times a second where time is scaled."""
    (ensure, id_for), queue = BOTH[name], fast_house.needs.task_queue
    schedule = fast_house.client.get_schedule_handle(id_for(queue))

    found = []
    for time_scale in (1, 100_000):
        await ensure(fast_house.client, task_queue=queue, time_scale=time_scale)
        found.append((await schedule.describe()).schedule)
    await schedule.delete()

    for one, every in zip(found, (wanted, SWEEP_AT_MOST_EVERY), strict=True):
        assert isinstance(one.action, ScheduleActionStartWorkflow)
        assert (one.action.workflow, one.action.task_queue) == (name, queue)
        assert one.action.execution_timeout == lasts
        assert [interval.every for interval in one.spec.intervals] == [every]
        assert one.policy.overlap is ScheduleOverlapPolicy.SKIP
        assert one.policy.catchup_window == every


@pytest.mark.parametrize("name", BOTH)
async def test_what_begins_comes_to_its_end(fast_house: House, name: str) -> None:
    """A worker understands what it is told."""
    (ensure, id_for), queue = BOTH[name], fast_house.needs.task_queue
    schedule = fast_house.client.get_schedule_handle(id_for(queue))
    await ensure(fast_house.client, task_queue=queue, time_scale=1)

    async def begun() -> Sequence[ScheduleActionResult]:
        return (await schedule.describe()).info.recent_actions

    await schedule.trigger()
    (first, *_) = await eventually(begun, bool)
    await schedule.delete()

    assert isinstance(first.action, ScheduleActionExecutionStartWorkflow)
    await fast_house.client.get_workflow_handle(first.action.workflow_id).result()
