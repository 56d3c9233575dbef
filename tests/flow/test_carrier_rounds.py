"""Rounds over the carriers: lost webhooks, parcels nobody wants, outages that are over."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from activities import carrier_rounds
from storage.bookings import Bookings
from storage.models.arrivals import DeliveryModel
from storage.states import BookingState
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import some_of, with_pickup
from workflows.carrier_rounds import CarrierRoundWorkflow
from workflows.round_messages import CarrierRound

ANY_CALL = {"system": "easypost", "operation": "*", "kind": "http_503", "times": 10_000}


@pytest.fixture(autouse=True)
def everything_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each round read every parcel and look for every booking, however new."""
    for wait in ("POLL_EVERY", "POLL_SILENT_EVERY", "SWEEP_AFTER", "SWEEP_EVERY"):
        monkeypatch.setattr(carrier_rounds, wait, timedelta(0))


async def go_round(house: House, workflow_id: str = "") -> CarrierRound:
    """Let one round go to its end, while the clock of everything else stands."""
    with house.env.auto_time_skipping_disabled():
        return await house.client.execute_workflow(
            CarrierRoundWorkflow.run,
            id=workflow_id or f"carriers-{uuid.uuid4().hex}",
            task_queue=house.needs.task_queue,
        )


@pytest.fixture
async def labelled(house: House) -> OpenReturn:
    """A return whose parcel has its label."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await opened.ready_for_handover()
    return opened


def scan(opened: OpenReturn, view: dict[str, Any], status: str) -> None:
    """Let the carrier scan the parcel; nobody is told."""
    code = view["deliveries"][0]["tracking_code"]
    opened.house.sandbox.post(
        f"parcels/{code}/scans", {"status": status, "scan_id": uuid.uuid4().hex}
    )


def label_states(opened: OpenReturn) -> list[str]:
    return sorted(label["status"] for label in opened.ledger()["labels"])


async def test_a_scan_that_no_webhook_told_is_read(labelled: OpenReturn) -> None:
    """The parcel is under way although nobody said so; what the return knows is not told again."""
    scan(labelled, await labelled.view(), "in_transit")

    first = await go_round(labelled.house)
    await labelled.until_waiting("awaiting_arrival")
    second = await go_round(labelled.house)

    assert (first.read, first.told) == (1, 1)
    assert (second.read, second.told) == (1, 0)
    assert (await labelled.event_types()).count("delivery.first_scan") == 1


async def test_a_parcel_is_not_read_before_its_time(
    labelled: OpenReturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A carrier that pushes its scans is asked a few times a day, not in every round."""
    monkeypatch.setattr(carrier_rounds, "POLL_EVERY", timedelta(hours=6))

    assert (await go_round(labelled.house)).read == 0


async def test_a_round_reads_page_after_page(
    labelled: OpenReturn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is due, however few fit one page."""
    another = await labelled.house.open(some_of(labelled.house.sandbox.order("three-units"), 1))
    await another.ready_for_handover()
    monkeypatch.setattr(carrier_rounds, "_PAGE", 1)
    # What was read in this round is not due again in it.
    monkeypatch.setattr(carrier_rounds, "POLL_EVERY", timedelta(minutes=30))
    async with labelled.house.needs.database.tenant(TENANT) as connection:
        an_hour_ago = DeliveryModel.created_at - timedelta(hours=1)
        await connection.execute(update(DeliveryModel).values(created_at=an_hour_ago))

    assert (await go_round(labelled.house)).read == 2


async def test_a_parcel_that_arrived_is_read_no_more(labelled: OpenReturn) -> None:
    """Nothing of it is awaited: carriers are not asked for the whole past."""
    scan(labelled, await labelled.view(), "delivered")
    await go_round(labelled.house)
    await labelled.until_waiting("awaiting_receipt")

    assert (await go_round(labelled.house)).read == 0


async def test_edge_42_an_outage_parks_all_and_its_end_resumes_all(house: House) -> None:
    """Couriers down for hours: every return is parked by name; once they answer all go on."""
    with house.sandbox.fault(**ANY_CALL):
        orders = [house.sandbox.order("three-units") for _ in range(3)]
        parked = [await house.open(some_of(order, 1)) for order in orders]
        for opened in parked:
            await opened.until_given_up("courier_unavailable")
        during = await go_round(house)
        waits = [await opened.until_waiting("courier_unavailable") for opened in parked]

    after = await go_round(house)

    assert (during.resumed, during.failed) == (0, (f"{TENANT}/easypost",))
    assert {wait["owner"] for wait in waits} == {"ops"}
    assert after.resumed == 3
    for opened in parked:
        handover = await opened.ready_for_handover()
        assert handover["since"] > waits[0]["since"], "the time to hand over begins with the label"
        assert len(opened.ledger()["labels"]) == 1


async def test_edge_25_a_label_sold_unseen_is_given_back(labelled: OpenReturn) -> None:
    """Its booking was given up when the carrier did not show it yet: the round finds and voids."""
    bookings = Bookings(labelled.house.needs.database)
    (label,) = await bookings.of_return(TENANT, labelled.return_id)
    await bookings.ended(TENANT, label.booking_id, BookingState.CANCELLED)
    assert label_states(labelled) == ["bought"]

    first, second = await go_round(labelled.house), await go_round(labelled.house)

    assert (first.orphans, second.orphans) == (1, 0)
    assert "bought" not in label_states(labelled)


async def test_edge_25_a_courier_ordered_unseen_is_called_off(house: House) -> None:
    """A visit that nobody holds for ordered is cancelled; the label it was for stays."""
    opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
    await opened.until_waiting("awaiting_pickup")
    bookings = Bookings(house.needs.database)
    visit = next(
        b
        for b in await bookings.of_return(TENANT, opened.return_id)
        if b.purpose.startswith("pickup-")
    )
    await bookings.ended(TENANT, visit.booking_id, BookingState.CANCELLED)

    done = await go_round(house)

    assert done.orphans == 1
    assert [one["status"] for one in opened.ledger()["pickups"]] == ["canceled"]
    assert label_states(opened) == ["bought"]


async def test_edge_25_what_the_carrier_lists_twice_is_given_back_once(
    labelled: OpenReturn,
) -> None:
    """A second label under our reference is voided; the one that the return holds is not."""
    sandbox, bookings = labelled.house.sandbox, Bookings(labelled.house.needs.database)
    (label,) = await bookings.of_return(TENANT, labelled.return_id)
    key = ("EZTK1", "")
    found = sandbox.http.get(f"/easypost/v2/shipments/{label.external_ref}", auth=key).json()
    draft = {name: found[name] for name in ("from_address", "to_address", "parcel", "is_return")}
    draft["reference"] = label.reference
    second = sandbox.http.post("/easypost/v2/shipments", json={"shipment": draft}, auth=key).json()
    sandbox.http.post(
        f"/easypost/v2/shipments/{second['id']}/buy",
        json={"rate": {"id": second["rates"][0]["id"]}},
        auth=key,
    ).raise_for_status()

    done = await go_round(labelled.house)

    assert done.orphans == 1
    assert label_states(labelled).count("bought") == 1
    kept = sandbox.http.get(f"/easypost/v2/shipments/{label.external_ref}", auth=key).json()
    assert kept["refund_status"] is None


async def test_edge_25_a_courier_whose_answer_was_lost_is_found_before_another(
    house: House,
) -> None:
    """The visit was taken and its answer lost: it is looked up, and no second courier ordered."""
    lost = {"system": "easypost", "operation": "POST /v2/pickups/{id}/buy", "kind": "lost_reply"}
    with house.sandbox.fault(**lost):
        opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
        await opened.until_waiting("awaiting_pickup")

    assert [one["status"] for one in opened.ledger()["pickups"]] == ["scheduled"]
