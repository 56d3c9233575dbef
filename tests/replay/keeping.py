"""Keep the history of a run once it stands still."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.replay.corpus import Corpus, Entry
from tests.replay.decisions import decisions_on
from tests.replay.scrubbing import scrubbed
from tests.support.house import eventually

_ACTIVITY_ENDS = (
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
)
_TASKS = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
)


class Running(Protocol):
    """What has a workflow behind it: an open return."""

    @property
    def handle(self) -> Any: ...


@dataclass(slots=True)
class Keep:
    """Writes a run's history and what it decided into the corpus, as one scenario."""

    corpus: Corpus
    client: Client
    workflow: str
    kept: list[str] = field(default_factory=list)

    async def __call__(self, scenario: str, running: Running, *, run_id: str | None = None) -> None:
        workflow_id = running.handle.id
        handle = self.client.get_workflow_handle(workflow_id, run_id=run_id)
        history = await eventually(handle.fetch_history, lambda read: stands_still(read.events))
        entry = Entry(self.workflow, scenario, self.corpus.version)
        events = scrubbed(history.to_json_dict()["events"])
        self.corpus.keep_history(entry, workflow_id, events)
        self.corpus.keep_golden(entry, await decisions_on(self.corpus.history(entry)))
        self.kept.append(f"{entry.workflow}/{scenario}")


def stands_still(events: Sequence[Any]) -> bool:
    """Say whether no task and no activity is under way: replay needs whole tasks."""
    tasks = [event.event_type for event in events if event.event_type in _TASKS]
    begun = [e for e in events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
    ended = [e for e in events if e.event_type in _ACTIVITY_ENDS]
    return tasks[-1:] == [_TASKS[-1]] and len(begun) == len(ended)
