"""Another way back over HTTP and on the command line; refusals name the field."""

from typing import Any

import pytest

from backhaul_client import ChangeHandoverCommand
from tests.support.asking import PATIENCE, courier_ordered, labelled, new_key
from tests.support.house import TENANT
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in

PATH = "/v1/returns/{}/commands/{}"


async def test_a_courier_is_called_off_for_a_drop_off(journey: Journey) -> None:
    """A repeat answers the same, and the return shows what became of the visit."""
    view, shop, key = await courier_ordered(journey), journey.client(), new_key()
    command = ChangeHandoverCommand(handover="DROP_OFF")

    first = await shop.change_handover(view.return_id, command, idempotency_key=key)
    again = await shop.change_handover(view.return_id, command, idempotency_key=key)

    seen = await shop.wait_until(
        view.return_id,
        lambda view: view.deliveries[0].state == "AWAITING_HANDOVER",
        timeout=PATIENCE,
    )
    assert first == again
    assert seen.deliveries[0].method == "DROP_OFF"
    assert [visit.cancel for visit in seen.deliveries[0].pickups] == ["confirmed"]


async def test_ops_choose_it_and_record_a_sending_on_the_command_line(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shopper phoned: he sends it himself, and has a receipt."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "ops")

    changed = await terminal.type("returns", "handover", view.rma_no, "OWN_CARRIER")
    wrong = await terminal.type("returns", "sent", view.rma_no, "2019-01-01T10:00+01:00")
    shown = (await journey.client().get_return(view.return_id)).requested_at.isoformat()
    sent = await terminal.type(
        "returns", "sent", view.rma_no, shown, "--carrier", "Post", "--reference", "ticket 9"
    )

    seen = await journey.client().wait_until(
        view.return_id, lambda view: view.deliveries[-1].sent_at is not None, timeout=PATIENCE
    )
    assert (changed[0], wrong[0], sent[0]) == (0, 1, 0)
    assert "sent_at" in wrong[2]
    assert (seen.headline, seen.deliveries[-1].replaces) == ("IN_TRANSIT", "d1")


@pytest.mark.parametrize(
    ("command", "body", "field"),
    [
        ("change-handover", {"handover": "BALLOON"}, "handover"),
        ("change-handover", {"handover": "KEEP"}, "handover"),
        ("change-handover", {"handover": "PICKUP"}, "pickup_window"),
        (
            "change-handover",
            {
                "handover": "PICKUP",
                "pickup_window": {
                    "not_before": "2030-01-01T10:00:00+01:00",
                    "not_after": "2030-01-01T09:00:00+01:00",
                    "time_zone": "Europe/Berlin",
                },
            },
            "pickup_window.not_after",
        ),
        (
            "change-handover",
            {
                "handover": "PICKUP",
                "pickup_window": {
                    "not_before": "2030-01-01T08:00:00+01:00",
                    "not_after": "2030-01-01T09:00:00+01:00",
                    "time_zone": "Mars/Olympus",
                },
            },
            "pickup_window.time_zone",
        ),
        ("record-sending", {"sent_at": "yesterday"}, "sent_at"),
        ("record-sending", {"sent_at": "2026-01-01T00:00:00"}, "sent_at"),
        ("record-sending", {"sent_at": "2026-01-01T00:00:00Z", "carrier": "a\u0000b"}, "carrier"),
    ],
)
async def test_nonsense_is_refused_with_its_field(
    journey: Journey, command: str, body: dict[str, Any], field: str
) -> None:
    """And nothing of it is written."""
    view = await labelled(journey)

    answer = await journey.http[TENANT, "platform"].post(
        PATH.format(view.return_id, command), json=body, headers={"Idempotency-Key": new_key()}
    )

    assert answer.status_code in (400, 422)
    assert answer.json()["field"] == field
    assert (await journey.client().get_return(view.return_id)).version == view.version
