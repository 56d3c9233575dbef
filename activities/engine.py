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
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.ids import RETURN_WORKFLOW, workflow_id_for

ANSWERS_WITHIN = timedelta(seconds=5)
"""Longer than the engine takes on a busy machine. Without it, a connection that died unnoticed
would hold whoever asks for minutes."""
REGISTERS_WITHIN = timedelta(seconds=30)
"""A new search attribute changes the visibility store; a server that just began is slow at it."""
_TENANT = SearchAttributeKey.for_keyword("TenantId")
_ENDED = (
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
)


def of_tenant(tenant_id: str) -> TypedSearchAttributes:
    """Return what a run is found by from its start on: whose it is."""
    return TypedSearchAttributes([SearchAttributePair(_TENANT, tenant_id)])


async def begin_again_with_news(
    client: Client,
    start: object,
    *,
    tenant_id: str,
    return_id: str,
    task_queue: str,
    signal: str,
    told: object,
    summary: str,
) -> None:
    """Start a new run of a return that has ended, and signal what it is ``told``.

    Of two that race one starts it and the other tells it.
    """
    await client.start_workflow(
        RETURN_WORKFLOW,
        start,
        id=workflow_id_for(return_id),
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=signal,
        start_signal_args=[told],
        search_attributes=of_tenant(tenant_id),
        static_summary=summary,
        rpc_timeout=ANSWERS_WITHIN,
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
