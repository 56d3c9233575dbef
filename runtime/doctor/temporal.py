"""Temporal: does it answer, with our namespace, search attributes, workers and at what time."""

import asyncio
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
    PollWorkflowTaskQueueRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.engine import ANSWERS_WITHIN
from domain.ids import sweep_id_for
from runtime.doctor.findings import Finding, broken, clock, doubtful, version_of, well
from runtime.settings import Settings, variable
from runtime.temporal import SEARCH_ATTRIBUTE_TYPES, connect

_TESTED = (1, 32)
_CONNECT_SECONDS = 10.0
_PROBES = 40
_PROBE_SECONDS = 0.05
# A worker asks again at the latest after a minute; the server remembers it for five.
_SILENT = timedelta(seconds=90)
_MISSED = 3
"""Sweeps that may be left out, one after the other, before somebody should look."""
_QUEUES = {
    "workflow": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activity": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


async def reachable(settings: Settings) -> tuple[list[Finding], Client | None]:
    """Connect to the namespace; the client is ``None`` when there is nothing to ask on."""
    address, namespace = settings.temporal_address, settings.temporal_namespace
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            client = await connect(address, namespace)
            info = await client.workflow_service.get_system_info(
                GetSystemInfoRequest(), timeout=ANSWERS_WITHIN
            )
            await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=namespace), timeout=ANSWERS_WITHIN
            )
    except (RuntimeError, TimeoutError, RPCError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            mend = (
                f"`temporal operator namespace create --namespace {namespace}`, or correct"
                f" {variable('temporal_namespace')}"
            )
            return [broken("temporal", f"{address} has no namespace {namespace}", mend)], None
        mend = (
            f"start Temporal (embedded: `backhaul up`), or correct {variable('temporal_address')}"
        )
        return [broken("temporal", f"{address} does not answer", mend)], None
    return [
        well("temporal", f"{address} serves namespace {namespace}"),
        version_of("temporal server", info.server_version, _TESTED, name="Temporal"),
    ], client


async def search_attributes(client: Client) -> Finding:
    """Compare the namespace's search attributes with ours."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=ANSWERS_WITHIN
    )
    missing = SEARCH_ATTRIBUTE_TYPES.keys() - answer.custom_attributes.keys()
    other = {
        name
        for name, kind in SEARCH_ATTRIBUTE_TYPES.items()
        if name not in missing and _kind(answer.custom_attributes[name]) != kind
    }
    if other:
        name = min(other)
        found = f"{', '.join(sorted(other))} of another type, wanted {SEARCH_ATTRIBUTE_TYPES[name]}"
        mend = "use a namespace of Backhaul's own: a search attribute keeps its type for good"
        return broken("search attributes", found, mend)
    if missing:
        parts = (f"--name {name} --type {SEARCH_ATTRIBUTE_TYPES[name]}" for name in sorted(missing))
        mend = (
            "start a worker, which registers them, or `temporal operator search-attribute create"
            f" --namespace {client.namespace} {' '.join(parts)}`"
        )
        return broken("search attributes", f"missing: {', '.join(sorted(missing))}", mend)
    return well("search attributes", f"all {len(SEARCH_ATTRIBUTE_TYPES)} are registered")


async def skew(client: Client) -> timedelta | None:
    """Measure how far Temporal's clock is ahead of ours; ``None`` when it cannot be seen.

    No call tells the time. But a queue remembers when somebody last asked it for work, so we ask
    one of our own, which never has any, and look.
    """
    me = f"doctor-{uuid.uuid4()}"
    queue = TaskQueue(name="backhaul-doctor")
    asked_at = datetime.now(UTC)
    asking = asyncio.create_task(
        client.workflow_service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=queue, identity=me),
            timeout=ANSWERS_WITHIN,
        )
    )
    try:
        for _ in range(_PROBES):
            for poller in await _pollers(client, queue.name, _QUEUES["workflow"]):
                if poller.identity == me:
                    return _outside(asked_at, _time(poller.last_access_time), datetime.now(UTC))
            await asyncio.sleep(_PROBE_SECONDS)
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError, RPCError):
            await asking
    return None


def _outside(earliest: datetime, found: datetime, latest: datetime) -> timedelta:
    if found < earliest:
        return found - earliest
    return max(found - latest, timedelta())


def clock_of(skewed: timedelta | None) -> Finding:
    if skewed is None:
        found = "cannot be seen: Temporal does not say when it was asked"
        return doubtful("clock: temporal", found, "compare `date` on both machines")
    return clock("clock: temporal", skewed)


async def workers(client: Client, settings: Settings, skewed: timedelta) -> Finding:
    """Look who takes work from the task queue, by Temporal's clock."""
    queue = settings.task_queue
    mend = f"`backhaul worker` (embedded: `backhaul up`), with {variable('task_queue')}={queue}"
    silent: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, kind in _QUEUES.items():
        pollers = await _pollers(client, queue, kind)
        now = datetime.now(UTC) + skewed
        counts[name] = sum(now - _time(one.last_access_time) <= _SILENT for one in pollers)
        if pollers and not counts[name]:
            newest = max(_time(one.last_access_time) for one in pollers)
            silent[name] = f", the last one {(now - newest).total_seconds():.0f} s ago"
    nobody = [
        f"nobody takes {name} tasks{silent.get(name, '')}" for name in counts if not counts[name]
    ]
    if nobody:
        return broken("workers", f"task queue {queue}: {'; '.join(nobody)}", mend)
    return well("workers", f"{min(counts.values())} on task queue {queue}")


async def sweep(client: Client, settings: Settings, skewed: timedelta) -> Finding:
    """Look whether the search for lost runs goes on, by Temporal's clock."""
    schedule_id = sweep_id_for(settings.task_queue)
    try:
        found = await client.get_schedule_handle(schedule_id).describe(rpc_timeout=ANSWERS_WITHIN)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        mend = "start a worker, which makes it: `backhaul worker` (embedded: `backhaul up`)"
        return broken("sweep", f"there is no schedule {schedule_id}: no lost run is found", mend)
    if found.schedule.state.paused:
        mend = f"`temporal schedule toggle --unpause --schedule-id {schedule_id}`"
        return doubtful("sweep", f"schedule {schedule_id} is paused: no lost run is found", mend)
    if not found.schedule.spec.intervals:
        said = f"schedule {schedule_id} has no interval: lost runs are found late or never"
        return doubtful("sweep", said, "restart a worker, which gives it its own again")
    every = found.schedule.spec.intervals[0].every
    begun = [action.started_at for action in found.info.recent_actions]
    age = datetime.now(UTC) + skewed - max(begun, default=found.info.created_at)
    said = f"the last began {age.total_seconds():.0f} s ago, every {every.total_seconds():.0f} s"
    if age > _MISSED * every + _SILENT:
        mend = "look at the workers above; the sweep under way waits for them or for the database"
        return broken("sweep", said, mend)
    return well("sweep", said)


async def _pollers(client: Client, queue: str, kind: TaskQueueType.ValueType) -> list[PollerInfo]:
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
        ),
        timeout=ANSWERS_WITHIN,
    )
    return list(answer.pollers)


def _kind(value: IndexedValueType.ValueType) -> str:
    words = IndexedValueType.Name(value).removeprefix("INDEXED_VALUE_TYPE_").split("_")
    return "".join(word.capitalize() for word in words)


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)
