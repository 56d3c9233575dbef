"""Keep item over HTTP and on the command line: wished, previewed, reviewed and paid."""

import json

import pytest

from tests.support.asking import PATIENCE
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


async def test_a_wish_to_keep_the_goods_is_granted_by_a_reviewer(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The preview says that a person decides; the goods stay, and the money comes."""
    order = journey.sandbox.order("three-units")["order_id"]
    asked = (order, "line-1:1", "--handover", "KEEP")

    previewed = await terminal.type("returns", "preview", *asked)
    started = await terminal.type("returns", "start", *asked, "--json")
    view = json.loads(started[1])
    sign_in(journey, monkeypatch, "reviewer")
    done = await terminal.type("returns", "approve", view["rma_no"], "line-1")

    kept = await journey.client().wait_until(
        view["return_id"], lambda seen: seen.lots[0].state == "REFUNDED", timeout=PATIENCE
    )
    assert "a person decides: M_KEEP_ITEM" in previewed[1]
    assert (view["headline"], done[0]) == ("IN_REVIEW", 0)
    assert (kept.deliveries, kept.lines[0].counters["kept"]) == ((), 1)


async def test_a_reviewer_chooses_it_for_what_is_not_worth_the_way(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A courier whom nobody wished for is refused by the field."""
    order = journey.sandbox.order("three-units")["order_id"]
    asked = ("--ground", "NON_CONFORMITY", "--reason", "DEFECTIVE", "--json")
    started = await terminal.type("returns", "start", order, "line-1", *asked)
    view = json.loads(started[1])
    sign_in(journey, monkeypatch, "reviewer")
    approve = ("returns", "approve", view["rma_no"], "line-1", "--handover")

    wrong = await terminal.type(*approve, "PICKUP")
    done = await terminal.type(*approve, "KEEP")

    assert (wrong[0], done[0]) == (1, 0)
    assert "invalid_request (handover)" in wrong[2]
