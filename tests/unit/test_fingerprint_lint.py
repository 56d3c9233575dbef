"""The lint rule that notices when a workflow orders its steps otherwise without a patch."""

from pathlib import Path

import pytest

from tests.replay.corpus import Corpus
from tests.support.fingerprint import check, record, sequences_in, unguarded

STEPS = """
async def call(activity, asked): ...
"""
FLOW = """
import asyncio
from dataclasses import replace

from temporalio import workflow

from workflows.steps import call


class Flow:
    async def run(self):
        await self._first()
        await call(Money.settle, 1)

    async def _first(self):
        await workflow.sleep(5)
        replace(self, now=workflow.now())
"""
RUN, FIRST = (
    "workflows.return_workflow.Flow.run",
    "workflows.return_workflow.Flow._first",
)


def sequences(root: Path, flow: str = FLOW) -> dict[str, list[str]]:
    folder = root / "workflows"
    folder.mkdir(exist_ok=True)
    (folder / "steps.py").write_text(STEPS)
    (folder / "return_workflow.py").write_text(flow)
    return sequences_in(root)


def changed(old: str, new: str) -> str:
    assert old in FLOW
    return FLOW.replace(old, new)


def test_reads_what_a_workflow_orders(tmp_path: Path) -> None:
    """Steps and calls of functions with steps, top to bottom; nothing else."""
    assert sequences(tmp_path) == {
        FIRST: ["sleep"],
        RUN: ["return_workflow.Flow._first", "call Money.settle"],
    }


def test_reads_what_is_called_through_the_case(tmp_path: Path) -> None:
    """A step that is as patient as the return's policy says is a step like any other."""
    through_the_case = changed("await call(Money.settle, 1)", "await self.case.call(Money.settle)")

    assert sequences(tmp_path, through_the_case)[RUN][-1] == "call Money.settle"


@pytest.mark.parametrize(
    ("flow", "name"),
    [
        (changed("Money.settle", "Money.refund"), RUN),
        (changed("        await self._first()\n", ""), RUN),
        (changed("await workflow.sleep(5)", "workflow.now()"), FIRST),
        (changed("await workflow.sleep(5)", "asyncio.create_task(x)"), FIRST),
        (changed("workflow.sleep(5)", "workflow.wait_condition(x, timeout=5)"), FIRST),
        (changed("sleep(5)", "sleep(5)\n        workflow.upsert_search_attributes([])"), FIRST),
        (changed("sleep(5)", "sleep(5)\n        workflow.continue_as_new(1)"), FIRST),
        (changed("sleep(5)", "execute_child_workflow(x)"), FIRST),
    ],
)
def test_finds_a_change_without_a_patch(tmp_path: Path, flow: str, name: str) -> None:
    """Another step, one less, one more: each is named with its function."""
    recorded = sequences(tmp_path)

    findings = unguarded(recorded, sequences(tmp_path, flow))

    assert any(finding.startswith(f"{name}\n") for finding in findings)


def test_takes_a_change_behind_a_patch(tmp_path: Path) -> None:
    """Old runs keep the old order, so the new one may be whatever it is."""
    recorded = sequences(tmp_path)
    patched = changed(
        "        await call(Money.settle, 1)\n",
        '        if workflow.patched("refund-first"):\n'
        "            await call(Money.refund, 1)\n"
        "        await call(Money.settle, 1)\n",
    )

    found = sequences(tmp_path, patched)

    assert found[RUN][1:] == ["patched 'refund-first'", "call Money.refund", "call Money.settle"]
    assert unguarded(recorded, found) == []


def test_leaves_short_workflows_alone(tmp_path: Path) -> None:
    """What no long-lived workflow imports may change freely: its runs end within minutes."""
    recorded = sequences(tmp_path)

    (tmp_path / "workflows" / "sweep.py").write_text(FLOW)

    assert sequences(tmp_path) == recorded


def test_an_old_patch_covers_no_new_change(tmp_path: Path) -> None:
    """A patch that was recorded stands for the change it came with."""
    with_patch = changed(
        "        await call(", '        workflow.patched("p")\n        await call('
    )
    recorded = sequences(tmp_path, with_patch)

    found = sequences(tmp_path, with_patch.replace("Money.settle", "Money.refund"))

    assert len(unguarded(recorded, found)) == 1


def test_a_function_that_orders_nothing_is_free(tmp_path: Path) -> None:
    """What only decides may be written anew; replay and golden files look after it."""
    recorded = sequences(tmp_path)

    assert unguarded(recorded, sequences(tmp_path, f"{FLOW}\n\ndef total():\n    return 1\n")) == []


def test_the_workflows_order_what_was_recorded() -> None:
    """No step of a long-lived workflow moved without a patch."""
    assert check(Corpus()) == []


@pytest.fixture
def released(tmp_path: Path) -> Corpus:
    """A project whose first version is recorded and released, and which works on its second."""
    corpus = Corpus(root=tmp_path, folder=tmp_path)
    (tmp_path / "fingerprint.json").write_text("{}")
    sequences(tmp_path)
    for version, heading in [("1.0.0", "unreleased"), ("1.1.0", "2026-03-02")]:
        (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
        (tmp_path / "CHANGELOG.md").write_text(f"## 1.0.0, {heading}\n")
        record(corpus)
    return corpus


def test_recording_anew_hides_nothing_from_a_release(released: Corpus) -> None:
    """A change may be recorded for the next version, and still needs its patch for the last."""
    sequences(released.root, changed("Money.settle", "Money.refund"))
    record(released)

    (finding,) = check(released)

    assert RUN in finding
    assert "order of 1.0.0" in finding
    assert "workflow.patched" in finding
    assert "recorded: return_workflow.Flow._first > call Money.settle" in finding
    assert "now:      return_workflow.Flow._first > call Money.refund" in finding


def test_before_a_release_recording_anew_is_enough(released: Corpus) -> None:
    """The message says how; afterwards there is nothing to say."""
    (released.root / "CHANGELOG.md").write_text("## 1.1.0, unreleased\n")
    sequences(released.root, changed("Money.settle", "Money.refund"))
    (finding,) = check(released)

    record(released)

    assert "make corpus" in finding
    assert check(released) == []


def test_a_released_order_is_kept(released: Corpus) -> None:
    """Not even the recorder writes over it."""
    (released.root / "CHANGELOG.md").write_text("## 1.1.0, 2026-03-03\n## 1.0.0, 2026-03-02\n")
    before = (released.folder / "fingerprint.json").read_text()
    sequences(released.root, changed("Money.settle", "Money.refund"))

    record(released)

    assert (released.folder / "fingerprint.json").read_text() == before
    assert len(check(released)) == 1
