"""What the workflow engine itself knows of a return: works with every worker down."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.enums.v1 import (
    EventType,
    PendingActivityState,
    TaskQueueType,
    WorkflowExecutionStatus,
)
from temporalio.api.failure.v1 import Failure
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client

from activities.engine import ANSWERS_WITHIN, goes_on, latest_run

# A task that nobody took for this long has no worker that would take it.
_LATE = timedelta(seconds=10)
_STARTED = (
    PendingActivityState.PENDING_ACTIVITY_STATE_STARTED,
    PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
)
_PAUSED = (
    PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED,
    PendingActivityState.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """An activity under way: ``state`` is running, retrying, paused or waiting_for_worker."""

    activity: str
    state: str
    attempt: int
    last_error: str | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class EngineState:
    """``status`` is running, paused, completed, failed, canceled, terminated, timed_out or missing.

    ``has_run``: there is one that goes on, or would once it is no longer paused.
    ``workers`` counts who asked for workflow tasks within the last minutes; ``tenant_id`` is whose
    return it is, as far as the engine knows.
    """

    workflow_id: str
    status: str
    has_run: bool = False
    tenant_id: str | None = None
    workers: int | None = None
    steps: tuple[Step, ...] = ()
    workflow_task_error: str | None = None
    findings: tuple[str, ...] = ()


async def engine_state(client: Client, workflow_id: str) -> EngineState:
    """Describe one workflow from outside.

    Raises:
        RPCError: the engine does not answer.
    """
    found = await latest_run(client, workflow_id)
    if found is None:
        return EngineState(workflow_id, "missing", findings=("the engine has no such workflow",))
    info = found.workflow_execution_info
    status = WorkflowExecutionStatus.Name(info.status).removeprefix("WORKFLOW_EXECUTION_STATUS_")
    state = EngineState(workflow_id, status.lower(), goes_on(found), _tenant(client, found))
    if state.status != "running":
        return replace(state, findings=(f"the workflow is {state.status}",))
    return await _running(client, state, found)


async def _running(
    client: Client, state: EngineState, found: DescribeWorkflowExecutionResponse
) -> EngineState:
    queue = found.execution_config.task_queue.name
    workers = await _pollers(client, queue)
    steps = tuple([await _step(client, pending) for pending in found.pending_activities])
    task_error = None
    findings: list[str] = []
    if found.HasField("pending_workflow_task"):
        task = found.pending_workflow_task
        waits = datetime.now(UTC) - _time(task.scheduled_time)
        if task.attempt > 1:
            task_error = await _task_error(client, state.workflow_id)
            findings.append(f"the workflow task fails, attempt {task.attempt}: {task_error}")
        elif waits > _LATE:
            findings.append(f"a workflow task waits since {waits.total_seconds():.0f} seconds")
    if workers == 0:
        findings.append(f"no worker polls task queue {queue!r}")
    findings += [_sentence(step) for step in steps]
    return replace(
        state,
        workers=workers,
        steps=steps,
        workflow_task_error=task_error,
        findings=tuple(findings) or ("the workflow waits; the engine has nothing to do for it",),
    )


async def _step(client: Client, pending: PendingActivityInfo) -> Step:
    if pending.paused or pending.state in _PAUSED:
        state = "paused"
    elif pending.state in _STARTED:
        state = "running"
    elif pending.attempt > 1:
        state = "retrying"
    else:
        state = "waiting_for_worker"
    retry = pending.HasField("next_attempt_schedule_time") and state == "retrying"
    return Step(
        activity=pending.activity_type.name,
        state=state,
        attempt=pending.attempt,
        last_error=await _decoded(client, pending.last_failure)
        if pending.HasField("last_failure")
        else None,
        next_attempt_at=_time(pending.next_attempt_schedule_time) if retry else None,
    )


def _sentence(step: Step) -> str:
    text = f"{step.activity} is {step.state.replace('_', ' ')}, attempt {step.attempt}"
    return f"{text}; last error: {step.last_error}" if step.last_error else text


async def _pollers(client: Client, queue: str) -> int:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=ANSWERS_WITHIN,
    )
    return len(answer.pollers)


async def _task_error(client: Client, workflow_id: str) -> str:
    """Return why the newest workflow task failed, without its stack trace."""
    history = await client.workflow_service.get_workflow_execution_history_reverse(
        GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
            maximum_page_size=20,
        ),
        timeout=ANSWERS_WITHIN,
    )
    for event in history.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failure = event.workflow_task_failed_event_attributes.failure
            return await _decoded(client, failure)
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
            return "a worker took it and did not answer in time"
    return "unknown"


async def _decoded(client: Client, failure: Failure) -> str:
    return str(await client.data_converter.decode_failure(failure))


def _tenant(client: Client, found: DescribeWorkflowExecutionResponse) -> str | None:
    fields = found.workflow_execution_info.search_attributes.indexed_fields
    payload: Payload | None = fields.get("TenantId")
    if payload is None:
        return None
    value = client.data_converter.payload_converter.from_payload(payload)
    return value if isinstance(value, str) else None


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
