"""The command line, as people type it: what it prints, and how it ends."""

import json
from zoneinfo import ZoneInfo

import pytest

from tests.support.asking import PATIENCE, complained, courier_ordered, labelled, new_key
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


async def test_previews_and_starts(journey: Journey, terminal: Terminal) -> None:
    """What a start would pay is said before; the start says what comes next."""
    order = journey.sandbox.order("three-units")["order_id"]

    previewed = await terminal.type("returns", "preview", order, "line-1:2")
    started = await terminal.type("returns", "start", order, "line-1:2", "--json")
    listed = await terminal.type("returns", "list", "--order", order)

    assert previewed[0] == started[0] == listed[0] == 0
    assert "together 250.46 CNY" in previewed[1]
    assert "price 228.32 CNY - discount 6.67 CNY + tax 28.81 CNY = 250.46 CNY" in previewed[1]
    view = json.loads(started[1])
    assert view["headline"] == "APPROVED"
    assert view["rma_no"] in listed[1]
    assert view["return_id"] in listed[1]


async def test_says_why_it_is_refused(journey: Journey, terminal: Terminal) -> None:
    """A refusal is exit status 1, with code and field; a wrong form is 2."""
    refused = await terminal.type("returns", "start", "O-unknown", "line-1")
    misspelt = await terminal.type("returns", "start", "O\tunknown", "line-1")

    assert refused[0] == 1
    assert "422 order_not_found (order_id)" in refused[2]
    assert misspelt[0] == 2
    assert "order_id" in misspelt[2]


async def test_explains_and_moves_a_return(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ops read the wait's name, owner and end, and the warehouse counts what came."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "ops")
    explained = await terminal.type("ops", "explain", view.rma_no)
    nothing_parked = await terminal.type("ops", "retry", view.rma_no)
    sign_in(journey, monkeypatch, "warehouse")
    received = await terminal.type(
        "returns", "receive", view.rma_no, "LAMP-DESK-WHITE", "--receipt", "R-1", "--parcel", "P-1"
    )
    shown = await terminal.type("returns", "get", view.rma_no)

    assert "awaiting_handover" in explained[1]
    assert nothing_parked[0] == 1
    assert "possible now: withdraw, change-handover" in nothing_parked[2]
    assert received[0] == 0
    assert view.return_id in shown[1]


async def test_finance_is_told_what_cannot_be_ruled_on(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refund that is not there has no end to rule on, and a ruling has its proof."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "finance")
    ruling = ("finance", "reconcile-refund", view.rma_no, "intent-1", "not_paid")

    unfounded = await terminal.type(*ruling, "--proof", "")
    unknown = await terminal.type(*ruling, "--proof", "report 7, line 3")

    assert (unfounded[0], unknown[0]) == (2, 1)
    assert "proof" in unfounded[2]
    assert "refund_not_found (intent_id)" in unknown[2]


async def test_says_what_came_that_nobody_awaited(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever counts a parcel learns at once what is too much and what is not there."""
    view = await labelled(journey, quantity=2)
    sign_in(journey, monkeypatch, "warehouse")
    count = ("returns", "receive", view.rma_no, "LAMP-DESK-WHITE:1", "MUG:2")

    counted = await terminal.type(*count, "--receipt", "R-7", "--parcel", "P-7")
    shown = await terminal.type("returns", "get", view.rma_no)

    assert "unexpected: 2 × MUG" in counted[1]
    assert "still missing: 1 × LAMP-DESK-WHITE" in counted[1]
    assert "receipt R-7: 1 × LAMP-DESK-WHITE, 2 × MUG (2 unexpected)" in shown[1]


async def test_the_timeline_says_what_each_event_says(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads it at night needs no JSON to see what was booked, counted and paid."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "warehouse")
    await terminal.type(
        *("returns", "receive", view.rma_no, "LAMP-DESK-WHITE"),
        *("--receipt", "R-1", "--parcel", "P-1", "--location", "MAIN"),
    )
    await terminal.type("returns", "inspect", view.rma_no, view.lots[0].lot_id, "A")
    await journey.client().wait_until(
        view.return_id, lambda seen: seen.settlement_state == "SETTLED", timeout=PATIENCE
    )
    sign_in(journey, monkeypatch, "platform")

    told = {
        line.split()[3]: line
        for line in (await terminal.type("returns", "timeline", view.rma_no))[1].splitlines()
    }

    assert all(line.split()[2] == "UTC" for line in told.values())
    assert f"tracking_code={view.deliveries[0].tracking_code}" in told["delivery.label_created"]
    assert "receipt_id=R-1" in told["parcel.received"]
    assert "grade=A" in told["inspection.completed"]
    assert "warehouse:" in told["inspection.completed"]
    assert "amount=125.24 CNY" in told["refund.settled"]


async def test_tells_of_a_courier_who_did_not_come(journey: Journey, terminal: Terminal) -> None:
    """The shop hears it from its customer; the visit shows whose fault it was."""
    view = await courier_ordered(journey)

    told = await terminal.type(
        "returns", "pickup-outcome", view.rma_no, "d1", "1", "courier_no_show"
    )
    again = await terminal.type(
        "returns", "pickup-outcome", view.rma_no, "d1", "1", "courier_no_show"
    )
    shown = await terminal.type("returns", "get", view.rma_no)

    assert told[0] == 0
    assert again[0] == 1
    assert "pickup_over (attempt)" in again[2]
    assert "courier_no_show, fault CARRIER" in shown[1]
    begin = view.deliveries[0].pickups[0].not_before.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"courier 1: {begin:%Y-%m-%d %H:%M} to " in shown[1]
    assert " Europe/Berlin, courier_no_show" in shown[1]


async def test_a_reviewer_gives_each_line_its_reason(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Granted in part on the command line: who decided and why is shown with the return."""
    view = await complained(journey)
    sign_in(journey, monkeypatch, "reviewer")

    silent = await terminal.type("returns", "approve", view.rma_no, "line-1")
    done = await terminal.type(
        *("returns", "approve", view.rma_no, "line-1", "--reason", "no defect"),
        *("--reason-for", "line-2=worn by a dog = chewed"),
    )
    await journey.client().wait_until(
        view.return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
    )
    shown = await terminal.type("returns", "get", view.rma_no)

    assert (silent[0], done[0]) == (1, 0)
    assert "invalid_request (reason)" in silent[2]
    assert ": worn by a dog = chewed" in shown[1]
    assert ": no defect" in shown[1]


async def test_ops_correct_on_the_command_line(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They read which field is at fault, and say what is true."""
    order, key = journey.sandbox.order("three-units"), new_key()
    sign_in(journey, monkeypatch, "platform")
    start = ("returns", "start", order["order_id"], "line-1", "--key", key)
    with journey.sandbox.nonsense(order, "lines[0].final_sale", "perhaps"):
        started = await terminal.type(*start)
        return_id = started[1].split()[2].rstrip(";")
        sign_in(journey, monkeypatch, "ops")
        explained = await terminal.type("ops", "explain", return_id)
        money = await terminal.type(
            "ops", "correct", return_id, "tenders[0].captured_minor", "1", "--reason", "x"
        )
        corrected = await terminal.type(
            "ops", "correct", return_id, "lines[0].final_sale", "false", "--reason", "a lamp"
        )
        await journey.client().wait_until(
            return_id, lambda seen: seen.headline == "APPROVED", timeout=PATIENCE
        )
        sign_in(journey, monkeypatch, "platform")
        decided = await terminal.type(*start, "--json")

    assert started[0] == 0
    assert started[1].startswith("parked as ")
    assert f"`backhaul ops explain {return_id}` says why" in started[1]
    assert "field at fault: lines[0].final_sale" in explained[1]
    assert money[0] == 1
    assert "mend_at_platform" in money[2]
    assert corrected[0] == 0
    assert json.loads(decided[1])["headline"] == "APPROVED"


async def test_makes_the_first_key_in_the_database(journey: Journey, terminal: Terminal) -> None:
    """Before there is a key to call with, a tenant and its key are made on the spot."""
    made = await terminal.type("tenants", "create", "corner-shop", "Corner Shop")
    key = await terminal.type("keys", "create", "--tenant", "corner-shop", "--role", "admin")
    listed = await terminal.type("keys", "list", "--tenant", "corner-shop")
    answer = await journey.anonymous.get(
        "/v1/tenants", headers={"Authorization": f"Bearer {key[1].strip()}"}
    )

    assert (made[0], key[0], listed[0]) == (0, 0, 0)
    assert [item["tenant_id"] for item in answer.json()["items"]] == ["corner-shop"]
    assert key[1].strip() not in listed[1]


async def test_refuses_what_cannot_be_made(terminal: Terminal) -> None:
    """No tenant, no key; a wrong name, no tenant; secrets missing, no connection."""
    commands = (
        ("keys", "create", "--tenant", "nobody", "--role", "admin"),
        ("tenants", "create", "Not A Slug", "x"),
        ("tenants", "connect", "acme", "stripe", "http://127.0.0.1:1"),
    )

    assert [(await terminal.type(*words))[0] for words in commands] == [1, 1, 1]
