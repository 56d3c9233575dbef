"""A return goes back with SF Express: one order is the courier and the label he brings."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from storage.rows import ConnectionRow
from tests.flow.test_pickups import visits_at_carrier
from tests.support.house import TENANT, House, OpenReturn
from tests.support.sandbox_client import EXAMPLES
from tests.support.told import some_of, with_pickup

ORDER = {
    "system": "sf",
    "operation": "POST /std/service",
    "containing": "EXP_RECE_CREATE_ORDER",
}


@pytest.fixture
async def by_sf(house: House) -> AsyncIterator[House]:
    """The house, whose tenant sends with SF alone, to a warehouse in China."""
    for other in await house.tenants.connections(TENANT):
        if other.adapter == "easypost":
            await house.tenants.put_connection(replace(other, settings={"closed": "yes"}))
    sf = ConnectionRow(
        connection_id=str(uuid.uuid4()),
        tenant_id=TENANT,
        kind="carrier",
        adapter="sf",
        base_url=f"{house.sandbox.http.base_url.join('sf')}",
        secrets={"check_word": "SFcheckword"},
        settings={"partner_id": "SFtest", "monthly_card": "7551234567", "product": "2"},
    )
    await house.tenants.put_connection(sf)
    known = json.loads((EXAMPLES / "locations.json").read_text())["locations"]
    (warehouse,) = (place for place in known if place.pop("location_id") == "warehouse-cn")
    house.sandbox.put("locations/cn", warehouse | {"accepts": {"areas": [{"country": "CN"}]}})
    yield house
    house.sandbox.http.delete("/_control/locations/cn").raise_for_status()


async def courier_wished(house: House) -> OpenReturn:
    order: dict[str, Any] = house.sandbox.order("three-units")
    order["ship_to"] |= {"phone": "13800000000"}
    return await house.open(
        with_pickup(some_of(house.sandbox.put(f"orders/{order['order_id']}", order), 1))
    )


def labels(opened: OpenReturn) -> list[tuple[str, str]]:
    """Return who sold each label, and how it stands."""
    return [(label["system"], label["status"]) for label in opened.ledger()["labels"]]


async def test_a_courier_of_sf_is_ordered_with_his_label_and_called_off(by_sf: House) -> None:
    """One order is both; a withdrawal ends it whole."""
    opened = await courier_wished(by_sf)
    await opened.until_waiting("awaiting_pickup")
    assert visits_at_carrier(opened) == ["scheduled"]
    assert labels(opened) == [("sf", "bought")]

    await opened.withdraw()

    assert (await opened.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(opened) == ["canceled"]
    assert labels(opened) == [("sf", "refunded")]


@pytest.mark.parametrize("kind", ["lost_reply", "http_503"])
async def test_edge_25_an_answer_that_is_lost_orders_one_courier(by_sf: House, kind: str) -> None:
    """Whether the order was taken or not, it is looked up, and stands once."""
    with by_sf.sandbox.fault(**ORDER, kind=kind):
        opened = await courier_wished(by_sf)
        await by_sf.pass_time(minutes=3)
        await opened.until_waiting("awaiting_pickup")

    assert visits_at_carrier(opened) == ["scheduled"]
    assert labels(opened) == [("sf", "bought")]
