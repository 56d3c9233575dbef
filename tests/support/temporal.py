"""Temporal for tests: a time-skipping server a test, and one real development server a session."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from runtime.devstack.temporal import dynamic_config_arguments, find_program
from runtime.temporal import DATA_CONVERTER, ensure_search_attributes


@pytest.fixture(scope="session", autouse=True)
def _loaded_once() -> Iterator[None]:
    """Let a session's first worker alone find out whether each workflow can be loaded.

    Every worker does so as it starts, which takes it a fifth of a second.
    """
    loads, loaded = SandboxedWorkflowRunner.prepare_workflow, set[object]()

    def prepare(self: SandboxedWorkflowRunner, defn: Any) -> None:
        if defn.cls not in loaded:
            loads(self, defn)
            loaded.add(defn.cls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxedWorkflowRunner, "prepare_workflow", prepare)
        yield


@pytest_asyncio.fixture
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    """A server of this test's own whose clock jumps over every wait.

    Its clock is one for all workflows in it, and it loses tasks when several run at once: one
    return per test. It cannot list or count workflows.
    """
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER,
        test_server_existing_path=find_program("temporal-test-server"),
    )
    async with environment:
        await ensure_search_attributes(environment.client)
        yield environment


@pytest_asyncio.fixture(scope="session")
async def dev_server() -> AsyncIterator[WorkflowEnvironment]:
    """The real development server, shared: give every test a task queue and ids of its own."""
    environment = await WorkflowEnvironment.start_local(
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=find_program("temporal"),
        dev_server_extra_args=dynamic_config_arguments(),
        dev_server_log_level="error",
    )
    async with environment:
        await ensure_search_attributes(environment.client)
        yield environment


@pytest.fixture
def temporal_client(dev_server: WorkflowEnvironment) -> Client:
    """A client of the development server."""
    return dev_server.client
