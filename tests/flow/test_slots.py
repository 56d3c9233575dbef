"""Courier windows that pass before they can be booked: the next one is ordered, and told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.requests import HandoverMethod, PickupWindow
from integrations.carriers.easypost.adapter import EasyPostCarrier
from integrations.carriers.port import Label, ShipmentRequest
from integrations.errors import RejectedError
from tests.flow.test_handover import labels, mailed
from tests.flow.test_pickups import BUY_PICKUP, until_visit, visits_at_carrier
from tests.flow.test_withdrawal import BUY_LABEL
from tests.support.house import House, OpenReturn
from tests.support.told import OPS, REVIEWER, complaint, info, some_of, with_pickup
from workflows.messages import Approve, Retry


async def now_at(opened: OpenReturn) -> datetime:
    return await opened.house.env.get_current_time()


def starts(visit: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(visit["not_before"])


def ends(visit: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(visit["not_after"])


async def test_edge_26_a_review_that_outlasts_the_window_orders_the_next_one(house: House) -> None:
    """The courier comes at the same hours of a day that lies ahead; the customer reads of both."""
    order = house.sandbox.order("three-units")
    soon = datetime.now(UTC) + timedelta(hours=1)
    window = PickupWindow(soon, soon + timedelta(hours=2), "Europe/Berlin")
    asked = replace(complaint(order), handover=HandoverMethod.PICKUP, pickup_window=window)
    opened = await house.open(asked)
    await opened.until_waiting("awaiting_review")
    await house.pass_time(hours=5)

    await opened.do(Approve(info(REVIEWER), tuple(line["line_id"] for line in order["lines"])))
    visit = await until_visit(opened, 1)

    assert starts(visit) > await now_at(opened)
    (moved,) = await opened.events("pickup.rescheduled")
    assert datetime.fromisoformat(moved.data["window"]["not_before"]) == starts(visit)
    await mailed(opened, "We ask for one between")
    assert visits_at_carrier(opened) == ["scheduled"]


async def until_it_rests(opened: OpenReturn, work: str) -> None:
    """Let a try that had begun by itself come to its end: the time of the next one is ahead."""

    async def next_try() -> datetime:
        waiting = {wait["key"]: wait for wait in (await opened.view())["waiting_on"]}
        return datetime.fromisoformat(waiting[f"work/{work}"]["deadline"])

    while await next_try() < await now_at(opened) + timedelta(minutes=1):
        await opened.house.pass_time(minutes=3)


async def test_edge_26_an_outage_that_outlasts_the_window_orders_the_next_one(house: House) -> None:
    """One courier, once the carrier answers again; the draft for the time that is gone is none."""
    request = with_pickup(some_of(house.sandbox.order("three-units"), 1))
    with house.sandbox.fault(**BUY_PICKUP, kind="http_503", times=500):
        opened = await house.open(request)
        await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
        await house.pass_time(minutes=40)
        await opened.until(
            lambda view: any(w["key"] == "work/courier/d1" for w in view["waiting_on"])
        )
        await house.pass_time(days=2)
        await until_it_rests(opened, "courier/d1")

    await opened.do(Retry(info(OPS)))
    visit = await until_visit(opened, 2)

    assert ends(visit) > await now_at(opened)
    assert request.pickup_window is not None
    assert (starts(visit) - request.pickup_window.not_before) >= timedelta(days=1)
    assert [status for status in visits_at_carrier(opened) if status == "scheduled"] == [
        "scheduled"
    ]
    assert (await opened.view())["deliveries"][0]["pickups"][0]["outcome"] == "slot_gone"


async def test_edge_26_a_label_that_comes_too_late_for_its_courier_is_for_the_next_one(
    house: House,
) -> None:
    """The window moves before the label is asked for again; one label, one courier."""
    request = with_pickup(some_of(house.sandbox.order("three-units"), 1))
    with house.sandbox.fault(**BUY_LABEL, kind="http_503", times=500):
        opened = await house.open(request)
        await house.pass_time(minutes=40)
        await opened.until(lambda view: view["waiting_on"][0]["key"] == "work/book/d1")
        await house.pass_time(days=2)
        await until_it_rests(opened, "book/d1")

    await opened.do(Retry(info(OPS)))
    visit = await until_visit(opened, 1)

    assert ends(visit) > await now_at(opened)
    assert labels(opened) == ["bought"]
    assert visits_at_carrier(opened) == ["scheduled"]
    await opened.until_event("pickup.rescheduled")


async def test_edge_26_a_courier_who_brings_the_label_comes_at_the_next_window(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """His time was taken when label and visit were ordered as one: the next one is, and told."""
    buy, refusals = EasyPostCarrier.purchase_label, iter([True])

    async def taken(self: EasyPostCarrier, shipment_ref: str, request: ShipmentRequest) -> Label:
        if next(refusals, False):
            raise RejectedError("easypost", "that window is taken", code="slot_gone")
        return await buy(self, shipment_ref, request)

    monkeypatch.setattr(EasyPostCarrier, "purchase_label", taken)

    opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
    await opened.until_waiting("awaiting_pickup")

    (moved,) = await opened.events("pickup.rescheduled")
    assert moved.data["window"] != moved.data["before"]
    assert len(opened.ledger()["labels"]) == 1
    assert await opened.events("blocker.raised") == []
