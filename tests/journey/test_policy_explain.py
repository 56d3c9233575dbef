"""How a return was decided, on the command line."""

import json

import pytest

from backhaul_client import ApproveCommand
from tests.support.asking import PATIENCE, complained, new_key
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give sentences the room of one line."""
    monkeypatch.setenv("COLUMNS", "200")


async def test_the_terminal_shows_the_tree_with_its_codes(
    journey: Journey, terminal: Terminal, wide: None
) -> None:
    """In the language that was asked for, and what a person typed as it is."""
    view = await complained(journey)
    command = ApproveCommand(line_ids=("line-1",), reason="[red]worn[/red] by a dog")
    await journey.client("reviewer").approve(view.return_id, command, idempotency_key=new_key())
    await journey.client().wait_until(
        view.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
    )

    english = await terminal.type("policy", "explain", view.rma_no)
    chinese = await terminal.type("policy", "explain", view.rma_no, "--lang", "zh")

    assert english[0] == chinese[0] == 0
    assert ": ✓ Granted [APPROVE]" in english[1]
    assert ": ✗ 不同意 [REJECT]" in chinese[1]
    assert "├── 规则的结论" in chinese[1]
    assert "工作人员会查看您提供的说明和凭证。 [M_EVIDENCE_REQUIRED]" in chinese[1]
    assert "给出的理由：[red]worn[/red] by a dog" in chinese[1]


async def test_programs_read_the_same_as_json(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may read a return may read its decision."""
    view = await complained(journey)
    sign_in(journey, monkeypatch, "auditor")

    found = await terminal.type("policy", "explain", view.return_id, "--lang", "ja", "--json")
    unknown = await terminal.type("policy", "explain", "RMA-0000-00-0")

    tree = json.loads(found[1])
    assert (tree["rma_no"], tree["language"]) == (view.rma_no, "ja")
    assert tree["lines"][0]["verdict"]["code"] == "MANUAL_REVIEW"
    assert unknown[0] == 1
    assert "return_not_found" in unknown[2]
