"""The schedule of the sweep: one a deployment, made and brought up to date by every worker."""

from dataclasses import replace
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.ids import sweep_id_for
from workflows.options import SWEEP_AT_MOST_EVERY, SWEEP_EVERY, SWEEP_LASTS
from workflows.sweep import Sweep, SweepWorkflow


async def ensure_sweep(client: Client, *, task_queue: str, time_scale: float) -> None:
    """Let Temporal start a sweep again and again; repeats change nothing but what is new.

    A schedule that an operator paused stays paused.
    """
    schedule = _schedule(task_queue, max(SWEEP_EVERY / time_scale, SWEEP_AT_MOST_EVERY))
    try:
        await client.create_schedule(sweep_id_for(task_queue), schedule)
    except ScheduleAlreadyRunningError:

        def renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(schedule, state=found.description.schedule.state))

        await client.get_schedule_handle(sweep_id_for(task_queue)).update(renewed)


def _schedule(task_queue: str, every: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            SweepWorkflow.run,
            Sweep(),
            id=sweep_id_for(task_queue),
            task_queue=task_queue,
            execution_timeout=SWEEP_LASTS,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        # One at a time, and none made up for: the next one sees all that they would have seen.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )
