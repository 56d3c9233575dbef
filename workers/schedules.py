"""What Temporal starts by the clock: one schedule each a deployment, kept current by workers."""

from dataclasses import replace
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from domain.ids import carrier_rounds_id_for, reconciliation_id_for, sweep_id_for
from workflows.carrier_rounds import CarrierRoundWorkflow
from workflows.options import (
    CARRIER_ROUND_EVERY,
    CARRIER_ROUND_LASTS,
    RECONCILE_AT_HOUR,
    RECONCILIATION_LASTS,
    SWEEP_AT_MOST_EVERY,
    SWEEP_EVERY,
    SWEEP_LASTS,
)
from workflows.reconciliation import ReconciliationWorkflow
from workflows.round_messages import Reconciliation, Sweep
from workflows.sweep import SweepWorkflow


async def ensure_sweep(client: Client, *, task_queue: str, time_scale: float) -> None:
    """Let Temporal start a sweep again and again; repeats change nothing but what is new.

    A schedule that an operator paused stays paused.
    """
    action = ScheduleActionStartWorkflow(
        SweepWorkflow.run,
        Sweep(),
        id=sweep_id_for(task_queue),
        task_queue=task_queue,
        execution_timeout=SWEEP_LASTS,
    )
    await _ensure(client, action.id, _again_and_again(action, SWEEP_EVERY / time_scale))


async def ensure_reconciliation(client: Client, *, task_queue: str) -> None:
    """Let Temporal compare each day's refunds with the providers' in the night after it."""
    await _ensure(client, reconciliation_id_for(task_queue), _reconciliation(task_queue))


async def ensure_carrier_rounds(client: Client, *, task_queue: str, time_scale: float) -> None:
    """Let Temporal look after parcels, bookings and outages at the carriers again and again."""
    action = ScheduleActionStartWorkflow(
        CarrierRoundWorkflow.run,
        id=carrier_rounds_id_for(task_queue),
        task_queue=task_queue,
        execution_timeout=CARRIER_ROUND_LASTS,
    )
    await _ensure(client, action.id, _again_and_again(action, CARRIER_ROUND_EVERY / time_scale))


async def _ensure(client: Client, schedule_id: str, schedule: Schedule) -> None:
    try:
        await client.create_schedule(schedule_id, schedule)
    except ScheduleAlreadyRunningError:

        def renewed(found: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(schedule, state=found.description.schedule.state))

        await client.get_schedule_handle(schedule_id).update(renewed)


def _reconciliation(task_queue: str) -> Schedule:
    at_night = ScheduleCalendarSpec(hour=[ScheduleRange(RECONCILE_AT_HOUR)])
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ReconciliationWorkflow.run,
            Reconciliation(),
            id=reconciliation_id_for(task_queue),
            task_queue=task_queue,
            execution_timeout=RECONCILIATION_LASTS,
        ),
        spec=ScheduleSpec(calendars=[at_night]),
        # A night that was missed is made up for when the engine is back within the day.
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=RECONCILIATION_LASTS
        ),
    )


def _again_and_again(action: ScheduleActionStartWorkflow, wanted: timedelta) -> Schedule:
    every = max(wanted, SWEEP_AT_MOST_EVERY)
    return Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        # One at a time, and none made up for: the next one sees all that they would have seen.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
    )
