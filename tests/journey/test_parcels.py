"""Parcels of several returns over HTTP: the service finds whose label the warehouse read."""

import pytest

from backhaul_client import CountedItem, ReceiveCommand
from tests.support.asking import PATIENCE, labelled, new_key
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


async def test_edge_33_a_count_under_anothers_label_links_both(journey: Journey) -> None:
    """The warehouse only types what it reads on the parcel; explain says whose label that is."""
    mine, other = await labelled(journey), await labelled(journey)
    code = str(other.deliveries[0].tracking_code)
    count = ReceiveCommand(
        receipt_id="R-1", parcel=code, entries=(CountedItem(sku=mine.lines[0].sku, quantity=1),)
    )
    key, warehouse = new_key(), journey.client("warehouse")

    first = await warehouse.receive(mine.return_id, count, idempotency_key=key)
    again = await warehouse.receive(mine.return_id, count, idempotency_key=key)

    told = await journey.client().wait_until(
        other.return_id, lambda view: bool(view.parcel_links), timeout=PATIENCE
    )
    seen = await journey.client().get_return(mine.return_id)
    assert first == again
    assert [link.rma_no for link in told.parcel_links] == [mine.rma_no]
    assert [(link.rma_no, link.kind) for link in seen.parcel_links] == [(other.rma_no, "swapped")]
    assert seen.headline == "RECEIVED"


async def test_a_count_under_its_own_label_links_nothing(journey: Journey) -> None:
    """As nearly every parcel comes."""
    view = await labelled(journey)
    code = str(view.deliveries[0].tracking_code)
    count = ReceiveCommand(
        receipt_id="R-1", parcel=code, entries=(CountedItem(sku=view.lines[0].sku, quantity=1),)
    )

    await journey.client("warehouse").receive(view.return_id, count, idempotency_key=new_key())

    assert (await journey.client().get_return(view.return_id)).parcel_links == ()


async def test_edge_32_only_a_late_parcel_is_left_on_the_command_line(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a return whose parcel is awaited there is nothing to leave; ops read why."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "ops")

    refused = await terminal.type(
        "returns", "leave-expired", view.rma_no, "--reason", "sent back by hand"
    )

    assert refused[0] == 1
    assert "no late parcel waits for its units" in refused[2]
