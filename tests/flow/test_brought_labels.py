"""A return goes back with a courier who brings the label: one order is both."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.requests import PickupWindow
from storage.bookings import Bookings
from storage.rows import ConnectionRow
from tests.flow.test_pickups import visits_at_carrier
from tests.support.house import TENANT, House, OpenReturn
from tests.support.sandbox_client import EXAMPLES
from tests.support.told import some_of, with_pickup

ORDERS = {
    "sf": {"operation": "POST /std/service", "containing": "EXP_RECE_CREATE_ORDER"},
    "kuaidi100": {"operation": "POST /order/borderapi.do", "containing": "method=bOrder"},
}
"""How each takes an order, for the sandbox's faults."""
QUOTES = {
    "sf": {"operation": "POST /std/service", "containing": "EXP_RECE_QUERY_DELIVERTM"},
    "kuaidi100": {"operation": "POST /order/borderapi.do", "containing": "method=price"},
}
"""How each is asked for a price."""
ACCOUNTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "sf": (
        {"check_word": "SFcheckword"},
        {"partner_id": "SFtest", "monthly_card": "7551234567", "product": "2"},
    ),
    "kuaidi100": (
        {"api_key": "KDtest", "secret": "KDsecret", "webhook_salt": "salt"},
        {
            "customer": "KDcustomer",
            "courier_company": "yuantong",
            "webhook_url": "https://returns.example.com/v1/webhooks/c-1",
        },
    ),
}


@pytest.fixture(params=ACCOUNTS)
async def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def by_courier(house: House, adapter: str) -> AsyncIterator[House]:
    """The house, whose tenant sends with such couriers alone, to a warehouse in China."""
    for other in await house.tenants.connections(TENANT):
        if other.adapter == "easypost":
            await house.tenants.put_connection(replace(other, settings={"closed": "yes"}))
    secrets, settings = ACCOUNTS[adapter]
    account = ConnectionRow(
        connection_id=str(uuid.uuid4()),
        tenant_id=TENANT,
        kind="carrier",
        adapter=adapter,
        base_url=f"{house.sandbox.http.base_url.join(adapter)}",
        secrets=secrets,
        settings=settings,
    )
    await house.tenants.put_connection(account)
    known = json.loads((EXAMPLES / "locations.json").read_text())["locations"]
    (warehouse,) = (place for place in known if place.pop("location_id") == "warehouse-cn")
    house.sandbox.put("locations/cn", warehouse | {"accepts": {"areas": [{"country": "CN"}]}})
    yield house
    house.sandbox.http.delete("/_control/locations/cn").raise_for_status()


async def courier_wished(house: House, *, within: timedelta | None = None) -> OpenReturn:
    """A return to be fetched tomorrow, or ``within`` so long, where it is about noon now."""
    order: dict[str, Any] = house.sandbox.order("three-units")
    order["ship_to"] |= {"phone": "13800000000"}
    order = house.sandbox.put(f"orders/{order['order_id']}", order)
    now = datetime.now(UTC)
    # Some come within one day alone, as their own calendar has it.
    zone = f"Etc/GMT{now.hour - 12:+d}"
    tomorrow = now + timedelta(days=1)
    wish = PickupWindow(tomorrow, tomorrow + timedelta(hours=4), zone)
    if within is not None:
        wish = PickupWindow(now - timedelta(hours=1), now + within, zone)
    return await house.open(replace(with_pickup(some_of(order, 1)), pickup_window=wish))


def labels(opened: OpenReturn) -> list[tuple[str, str]]:
    """Return who sold each label, and how it stands."""
    return [(label["system"], label["status"]) for label in opened.ledger()["labels"]]


async def test_a_courier_is_ordered_with_his_label_and_called_off(
    by_courier: House, adapter: str
) -> None:
    """One order is both; a withdrawal ends it whole."""
    opened = await courier_wished(by_courier)
    await opened.until_waiting("awaiting_pickup")
    assert visits_at_carrier(opened) == ["scheduled"]
    assert labels(opened) == [(adapter, "bought")]

    await opened.withdraw()

    assert (await opened.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(opened) == ["canceled"]
    assert labels(opened) == [(adapter, "refunded")]


@pytest.mark.parametrize("kind", ["lost_reply", "http_503"])
async def test_edge_25_an_answer_that_is_lost_orders_one_courier(
    by_courier: House, adapter: str, kind: str
) -> None:
    """Whether the order was taken or not, it is looked up, and stands once."""
    with by_courier.sandbox.fault(system=adapter, **ORDERS[adapter], kind=kind):
        opened = await courier_wished(by_courier)
        await by_courier.pass_time(minutes=3)
        await opened.until_waiting("awaiting_pickup")

    assert visits_at_carrier(opened) == ["scheduled"]
    assert labels(opened) == [(adapter, "bought")]


async def test_edge_26_an_order_that_comes_too_late_is_sent_for_the_next_window(
    by_courier: House, adapter: str
) -> None:
    """The window ends while the price is told: nothing is sent for it, and another one is taken."""
    slow = {"kind": "delay", "delay_ms": 5000}
    with by_courier.sandbox.fault(system=adapter, **QUOTES[adapter], **slow):
        opened = await courier_wished(by_courier, within=timedelta(seconds=5))
        await opened.until_waiting("awaiting_pickup")

    bookings = await Bookings(by_courier.needs.database).of_return(TENANT, opened.return_id)
    orders = sorted(
        (one for one in bookings if one.purpose == "label-d1"), key=lambda one: one.attempt
    )
    assert [one.sent_at is not None for one in orders] == [False, True]
    assert len(await opened.events("pickup.rescheduled")) == 1
    assert await opened.events("blocker.raised") == []
    assert labels(opened) == [(adapter, "bought")]
    assert visits_at_carrier(opened) == ["scheduled"]
