"""Workflow histories, counted: how many events and bytes of what."""

from collections import defaultdict
from dataclasses import dataclass

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

_SUFFIX = "_event_attributes"
_GROUPS = {
    "workflow_task": "workflow tasks",
    "activity_task": "activities",
    "marker_recorded": "local activities",
    "upsert_workflow_search_attributes": "search attributes",
    "timer": "timers",
    "workflow_execution_update": "updates",
    "workflow_execution_signaled": "signals",
    "workflow_execution": "start and end",
}


@dataclass(frozen=True, slots=True)
class Counted:
    events: int
    bytes: int


async def read_events(client: Client, workflow_id: str) -> list[HistoryEvent]:
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    return list(history.events)


def kind_of(event: HistoryEvent) -> str:
    """Return the event's kind, such as ``timer_started``."""
    return (event.WhichOneof("attributes") or "unknown").removesuffix(_SUFFIX)


def by_kind(events: list[HistoryEvent]) -> dict[str, Counted]:
    """Count events by their kind; bytes are those of the events as sent, uncompressed."""
    found: dict[str, Counted] = defaultdict(lambda: Counted(0, 0))
    for event in events:
        kind, before = kind_of(event), found[kind_of(event)]
        found[kind] = Counted(before.events + 1, before.bytes + event.ByteSize())
    return dict(found)


def group_of(kind: str) -> str:
    """Return what events of a kind are spent on."""
    return next((name for prefix, name in _GROUPS.items() if kind.startswith(prefix)), kind)


_STEPS = {
    "workflow_task_completed": "workflow tasks",
    "activity_task_scheduled": "activities",
    "marker_recorded": "local activities",
    "timer_started": "timers",
    "workflow_execution_update_accepted": "updates",
    "workflow_execution_signaled": "signals",
    "upsert_workflow_search_attributes": "search attribute upserts",
}


def steps_of(events: list[HistoryEvent]) -> dict[str, int]:
    """Count the durable steps of one history, each once."""
    kinds = [kind_of(event) for event in events]
    return {name: kinds.count(kind) for kind, name in _STEPS.items()}
