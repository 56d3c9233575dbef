"""Whoever asks the engine says how long it may take: a connection may die without a sound."""

import ast
import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from api.starting import Patience, Starter
from domain.commands import Actor
from domain.lifecycle import Headline
from domain.requests import RequestedLine, ReturnRequest

ROOT = Path(__file__).parents[2]
LAYERS = ("activities", "runtime", "workers", "api")
RAW = ("workflow_service", "operator_service")
ON_A_HANDLE = (
    "describe",
    "execute_update",
    "execute_update_with_start_workflow",
    "fetch_history_events",
    "result",
    "signal",
)


def unlimited(source: str) -> Iterator[str]:
    """Name the calls that would wait for the engine as long as it takes."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        called, on = node.func.attr, node.func.value
        given = {keyword.arg for keyword in node.keywords}
        raw = isinstance(on, ast.Attribute) and on.attr in RAW
        if (raw and "timeout" not in given) or (
            called in ON_A_HANDLE and "rpc_timeout" not in given
        ):
            yield f"{called}, line {node.lineno}"


def test_no_question_to_the_engine_waits_for_ever() -> None:
    """A sweep, a webhook and a restart each end when the engine says nothing."""
    sources = [path for layer in LAYERS for path in (ROOT / layer).rglob("*.py")]

    found = {
        str(path.relative_to(ROOT)): [*unlimited(path.read_text())]
        for path in sources
        if "devstack" not in path.parts  # it signals processes
    }

    assert {path: calls for path, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "source",
    ["await client.workflow_service.list_namespaces(asked)", "await handle.signal('news', told)"],
)
def test_a_question_without_an_end_is_found(source: str) -> None:
    """The search above would see one."""
    assert list(unlimited(source)) != []


class Undecided:
    """An engine whose return cannot decide yet; as the SDK does, it tells of another error."""

    async def execute_update_with_start_workflow(
        self, *_asked: Any, start_workflow_operation: Any, **_said: Any
    ) -> NoReturn:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            start_workflow_operation._workflow_handle.set_exception(error)
            raise WorkflowUpdateRPCTimeoutOrCancelledError from error
        raise AssertionError


class Drafts:
    """A read model that has each return as a draft, once somebody asked the engine for it."""

    def __init__(self) -> None:
        self.reads = 0

    async def get(self, *_which: str) -> SimpleNamespace | None:
        self.reads += 1
        return SimpleNamespace(headline=Headline.DRAFT) if self.reads > 1 else None


def test_a_start_that_is_given_up_leaves_no_complaint(caplog: pytest.LogCaptureFixture) -> None:
    """A parked start is answered; that nobody waits for its decision is no trouble to log."""
    engine: Any = Undecided()
    rows: Any = Drafts()
    starter = Starter(engine, rows, task_queue="returns", patience=Patience())
    request = ReturnRequest("O-1", (RequestedLine("line-1", 1),))

    started = asyncio.run(starter.start("acme", Actor("platform", "shop"), "key-1", request))
    gc.collect()

    assert started.parked
    assert [record.message for record in caplog.records] == []
