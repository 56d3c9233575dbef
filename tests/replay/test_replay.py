"""Returns that are under way when the code changes go on as they began."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from tests.replay.corpus import SCENARIOS, Corpus, Entry
from tests.replay.decisions import decisions_on, differences
from tests.support.sandbox_client import EXAMPLES

CORPUS = Corpus()
ENTRIES = tuple(CORPUS.entries())
_ENDS = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
)
_OF_A_MACHINE = re.compile(r"127\.0\.0\.1|localhost|\d+@|/(home|root|tmp|work|Users|opt|usr|var)/")
_OF_A_PERSON = ("name", "email", "phone", "street1")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
async def test_goes_on_as_it_began(entry: Entry) -> None:
    """Today's code orders the steps of every recorded run, and says the same in each of them."""
    golden = CORPUS.golden(entry)

    # Raises where the steps differ; what they say is compared here alone.
    found = await decisions_on(CORPUS.history(entry))

    changed = differences(golden, found)
    assert not changed, "\n".join(changed)


def test_every_branch_is_recorded() -> None:
    """The version at hand has all scenarios, and no file is left of one that is gone."""
    wanted = {
        Entry(workflow, scenario, CORPUS.version)
        for workflow, scenarios in SCENARIOS.items()
        for scenario in scenarios
    }
    golden = set(CORPUS.folder.glob("golden/*/*"))

    assert {entry for entry in ENTRIES if entry.version == CORPUS.version} == wanted
    assert golden == {CORPUS.golden_path(entry) for entry in ENTRIES}


def test_open_runs_are_among_them() -> None:
    """A change that ends a return early shows only in one that is still open."""
    open_runs = [
        entry for entry in ENTRIES if CORPUS.history(entry).events[-1].event_type not in _ENDS
    ]

    assert len(open_runs) >= 20


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_holds_nothing_of_a_machine_or_a_person(entry: Entry) -> None:
    """No host, path or process of who recorded it, and no customer's name or address."""
    kept = json.loads(CORPUS.history_path(entry).read_text())
    text = "\n".join(texts_in(kept))

    found = [match.group() for match in _OF_A_MACHINE.finditer(text)]
    found += [known for known in people() if known in text]

    assert found == []


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a history, payloads decoded."""
    if isinstance(value, str):
        yield value
    for part in value if isinstance(value, list) else ():
        yield from texts_in(part)
    if isinstance(value, dict):
        for key, part in value.items():
            is_payload = key == "data" and "metadata" in value
            yield from texts_in(base64.b64decode(part).decode() if is_payload else part)


def people() -> list[str]:
    """Return what the examples tell of the people who ordered, and of who takes parcels in."""
    told: list[str] = []

    def read(values: dict[str, Any]) -> dict[str, Any]:
        told.extend(values[key] for key in _OF_A_PERSON if values.get(key))
        return values

    for path in EXAMPLES.glob("*.json"):
        json.loads(path.read_text(), object_hook=read)
    return told


def test_a_golden_file_takes_new_fields_and_nothing_else() -> None:
    """Payloads only grow: a field more is fine, another value or a step more is not."""
    golden: list[Any] = [{"activity": "settle", "asked": [{"amount": 5}]}, {"timer": 2.0}]

    grown = [{"activity": "settle", "asked": [{"amount": 5, "new": 1}]}, {"timer": 2.0}]

    assert differences(golden, grown) == []
    assert differences(golden, [{**golden[0], "asked": [{"amount": 6}]}, golden[1]]) == [
        "[0].asked[0].amount: 5 recorded, 6 now"
    ]
    assert differences(golden, [golden[0], {"timer": 3.0}]) == ["[1].timer: 2.0 recorded, 3.0 now"]
    assert differences(golden, golden[:1]) == [": 2 recorded, 1 now"]
