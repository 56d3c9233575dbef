"""Where goods are sent is chosen with the start; where nobody takes them, it is parked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from domain.inspection import Grade
from domain.returns import Return
from tests.support.house import House
from tests.support.sandbox_client import EXAMPLES
from tests.support.told import OPS, WAREHOUSE, graded, info, some_of
from workflows.messages import Correct, CountedEntry, Receive, Retry

FAR = {"areas": [{"country": "KW"}]}


@contextmanager
def places(house: House, **accepts: dict[str, Any]) -> Iterator[None]:
    """Open places that take this for as long as the context is open: shops share the sandbox."""
    known = json.loads((EXAMPLES / "locations.json").read_text())["locations"]
    by_id = {place.pop("location_id"): place for place in known}
    for location_id, taken in accepts.items():
        place = by_id[f"warehouse-{location_id}"] | {"accepts": taken}
        house.sandbox.put(f"locations/{location_id}", place)
    try:
        yield
    finally:
        for location_id in accepts:
            house.sandbox.http.delete(f"/_control/locations/{location_id}").raise_for_status()


def goes_to(house: House, shipment_id: str) -> str:
    """Return the town that a label is for; on a return the parcel travels against its addresses."""
    answer = house.sandbox.http.get(f"/easypost/v2/shipments/{shipment_id}", auth=("EZTK1", ""))
    answer.raise_for_status()
    shipment = answer.json()
    return str(shipment["from_address" if shipment["is_return"] else "to_address"]["city"])


def hazardous(house: House) -> dict[str, Any]:
    order: dict[str, Any] = house.sandbox.order("three-units")
    order["lines"][0]["traits"] = ["HAZARDOUS"]
    stored: dict[str, Any] = house.sandbox.put(f"orders/{order['order_id']}", order)
    return stored


async def test_goods_go_to_the_place_that_serves_the_customer(house: House) -> None:
    """Its address is on the label, the log says why, and counts and stock are booked there."""
    order = house.sandbox.order("three-units")
    country = order["ship_to"]["country"]
    with places(house, kw=FAR, jp={"areas": [{"country": country}]}):
        opened = await house.open(some_of(order, 1))
        view = await opened.ready_for_handover()
    counted = (CountedEntry(order["lines"][0]["sku"], 1),)

    await opened.do(Receive(info(WAREHOUSE), "R-1", "P-1", counted, location_id="jp"))
    await opened.do(graded("line-1/1", Grade.A))

    view = await opened.until(lambda view: view["lots"][0]["state"] == "REFUNDED")
    (requested,) = await opened.events("return.requested")
    assert (requested.data["location_id"], requested.data["location_match"]) == ("jp", "country")
    assert view["location_id"] == "jp"
    assert (await opened.shown())["LocationId"] == "jp"
    assert view["receipts"][0]["location_id"] == "jp"
    ledger = opened.ledger()
    assert goes_to(house, ledger["labels"][0]["shipment_id"]) == "Osaka"
    assert {move["location_id"] for move in ledger["stock_moves"]} == {"jp"}


async def test_a_platform_that_names_nothing_keeps_its_one_place(house: House) -> None:
    """And the log does not speak of a choice that nobody had."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))

    (requested,) = await opened.events("return.requested")
    assert "location_match" not in requested.data
    assert (await opened.view())["location_id"] == Return.__dataclass_fields__[
        "location_id"
    ].default


async def test_a_platform_that_lists_no_place_has_the_usual_one(house: House) -> None:
    """An empty list leaves as little choice as none."""
    empty = house.sandbox.fault(
        system="commerce",
        operation="GET /locations",
        kind="nonsense",
        times=1,
        set={"path": "locations", "value": []},
    )

    with empty:
        opened = await house.open(some_of(house.sandbox.order("three-units"), 1))

    assert (await opened.view())["location_id"] == "MAIN"


async def test_goods_that_nobody_takes_from_there_are_parked(house: House) -> None:
    """It is no fault of the customer: ops see it by name, and it goes on once a place is there."""
    order = house.sandbox.order("three-units")
    with places(house, kw=FAR):
        opened = await house.begin_draft(some_of(order, 1), "no_receiving_location")
        (wait,) = (await opened.view())["waiting_on"]
        held = await house.held(order["order_id"])
        with places(house, cn={}):
            await opened.do(Retry(info(OPS)))
            view = await opened.until(lambda view: view["headline"] == "APPROVED")

    assert (wait["owner"], wait["field"]) == ("ops", "ship_to.country")
    assert "correct" in wait["exits"]
    assert held == 0
    assert view["location_id"] == "cn"


async def test_edge_24_goods_that_a_place_refuses_go_to_another_or_wait(house: House) -> None:
    """Hazardous goods are not sent where they may not be kept; mended, they are."""
    picky, order = {"areas": [], "except_traits": ["HAZARDOUS"]}, hazardous(house)
    with places(house, kw=picky):
        opened = await house.begin_draft(some_of(order, 1), "no_receiving_location")
        (wait,) = (await opened.view())["waiting_on"]
        correction = Correct(info(OPS), "lines[0].traits", (), "the battery was taken out")
        await opened.do(correction)
        mended = await opened.until(lambda view: view["headline"] == "APPROVED")
        with places(house, jp={}):
            other = await house.open(some_of(hazardous(house), 1))

    assert wait["field"] == "lines"
    assert mended["location_id"] == "kw"
    assert (await other.view())["location_id"] == "jp"


async def test_a_line_that_is_denied_chooses_no_place(house: House) -> None:
    """Nothing of it is sent, so its traits do not matter."""
    order = house.sandbox.order("out-of-window")
    order["lines"][0]["traits"] = ["HAZARDOUS"]
    stored = house.sandbox.put(f"orders/{order['order_id']}", order)

    with places(house, kw={"except_traits": ["HAZARDOUS"]}):
        opened = await house.open(some_of(stored, 1))

    assert (await opened.view())["location_id"] == "kw"
    assert (await opened.view())["headline"] == "DENIED"


@pytest.mark.parametrize(("region", "place"), [("Zhejiang", "cn"), ("Elsewhere", "kw")])
async def test_a_region_has_its_own_place(house: House, region: str, place: str) -> None:
    """The state or province of the address decides, where a place names it."""
    order = house.sandbox.order("three-units")
    order["ship_to"]["region"] = region
    stored = house.sandbox.put(f"orders/{order['order_id']}", order)
    country = stored["ship_to"]["country"]

    with places(house, kw={}, cn={"areas": [{"country": country, "region": "zhejiang"}]}):
        opened = await house.open(some_of(stored, 1))

    assert (await opened.view())["location_id"] == place


async def test_goods_that_nobody_takes_are_kept_by_who_withdraws(house: House) -> None:
    """Whoever does not want to wait for a place ends the draft: nothing was held for it."""
    order = house.sandbox.order("three-units")
    with places(house, kw=FAR):
        opened = await house.begin_draft(some_of(order, 1), "no_receiving_location")
        await opened.withdraw()
        await opened.until_headline("WITHDRAWN")

    assert await house.held(order["order_id"]) == 0
