"""What the code of today decides on a recorded history: every command, with its content.

Temporal's replay compares the order and kinds of commands and no content, so another amount, time
or name passes it. Here each command is written down as the workflow hands it to Temporal.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from runtime.temporal import DATA_CONVERTER, WORKFLOW_RUNNER
from workflows.follow_up import FollowUpWorkflow
from workflows.return_workflow import ReturnWorkflow

Step = dict[str, Any]

_DOCUMENTS = ("snapshot", "document")
_OF_A_DOCUMENT = ("headline", "lots", "settlements")
"""A document repeats the state at every transition; the rest of it stands in the events."""
_STATE = "resume_from"
"""The whole state as text, in which a new field would look like another decision."""


async def decisions_on(history: WorkflowHistory) -> list[Step]:
    """Replay a history with the current code, and return what it decides, in order.

    Raises:
        NondeterminismError: the code orders other commands than the history holds.
    """
    listening = _Listening(WORKFLOW_RUNNER)
    replayer = Replayer(
        workflows=[ReturnWorkflow, FollowUpWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=listening,
        # A busy machine takes longer than the two seconds that a task may otherwise take.
        debug_mode=True,
    )
    await replayer.replay_workflow(history)
    return [step for command in listening.commands for step in _steps(command)]


def differences(golden: Any, found: Any, path: str = "") -> list[str]:
    """Say where ``found`` lacks or changes what ``golden`` holds; fields may have been added."""
    if isinstance(golden, dict) and isinstance(found, dict):
        return [
            line
            for key, value in golden.items()
            for line in differences(value, found.get(key), f"{path}.{key}")
        ]
    if isinstance(golden, list) and isinstance(found, list):
        lines = [
            line
            for number, (value, other) in enumerate(zip(golden, found, strict=False))
            for line in differences(value, other, f"{path}[{number}]")
        ]
        if len(golden) != len(found):
            lines.append(f"{path}: {len(golden)} recorded, {len(found)} now")
        return lines
    return [] if golden == found else [f"{path}: {golden!r} recorded, {found!r} now"]


class _Listening(WorkflowRunner):
    """Runs workflows as ``runner`` does, and keeps the commands of each."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self.commands: list[WorkflowCommand] = []
        self._runner = runner

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Overheard(self._runner.create_instance(det), self.commands)

    def set_worker_level_failure_exception_types(
        self, types: Sequence[type[BaseException]]
    ) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


class _Overheard(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance, commands: list[WorkflowCommand]) -> None:
        self._instance = instance
        self._commands = commands

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = self._instance.activate(act)
        if not any(job.HasField("remove_from_cache") for job in act.jobs):
            self._commands.extend(completion.successful.commands)
        return completion

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


def _steps(command: WorkflowCommand) -> list[Step]:
    kind = command.WhichOneof("variant")
    assert kind is not None
    return _CONTENT[kind](getattr(command, kind))


def _activity(scheduled: Any) -> list[Step]:
    return [{"activity": scheduled.activity_type, "asked": _values(scheduled.arguments)}]


def _update(response: Any) -> list[Step]:
    if response.HasField("completed"):
        return [{"answer": _value(response.completed)}]
    if response.HasField("rejected"):
        return [{"refusal": response.rejected.application_failure_info.type}]
    return []


def _search_attributes(upserted: Any) -> list[Step]:
    shown = upserted.search_attributes.indexed_fields
    return [{"search_attributes": {name: _value(shown[name]) for name in sorted(shown)}}]


_CONTENT: Mapping[str, Callable[[Any], list[Step]]] = {
    "start_timer": lambda timer: [{"timer": timer.start_to_fire_timeout.ToMilliseconds() / 1000}],
    "cancel_timer": lambda _: [{"timer": None}],
    "schedule_activity": _activity,
    "schedule_local_activity": _activity,
    "upsert_workflow_search_attributes": _search_attributes,
    "update_response": _update,
    "set_patch_marker": lambda marker: [{"patched": marker.patch_id}],
    "complete_workflow_execution": lambda done: [{"completed": _value(done.result)}],
    "continue_as_new_workflow_execution": lambda new: [{"goes_on": _values(new.arguments)}],
    "cancel_workflow_execution": lambda _: [{"completed": "cancelled"}],
    "fail_workflow_execution": lambda failed: [{"failed": failed.failure.message}],
}


def _values(payloads: Iterable[Payload]) -> list[Any]:
    return [_value(payload) for payload in payloads]


def _value(payload: Payload) -> Any:
    return _reduced(json.loads(payload.data)) if payload.data else None


def _reduced(value: Any) -> Any:
    if isinstance(value, list):
        return [_reduced(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: part[name] for name in _OF_A_DOCUMENT}
        if key in _DOCUMENTS and part is not None
        else _reduced(part)
        for key, part in value.items()
        if key != _STATE
    }
