"""The way back changes before anything was handed over; never two couriers, no label forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.handover import Sending
from domain.pickups import PickupOutcome
from domain.requests import HandoverMethod, PickupWindow, ReturnRequest
from domain.tracking import Milestone
from tests.flow.test_pickups import (
    BUY_PICKUP,
    CANCEL_PICKUP,
    booked,
    collects,
    report,
    until_visit,
    visits_at_carrier,
)
from tests.support.house import House, OpenReturn, eventually
from tests.support.told import (
    CUSTOMER_SIDE,
    OPS,
    counted,
    info,
    received,
    some_of,
    waiting_codes,
    with_pickup,
)
from workflows.messages import ChangeHandover, RecordSending, Retry, Withdraw

__all__ = ["booked"]
FORMS = {"system": "easypost", "operation": "POST /v2/shipments/{id}/forms"}
M = HandoverMethod


def in_days(days: int) -> PickupWindow:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    return PickupWindow(start, start + timedelta(hours=4), "Europe/Berlin")


def change(method: HandoverMethod, window: PickupWindow | None = None) -> ChangeHandover:
    return ChangeHandover(info(CUSTOMER_SIDE), method, window)


async def asked(house: House, method: HandoverMethod) -> OpenReturn:
    order = house.sandbox.order("three-units")
    request = some_of(order, 1)
    return await house.open(ReturnRequest(request.order_id, request.lines, request.ground, method))


async def until_delivery(opened: OpenReturn, number: int, **wanted: Any) -> dict[str, Any]:
    """Wait until the n-th parcel shows all of this, and return it."""

    def shows(view: dict[str, Any]) -> bool:
        found = view["deliveries"]
        return len(found) >= number and wanted.items() <= found[number - 1].items()

    delivery: dict[str, Any] = (await opened.until(shows))["deliveries"][number - 1]
    return delivery


def labels(opened: OpenReturn) -> list[str]:
    return [row["status"] for row in opened.ledger()["labels"]]


async def mailed(opened: OpenReturn, part: str) -> None:
    async def texts() -> list[str]:
        await opened.house.relay.once()
        return [mail["text"] for mail in opened.ledger()["mails"]]

    await eventually(texts, lambda found: part in " ".join(found))


async def arrives(opened: OpenReturn) -> None:
    """The lamp comes, is graded and paid, and the return ends."""
    await opened.arrive_and_grade_one()
    assert (await opened.ends()).headline == "CLOSED"
    assert len(opened.ledger()["refunds"]) == 1


async def test_edge_28_an_ordered_courier_is_called_off_and_the_parcel_brought(
    booked: OpenReturn,
) -> None:
    """One label, no courier; the customer reads what to do now."""
    await booked.do(change(M.DROP_OFF))

    delivery = await until_delivery(booked, 1, state="AWAITING_HANDOVER", method="DROP_OFF")
    await mailed(booked, "Your label is ready")

    (visit,) = delivery["pickups"]
    assert (visit["outcome"], visit["cancel"]) == ("cancelled", "confirmed")
    assert visits_at_carrier(booked) == ["canceled"]
    await booked.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    await arrives(booked)
    assert labels(booked) == ["bought"]


async def test_another_window_is_booked_once_the_first_courier_is_called_off(
    booked: OpenReturn,
) -> None:
    """Never two couriers; the first is no visit that failed, so both are still to come."""
    window = in_days(3)

    await booked.do(change(M.PICKUP, window))
    second = await until_visit(booked, 2)

    assert datetime.fromisoformat(second["not_before"]) == window.not_before
    assert sorted(visits_at_carrier(booked)) == ["canceled", "scheduled"]
    await booked.do(report(2))
    third = await until_visit(booked, 3)
    collects(booked, third)
    await booked.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    await arrives(booked)


async def test_the_same_window_may_be_wished_again(booked: OpenReturn) -> None:
    """Who changed his mind twice has a courier in the end."""
    first = await until_visit(booked, 1)
    await booked.do(change(M.DROP_OFF))
    await until_delivery(booked, 1, state="AWAITING_HANDOVER")
    window = PickupWindow(
        datetime.fromisoformat(first["not_before"]),
        datetime.fromisoformat(first["not_after"]),
        first["time_zone"],
    )

    await booked.do(change(M.PICKUP, window))
    second = await until_visit(booked, 2)

    assert second["not_before"] == first["not_before"]
    assert sorted(visits_at_carrier(booked)) == ["canceled", "scheduled"]


@pytest.mark.parametrize("ends", ["scan", "no_show"])
async def test_edge_29_a_courier_who_is_out_already_decides(booked: OpenReturn, ends: str) -> None:
    """He is not called back: he takes the parcel, or fails and the wish is granted then."""
    visit = await until_visit(booked, 1)
    booked.house.sandbox.post(f"pickups/{visit['pickup_ref']}/outcome", {"outcome": "out"})
    await booked.do(change(M.DROP_OFF))
    await booked.until_event("pickup.cancel_rejected")
    standing = await until_delivery(booked, 1, state="PICKUP_SCHEDULED", wished="DROP_OFF")
    assert standing["pickups"][0]["cancel"] == "refused"

    if ends == "scan":
        collects(booked, visit)
        await booked.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    else:
        await booked.do(report(1, PickupOutcome.COURIER_NO_SHOW))
        await until_delivery(booked, 1, state="AWAITING_HANDOVER", method="DROP_OFF")
        await booked.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)

    await arrives(booked)
    assert len(visits_at_carrier(booked)) == 1


async def test_a_carrier_who_does_not_answer_parks_the_calling_off(booked: OpenReturn) -> None:
    """The visit stands until it is known; then the wish is granted."""
    away = CANCEL_PICKUP | {"kind": "http_503", "times": 50}
    with booked.house.sandbox.fault(**away):
        await booked.do(change(M.DROP_OFF))
        await booked.house.pass_time(minutes=40)
        await booked.until_waiting("courier_unavailable")
        view = await booked.view()
        assert view["deliveries"][0]["state"] == "PICKUP_SCHEDULED"

    await booked.do(Retry(info(OPS)))
    await until_delivery(booked, 1, state="AWAITING_HANDOVER")
    assert visits_at_carrier(booked) == ["canceled"]


async def test_a_shopper_who_cannot_print_shows_a_code(house: House) -> None:
    """Made once, also when its answer is lost; the label is the same."""
    with house.sandbox.fault(**FORMS, kind="lost_reply"):
        opened = await asked(house, M.QR_DROP_OFF)
        delivery = await opened.until(lambda view: view["deliveries"][0]["qr_url"] is not None)

    await mailed(opened, "Your label is ready")
    assert delivery["deliveries"][0]["qr_url"].endswith(".png")
    assert labels(opened) == ["bought"]
    await opened.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    await arrives(opened)


async def test_a_label_becomes_a_code_on_demand(house: House) -> None:
    """The parcel keeps its label and number."""
    opened = await asked(house, M.DROP_OFF)
    before = await until_delivery(opened, 1, state="AWAITING_HANDOVER")

    await opened.do(change(M.QR_DROP_OFF))
    view = await opened.until(lambda view: view["deliveries"][0]["qr_url"] is not None)

    assert view["deliveries"][0]["tracking_code"] == before["tracking_code"]
    assert labels(opened) == ["bought"]


@pytest.mark.parametrize("method", [M.IN_STORE, M.OWN_CARRIER])
async def test_nothing_is_booked_for_goods_that_come_by_themselves(
    house: House, method: HandoverMethod
) -> None:
    """A store's count is the receipt; so is the warehouse's of a parcel of another carrier."""
    opened = await asked(house, method)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER", method=method)

    await opened.do(received(counted_one(), receipt_id="R-store"))
    await opened.until_headline("RECEIVED")

    assert (labels(opened), visits_at_carrier(opened)) == ([], [])


def counted_one() -> Any:
    return counted({"lines": []}, **{"LAMP-DESK-WHITE": 1})


async def test_a_label_of_no_more_use_is_given_back(house: House) -> None:
    """Another parcel takes its place, and names it."""
    opened = await asked(house, M.DROP_OFF)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")

    await opened.do(change(M.OWN_CARRIER))
    await until_delivery(opened, 1, state="CANCELLED")
    instead = await until_delivery(opened, 2, state="AWAITING_HANDOVER", method="OWN_CARRIER")

    await mailed(opened, "a carrier of your choice")
    assert instead["replaces"] == "d1"
    assert labels(opened) != ["bought"]
    assert (await opened.view())["headline"] == "APPROVED"
    await opened.do(received(counted_one(), receipt_id="R-own"))
    await opened.until_headline("RECEIVED")


async def test_edge_31_a_scan_of_the_label_that_was_given_back_still_counts(
    house: House,
) -> None:
    """The customer used it after all: the return is on its way."""
    opened = await asked(house, M.DROP_OFF)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    await opened.do(change(M.IN_STORE))
    await until_delivery(opened, 2, state="AWAITING_HANDOVER")

    await opened.scan(Milestone.FIRST_SCAN)

    await until_delivery(opened, 1, state="IN_TRANSIT")
    await until_delivery(opened, 2, state="CANCELLED")
    assert (await opened.view())["headline"] == "IN_TRANSIT"
    await opened.scan(Milestone.DELIVERED)
    await arrives(opened)


async def test_proof_of_sending_moves_the_return_on(house: House) -> None:
    """From then on it is under way, and cannot be withdrawn or change its way."""
    opened = await asked(house, M.OWN_CARRIER)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")
    sending = Sending(datetime.now(UTC), "Post", "RR123456785DE", "ticket 12")

    await opened.do(RecordSending(info(CUSTOMER_SIDE), sending))

    delivery = await until_delivery(opened, 1, state="IN_TRANSIT")
    assert (delivery["carrier"], delivery["tracking_code"]) == ("Post", "RR123456785DE")
    assert await opened.refused(change(M.DROP_OFF)) == "command_not_allowed"
    assert await opened.refused(Withdraw(info(CUSTOMER_SIDE))) == "command_not_allowed"
    (told,) = await opened.events("delivery.proof_of_sending")
    assert told.data["reference"] == "ticket 12"
    await opened.do(received(counted_one(), receipt_id="R-own"))
    await opened.until_headline("RECEIVED")


@pytest.mark.parametrize(
    ("sending", "field"),
    [
        (Sending(datetime.now(UTC) + timedelta(days=900), "Post", "RR1"), "sent_at"),
        (Sending(datetime(2020, 1, 1, tzinfo=UTC), "Post", "RR1"), "sent_at"),
        (Sending(datetime.now(UTC), "Post"), "tracking_code"),
    ],
    ids=["tomorrow", "before the request", "nothing to see"],
)
async def test_a_proof_that_proves_nothing_is_refused(
    house: House, sending: Sending, field: str
) -> None:
    """The refusal names the field, and nothing moved."""
    opened = await asked(house, M.OWN_CARRIER)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")

    code = await opened.refused(RecordSending(info(CUSTOMER_SIDE), sending))

    assert code == "invalid_request"
    assert (await opened.view())["deliveries"][0]["state"] == "AWAITING_HANDOVER"


async def test_what_is_chosen_already_is_refused(house: House) -> None:
    opened = await asked(house, M.DROP_OFF)
    await until_delivery(opened, 1, state="AWAITING_HANDOVER")

    assert await opened.refused(change(M.DROP_OFF)) == "command_not_allowed"
    assert await opened.refused(change(M.PICKUP, in_days(90))) == "invalid_request"


async def test_a_withdrawal_takes_all_of_it_back(booked: OpenReturn) -> None:
    """Also while the courier is being called off."""
    with booked.house.sandbox.fault(**CANCEL_PICKUP, kind="http_503", times=1):
        await booked.do(change(M.OWN_CARRIER))
    await booked.do(Withdraw(info(CUSTOMER_SIDE)))

    await booked.until_headline("WITHDRAWN")
    assert (await booked.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(booked) == ["canceled"]
    assert "bought" not in labels(booked)


@pytest.mark.parametrize("kind", ["http_503", "lost_reply"])
async def test_a_way_chosen_while_a_courier_is_being_ordered_is_granted(
    house: House, kind: str
) -> None:
    """The order stood parked, or was taken unheard: no courier comes, and the parcel is brought."""
    with house.sandbox.fault(**BUY_PICKUP, kind=kind, times=1000):
        opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
        await house.pass_time(minutes=3)
        if kind == "http_503":
            await opened.until_waiting("courier_unavailable")
        await opened.do(ChangeHandover(info(CUSTOMER_SIDE), HandoverMethod.DROP_OFF))

    delivery = await until_delivery(opened, 1, state="AWAITING_HANDOVER", wished=None)
    view = await opened.until(lambda view: "calling_courier_off" not in waiting_codes(view))

    assert delivery["method"] == "DROP_OFF"
    assert "scheduled" not in visits_at_carrier(opened)
    assert view["deliveries"][0]["method"] == "DROP_OFF"
