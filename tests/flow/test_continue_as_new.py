"""A return that lives long goes on in a new run, and nobody outside can tell."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from domain.inspection import Grade
from domain.tracking import Milestone
from runtime.devstack.temporal import dynamic_config_arguments, find_program
from runtime.temporal import DATA_CONVERTER, ensure_search_attributes
from tests.support.house import House, OpenReturn, eventually, open_house
from tests.support.postgres import Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient
from tests.support.told import graded, received, some_of
from workflows.messages import CommandAnswer, CountedEntry

LAMP = (CountedEntry("LAMP-DESK-WHITE", 1),)
SHORT = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=15")


@pytest_asyncio.fixture
async def forgetful_house(
    database: Database, shared_sandbox: Sandbox, outside: SandboxClient
) -> AsyncIterator[House]:
    """A house whose server suggests a new run after fifteen events."""
    environment = await WorkflowEnvironment.start_local(
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=find_program("temporal"),
        dev_server_extra_args=[*dynamic_config_arguments(), *SHORT],
        dev_server_log_level="error",
    )
    async with environment:
        await ensure_search_attributes(environment.client)
        async with open_house(
            environment, database, shared_sandbox, outside, time_scale=200_000
        ) as opened:
            yield opened


async def test_keeps_state_answers_and_waits(forgetful_house: House) -> None:
    """Through many runs: the same return, the same answer to a repeated command, one end."""
    opened = await forgetful_house.open(some_of(forgetful_house.sandbox.order("three-units"), 1))
    opened = replace(opened, handle=forgetful_house.latest_run(opened.handle.id))
    first_run = (await opened.handle.describe()).run_id
    await opened.ready_for_handover()
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")
    first = await opened.do(received(LAMP, command_id="c-1"))
    await eventually(lambda: run_of(opened), lambda run: run != first_run)
    # Under another update id: Temporal remembers update ids per run, the return per lifetime.
    again = await opened.handle.execute_update(
        "receive", received(LAMP, command_id="c-1"), id="c-2", result_type=CommandAnswer
    )
    await opened.do(graded("line-1/1", Grade.A))

    assert again == first
    assert (await opened.handle.result()).headline == "CLOSED"
    assert "return.completed" in await opened.stream()
    assert len(opened.ledger()["refunds"]) == 1


async def run_of(opened: OpenReturn) -> str | None:
    return (await opened.handle.describe()).run_id
