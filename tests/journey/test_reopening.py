"""Who may reopen a return and which, over HTTP and on the command line."""

import pytest

from backhaul_client import BackhaulError, ReopenCommand
from tests.support.asking import labelled, new_key
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in

WHY = ReopenCommand(reason="the customer says that no money came")


async def test_an_open_return_is_not_reopened(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, and nothing of it changes."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "ops")

    with pytest.raises(BackhaulError) as refused:
        await journey.client("ops").reopen(view.return_id, WHY, idempotency_key=new_key())
    typed = await terminal.type("ops", "reopen", view.rma_no, "--reason", "asked by phone")

    assert refused.value.code == "command_not_allowed"
    assert typed[0] != 0
    assert "not CLOSED" in "".join(map(str, typed[1:]))
    types = [event.type for event in await journey.client().timeline(view.return_id)]
    assert "return.reopened" not in types
