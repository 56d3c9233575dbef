"""A parcel that came back though nobody asked (edge 41), over HTTP and on the command line."""

import asyncio
import uuid
from typing import Any

import pytest

from backhaul_client import (
    Accepted,
    BackhaulError,
    CountedItem,
    InspectionCommand,
    NewRefusal,
    ReturnView,
)
from tests.support.asking import PATIENCE, new_key, units_of
from tests.support.journey import Journey, without_workers
from tests.support.terminal import Terminal, sign_in


async def report(journey: Journey, refusal: NewRefusal, *, role: str = "warehouse") -> ReturnView:
    view = await journey.client(role).report_refusal(refusal)
    assert isinstance(view, ReturnView)
    return view


async def test_edge_41_a_refused_parcel_becomes_a_return_and_is_paid(journey: Journey) -> None:
    """Nothing of it was delivered, and the customer is told to send nothing."""
    order = undelivered(journey)

    view = await report(journey, refused(order, 1, quantity=3))
    await inspected(journey, view)

    paid = await journey.client().wait_until(
        view.return_id,
        lambda view: {lot.state for lot in view.lots} == {"REFUNDED"},
        timeout=PATIENCE,
    )
    events = await journey.client().timeline(view.return_id)
    assert [(r.parcel, r.entries[0].quantity) for r in view.receipts] == [(mark(order, 1), 3)]
    assert [(d.method, d.tracking_code) for d in view.deliveries] == [("IN_STORE", None)]
    assert paid.ground == "REFUSAL"
    assert "handover.ready" not in [event.type for event in events]


async def test_edge_41_reported_twice_it_is_one_return_counted_once(journey: Journey) -> None:
    """By whoever of the three saw it, also at the same time and under another count's id."""
    order = undelivered(journey)
    refusal = refused(order, 1)

    first = await report(journey, refusal)
    again = await asyncio.gather(
        report(journey, refusal, role="ops"),
        report(journey, refusal.model_copy(update={"receipt_id": "other"}), role="platform"),
    )

    assert {view.return_id for view in again} == {first.return_id}
    assert [len(view.receipts) for view in again] == [1, 1]
    assert [
        row.return_id async for row in journey.client().list_returns(order_id=order["order_id"])
    ] == [first.return_id]


async def test_edge_41_two_parcels_of_an_order_are_two_returns(journey: Journey) -> None:
    order = undelivered(journey)

    first = await report(journey, refused(order, 1), role="platform")
    second = await report(journey, refused(order, 2, quantity=2), role="ops")

    assert first.return_id != second.return_id
    assert [len(view.receipts) for view in (first, second)] == [1, 1]
    assert [view.lines[0].counters["received"] for view in (first, second)] == [1, 2]


async def test_edge_41_a_report_that_no_worker_heard_is_finished_when_repeated(
    journey: Journey,
) -> None:
    """The start is accepted and waits; the count comes with the repeat."""
    refusal = refused(undelivered(journey), 1)

    async with without_workers(journey) as quiet:
        accepted = await quiet.client("warehouse").report_refusal(refusal)
        async with quiet.working():
            await quiet.client().wait_until(
                accepted.return_id, lambda view: view.headline != "REQUESTED", timeout=PATIENCE
            )
            uncounted = await quiet.client().get_return(accepted.return_id)
            counted = await finished(quiet.client("warehouse"), refusal)

    assert isinstance(accepted, Accepted)
    assert uncounted.receipts == ()
    assert counted.return_id == accepted.return_id
    assert len(counted.receipts) == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"order_id": "nobodys"}, "order_not_found", "order_id"),
        ({"entries": (CountedItem(sku="NOBODYS", quantity=1),)}, "sku_not_found", "entries[0].sku"),
        ({"quantity": 4}, "units_not_available", "entries[0].quantity"),
        ({"quantity": 0}, "invalid_quantity", "entries[0].quantity"),
        ({"location_id": "not a place"}, "invalid_request", "location_id"),
    ],
    ids=["no order", "no goods", "more than was sent", "nothing", "no place"],
)
async def test_edge_41_what_cannot_be_is_refused_by_name_and_leaves_nothing(
    journey: Journey, changes: dict[str, Any], code: str, field: str
) -> None:
    """And the parcel can still be reported as it is."""
    order = undelivered(journey)
    quantity = changes.get("quantity", 1)
    good = refused(order, 1)
    wrong = refused(order, 1, quantity=quantity).model_copy(
        update={name: value for name, value in changes.items() if name != "quantity"}
    )

    with pytest.raises(BackhaulError) as refusal:
        await report(journey, wrong)

    assert (refusal.value.code, refusal.value.field) == (code, field)
    left = [row async for row in journey.client().list_returns(order_id=order["order_id"])]
    assert left == []
    assert len((await report(journey, good)).receipts) == 1


async def test_edge_41_units_of_another_return_are_not_taken_twice(journey: Journey) -> None:
    """Two of three are being returned, so two more cannot have come back."""
    order = journey.sandbox.order("three-units")
    asked = await journey.client().start_return(units_of(order, 2), idempotency_key=new_key())
    assert isinstance(asked, ReturnView)

    with pytest.raises(BackhaulError) as refusal:
        await report(journey, refused(order, 1, quantity=2))

    assert refusal.value.field == "entries[0].quantity"
    assert asked.rma_no in refusal.value.detail
    one = await report(journey, refused(order, 1))
    assert one.lines[0].counters["received"] == 1


@pytest.mark.parametrize("change", ["contents", "order"])
async def test_edge_41_a_parcel_is_not_reported_otherwise(journey: Journey, change: str) -> None:
    """The first report stands."""
    order, other = undelivered(journey), undelivered(journey)
    refusal = refused(order, 1)
    first = await report(journey, refusal)
    changed = (
        refused(order, 1, quantity=2)
        if change == "contents"
        else refused(other, 1).model_copy(update={"parcel": refusal.parcel})
    )

    with pytest.raises(BackhaulError) as conflict:
        await report(journey, changed)

    assert conflict.value.code == "receipt_conflict"
    assert conflict.value.field == ("entries" if change == "contents" else "order_id")
    assert (await journey.client().get_return(first.return_id)).receipts == first.receipts


async def test_edge_41_finance_reports_no_parcel(journey: Journey) -> None:
    with pytest.raises(BackhaulError) as refusal:
        await report(journey, refused(undelivered(journey), 1), role="finance")

    assert refusal.value.code == "forbidden"


async def test_edge_41_a_refused_parcel_is_reported_on_the_command_line(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = undelivered(journey)
    sku = order["lines"][0]["sku"]
    sign_in(journey, monkeypatch, "warehouse")

    code, shown, _ = await terminal.type(
        "returns", "refused", order["order_id"], mark(order, 1), f"{sku}:2"
    )
    wrong = await terminal.type("returns", "refused", order["order_id"], "P-2", "NOBODYS")

    found = [row async for row in journey.client().list_returns(order_id=order["order_id"])]
    assert (code, wrong[0], len(found)) == (0, 1, 1)
    assert found[0].rma_no in shown
    assert "entries[0].sku" in wrong[2]


def undelivered(journey: Journey) -> dict[str, Any]:
    """Store an order of three units that were sent and never delivered."""
    order: dict[str, Any] = journey.sandbox.order("three-units")
    lines = [
        {**line, "parcels": [{**parcel, "delivered_at": None} for parcel in line["parcels"]]}
        for line in order["lines"]
    ]
    stored: dict[str, Any] = journey.sandbox.put(
        f"orders/{order['order_id']}", {**order, "lines": lines}
    )
    return stored


def refused(order: dict[str, Any], parcel: int, *, quantity: int = 1) -> NewRefusal:
    return NewRefusal(
        order_id=order["order_id"],
        parcel=mark(order, parcel),
        entries=(CountedItem(sku=order["lines"][0]["sku"], quantity=quantity),),
    )


def mark(order: dict[str, Any], number: int) -> str:
    """Return a parcel's mark: one for each number of an order."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{order['order_id']}/{number}"))


async def inspected(journey: Journey, view: ReturnView) -> None:
    for lot in view.lots:
        command = InspectionCommand(lot_id=lot.lot_id, grade="A")
        await journey.client("warehouse").record_inspection(
            view.return_id, command, idempotency_key=new_key()
        )


async def finished(client: Any, refusal: NewRefusal) -> ReturnView:
    """Repeat a report until its worker has answered: they are given a second."""
    async with asyncio.timeout(30):
        while True:
            try:
                answer = await client.report_refusal(refusal)
            except BackhaulError as error:
                if error.code != "not_confirmed":
                    raise
            else:
                if isinstance(answer, ReturnView):
                    return answer
