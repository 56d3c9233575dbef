"""An offer and its answer over HTTP and on the command line."""

from typing import Any

import pytest

from backhaul_client import AcceptOfferCommand
from tests.support.asking import PATIENCE, complained, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


async def test_an_offer_is_made_read_and_accepted(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeated acceptance answers the same; the credit note names what stays paid."""
    view, shop, key = await complained(journey), journey.client(), new_key()
    sign_in(journey, monkeypatch, "reviewer")

    made = await terminal.type(
        *("returns", "offer", view.rma_no, "--percent", "30", "--message", "Keep it all.")
    )
    open_ = await shop.wait_until(
        view.return_id, lambda seen: seen.headline == "COUNTER_OFFERED", timeout=PATIENCE
    )
    shown = await terminal.type("returns", "get", view.rma_no)
    command = AcceptOfferCommand(offer_no=1)
    first = await shop.accept_offer(view.return_id, command, idempotency_key=key)
    again = await shop.accept_offer(view.return_id, command, idempotency_key=key)
    paid = await shop.wait_until(
        view.return_id, lambda seen: seen.lots[0].state == "REFUNDED", timeout=PATIENCE
    )
    money = await terminal.type("returns", "get", view.rma_no)

    assert (made[0], first) == (0, again)
    assert open_.review is not None
    (offer,) = open_.review.offers
    assert (offer.percent, offer.state, offer.message) == (30, "OPEN", "Keep it all.")
    assert "offer 1 by reviewer:" in shown[1]
    assert "Keep it all." in shown[1]
    assert [one.amount_minor for one in paid.settlements] == [offer.amount_minor]
    assert sum(lot.offered_minor or 0 for lot in paid.lots) == offer.amount_minor
    assert "- price of what is kept" in money[1]
    number = paid.settlements[0].credit_note_no
    assert number is not None
    note = await journey.client("finance").books.get_credit_note(number)
    assert "price_of_kept_goods" in {row.kind for row in note.rows}
    assert note.total_minor == offer.amount_minor


async def test_ops_decline_for_who_called(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await complained(journey)
    sign_in(journey, monkeypatch, "reviewer")
    offer = ("returns", "offer", view.rma_no, "--amount", "100", "--message", "Keep it.")
    await terminal.type(*offer)
    sign_in(journey, monkeypatch, "ops")

    declined = await terminal.type("returns", "decline-offer", view.rma_no, "1")
    late = await terminal.type("returns", "accept-offer", view.rma_no, "1")

    assert (declined[0], late[0]) == (0, 1)
    assert "offer_over" in late[2]


@pytest.mark.parametrize(
    ("role", "command", "body", "refused"),
    [
        ("reviewer", "counter-offer", {"percent": 30}, (400, "invalid_request", "message")),
        ("reviewer", "counter-offer", {"message": "Keep."}, (400, "invalid_request", "percent")),
        (
            "reviewer",
            "counter-offer",
            {"message": "Keep.", "percent": 101},
            (400, "invalid_request", "percent"),
        ),
        (
            "reviewer",
            "counter-offer",
            {"message": "Keep.", "amount_minor": 10**14},
            (400, "invalid_request", "amount_minor"),
        ),
        ("platform", "counter-offer", {"message": "Keep.", "percent": 9}, (403, "forbidden", None)),
        ("platform", "accept-offer", {"offer_no": 1}, (400, "invalid_request", "offer_no")),
        ("platform", "decline-offer", {"offer_no": 0}, (400, "invalid_request", "offer_no")),
    ],
)
async def test_bad_offers_and_answers_are_refused(
    journey: Journey,
    role: str,
    command: str,
    body: dict[str, Any],
    refused: tuple[int, str, str | None],
) -> None:
    """The field is named, and the return stays as it was."""
    view = await complained(journey)

    response = await journey.http[TENANT, role].post(
        f"/v1/returns/{view.return_id}/commands/{command}",
        json=body,
        headers={"Idempotency-Key": new_key()},
    )

    problem = response.json()
    assert (response.status_code, problem["code"], problem.get("field")) == refused
    assert (await journey.client().get_return(view.return_id)).headline == "IN_REVIEW"
