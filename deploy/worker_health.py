#!/usr/bin/env python3
"""Ends with 0 while the worker of this machine asks Temporal for work, with 1 when it does not.

A worker listens on no port, so its health is what the engine sees of it: a poller of its task queue
whose identity ends in this machine's name, seen within the last two minutes.
"""

import asyncio
import socket
import sys
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.service import RPCError

from runtime.leaving import leave
from runtime.settings import Settings, load_settings
from runtime.temporal import connect

# A worker asks anew every minute at the latest.
_SEEN_WITHIN = timedelta(minutes=2)
_PATIENCE = timedelta(seconds=5)


async def is_polling(settings: Settings, machine: str) -> bool:
    """Say whether a worker of ``machine`` asks for workflow tasks."""
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=settings.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=_PATIENCE,
    )
    now = datetime.now(UTC)
    return any(
        poller.identity.endswith(f"@{machine}")
        and now - poller.last_access_time.ToDatetime(tzinfo=UTC) < _SEEN_WITHIN
        for poller in answer.pollers
    )


def main() -> int:
    try:
        healthy = asyncio.run(is_polling(load_settings(), socket.gethostname()))
    except (RPCError, RuntimeError) as error:
        sys.stderr.write(f"the engine does not answer: {error}\n")
        return 1
    if not healthy:
        sys.stderr.write("the engine has not seen this worker for two minutes\n")
    return 0 if healthy else 1


if __name__ == "__main__":
    leave(main())
