"""What the engine says of a return's run, whatever its workers do.

The raw calls are used: the client's own fail on a paused run.
"""

from collections.abc import Sequence
from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

ANSWERS_WITHIN = timedelta(seconds=5)
"""Longer than the engine takes on a busy machine. Without it, a connection that died unnoticed
would hold whoever asks for minutes."""
REGISTERS_WITHIN = timedelta(seconds=30)
"""A new search attribute changes the visibility store; a server that just began is slow at it."""
_ENDED = (
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
)


async def latest_run(client: Client, workflow_id: str) -> DescribeWorkflowExecutionResponse | None:
    """Describe the newest run, ended or not; ``None`` where the engine knows of none.

    Raises:
        RPCError: the engine does not answer.
    """
    try:
        return await client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=client.namespace, execution=WorkflowExecution(workflow_id=workflow_id)
            ),
            timeout=ANSWERS_WITHIN,
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


def goes_on(run: DescribeWorkflowExecutionResponse | None) -> bool:
    """Say whether there is a run that goes on, or would once it is no longer paused."""
    return run is not None and run.workflow_execution_info.status not in _ENDED


async def visibly_running(client: Client, workflow_ids: Sequence[str]) -> set[str]:
    """Ask visibility, which is quick and a little late, which of these are running."""
    ids = ", ".join(f"'{workflow_id}'" for workflow_id in workflow_ids)
    answer = await client.workflow_service.list_workflow_executions(
        ListWorkflowExecutionsRequest(
            namespace=client.namespace,
            page_size=len(workflow_ids),
            query=f"WorkflowId IN ({ids}) AND ExecutionStatus = 'Running'",
        ),
        timeout=ANSWERS_WITHIN,
    )
    return {info.execution.workflow_id for info in answer.executions}
