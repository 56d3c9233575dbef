"""Many returns in one bulk parcel, each in its bag: followed together, lost bag by bag."""

import uuid

import pytest

from backhaul_client import ChangeHandoverCommand, RecordSendingCommand, ReturnView
from tests.support.asking import PATIENCE, labelled, new_key
from tests.support.journey import Journey
from tests.support.terminal import Terminal, sign_in


async def in_bag(journey: Journey, bag: str, bulk: str) -> ReturnView:
    """A return whose goods were handed in at a counter, in a bag of a bulk parcel."""
    view, shop = await labelled(journey), journey.client()
    other = ChangeHandoverCommand(handover="OWN_CARRIER")
    await shop.change_handover(view.return_id, other, idempotency_key=new_key())
    sent = RecordSendingCommand(sent_at=view.requested_at, tracking_code=bulk, bag=bag)
    await shop.record_sending(view.return_id, sent, idempotency_key=new_key())
    return await shop.wait_until(
        view.return_id, lambda view: view.deliveries[-1].bag == bag, timeout=PATIENCE
    )


@pytest.fixture
async def bulk(journey: Journey) -> str:
    """The number of a bulk parcel that the carrier knows."""
    code = f"BULK{uuid.uuid4().hex[:8].upper()}"
    answer = journey.sandbox.http.post(
        "/easypost/v2/trackers", json={"tracker": {"tracking_code": code}}, auth=("EZTK1", "")
    )
    assert answer.is_success, answer.text
    return code


async def test_edge_40_a_scan_of_the_bulk_parcel_is_told_to_every_bag(
    journey: Journey, bulk: str
) -> None:
    """Its number is of all of them: one delivery at the warehouse is the delivery of each."""
    bags = [await in_bag(journey, bag, bulk) for bag in ("B-1", "B-2")]

    scan = {"status": "delivered", "scan_id": uuid.uuid4().hex}
    journey.sandbox.post(f"parcels/{bulk}/scans", scan)

    for view in bags:
        await journey.client().wait_until(
            view.return_id,
            lambda view: view.deliveries[-1].delivered_at is not None,
            timeout=PATIENCE,
        )


async def test_edge_40_the_loss_of_a_bag_is_the_loss_of_its_goods_alone(
    journey: Journey, bulk: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ops see first what would be lost; done, the other bag is still under way."""
    lost, kept = [await in_bag(journey, bag, bulk) for bag in ("B-1", "B-2")]
    sign_in(journey, monkeypatch, "ops")
    says = ("returns", "lost-bulk", bulk, "--bag", "B-1", "--evidence", "the van burned")

    shown = await terminal.type(*says)
    nothing_yet = await journey.client().get_return(lost.return_id)
    done = await terminal.type(*says, "--do")
    again = await terminal.type(*says, "--do")
    listed = await terminal.type("returns", "parcel", bulk)

    after = [await journey.client().get_return(view.return_id) for view in (lost, kept)]
    assert (shown[0], done[0], again[0], listed[0]) == (0, 0, 0, 0)
    assert lost.rma_no in shown[1]
    assert kept.rma_no not in shown[1]
    assert "nothing was done" in shown[1]
    assert nothing_yet.deliveries[-1].state == "IN_TRANSIT"
    assert "1 of 1 marked lost" in done[1]
    assert "1 of 1 marked lost" in again[1]
    assert [view.deliveries[-1].state for view in after] == ["LOST", "IN_TRANSIT"]
    assert (lost.rma_no in listed[1], kept.rma_no in listed[1]) == (True, True)


async def test_edge_40_a_bag_without_its_parcel_is_refused(journey: Journey) -> None:
    """Nobody could follow it: the answer names what is missing, and nothing is written."""
    view, shop = await labelled(journey), journey.client()
    answer = await journey.http["acme", "platform"].post(
        f"/v1/returns/{view.return_id}/commands/record-sending",
        json={"sent_at": view.requested_at.isoformat(), "reference": "r 1", "bag": "B-1"},
        headers={"Idempotency-Key": new_key()},
    )

    assert answer.status_code == 400
    assert "tracking_code" in answer.text
    assert (await shop.get_return(view.return_id)).headline == "APPROVED"


async def test_a_number_that_nothing_travels_under_holds_nothing(journey: Journey) -> None:
    """It may be of somebody else."""
    found = await journey.client().read_parcel("NOBODY/S NUMBER")

    assert found.returns == ()
