"""A return goes back with UPS: no drafts, no keys, and each label and visit once."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities import carrier_rounds
from storage.bookings import Bookings
from storage.rows import ConnectionRow
from storage.states import BookingState
from tests.flow.test_carrier_rounds import go_round
from tests.flow.test_pickups import visits_at_carrier
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import OPS, info, some_of, with_pickup
from workflows.messages import Retry

QUOTE = {"system": "ups", "operation": "POST /api/rating/v2409/{option}"}
SHIP = {"system": "ups", "operation": "POST /api/shipments/v2409/ship"}
ORDER_VISIT = {"system": "ups", "operation": "POST /api/pickupcreation/v2409/pickup"}


@pytest.fixture
async def by_ups(by_both: House) -> House:
    """The house, whose tenant sends with UPS alone."""
    for other in await by_both.tenants.connections(TENANT):
        if other.adapter == "easypost":
            await by_both.tenants.put_connection(replace(other, settings={"closed": "yes"}))
    return by_both


@pytest.fixture
async def by_both(house: House) -> House:
    """The house, whose tenant may send with UPS as well as with EasyPost."""
    ups = ConnectionRow(
        connection_id=str(uuid.uuid4()),
        tenant_id=TENANT,
        kind="carrier",
        adapter="ups",
        base_url=f"{house.sandbox.http.base_url.join('ups')}",
        secrets={
            "client_id": "UPS_client",
            "client_secret": "secret",
            "webhook_credential": "credential",
        },
        settings={"account_number": "A1B2C3", "account_country": "DE"},
    )
    await house.tenants.put_connection(ups)
    return house


async def courier_wished(house: House, street: str = "") -> OpenReturn:
    """A return of one lamp, to be fetched from an address that is nobody else's unless named."""
    order: dict[str, Any] = house.sandbox.order("three-units")
    order["ship_to"] |= {"street1": street or street_of_its_own(), "phone": "+49301234567"}
    return await house.open(
        with_pickup(some_of(house.sandbox.put(f"orders/{order['order_id']}", order), 1))
    )


def street_of_its_own() -> str:
    return f"Street {uuid.uuid4().hex[:8]}"


async def test_a_courier_of_ups_is_ordered_and_called_off(by_ups: House) -> None:
    """Label and visit are bought once; a withdrawal ends both."""
    opened = await courier_wished(by_ups)
    await opened.until_waiting("awaiting_pickup")
    assert visits_at_carrier(opened) == ["scheduled"]
    assert [label["status"] for label in opened.ledger()["labels"]] == ["bought"]

    await opened.withdraw()

    assert (await opened.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(opened) == ["canceled"]
    assert [label["status"] for label in opened.ledger()["labels"]] == ["refunded"]


async def test_edge_25_lost_answers_of_ups_buy_one_label_and_one_visit(by_ups: House) -> None:
    """The label is found by its reference; the visit, ordered again, is the one that stands."""
    with (
        by_ups.sandbox.fault(**SHIP, kind="lost_reply"),
        by_ups.sandbox.fault(**ORDER_VISIT, kind="lost_reply"),
    ):
        opened = await courier_wished(by_ups)
        await by_ups.pass_time(minutes=3)
        await opened.until_waiting("awaiting_pickup")

    assert visits_at_carrier(opened) == ["scheduled"]
    assert len(opened.ledger()["labels"]) == 1


async def test_an_outage_of_ups_is_waited_for(by_ups: House) -> None:
    """Down for longer than the patience, it parks the label by name, which goes on by `retry`."""
    with by_ups.sandbox.fault(**QUOTE, kind="http_503", times=1000):
        opened = await courier_wished(by_ups)
        await opened.until_given_up("courier_unavailable")
        assert opened.ledger()["labels"] == []

    await opened.do(Retry(info(OPS)))

    await opened.until_waiting("awaiting_pickup")
    assert len(opened.ledger()["labels"]) == 1


async def test_a_courier_who_is_shared_comes_until_nobody_wants_him(by_ups: House) -> None:
    """Two returns of one address have one courier: he is called off with the second of them."""
    street = street_of_its_own()
    first = await courier_wished(by_ups, street)
    await first.until_waiting("awaiting_pickup")
    second = await courier_wished(by_ups, street)
    await second.until_waiting("awaiting_pickup")
    assert first.ledger()["pickups"][0]["confirmation"] == visit_of(second)

    # No clock may jump here: the other courier would be missed, and come another day.
    await first.withdraw()
    # The label is given back after the courier.
    await eventually(lambda: statuses_of_labels(first), lambda found: found == ["refunded"])
    assert visits_at_carrier(second) == ["scheduled"]

    await second.withdraw()
    assert (await second.ends()).headline == "WITHDRAWN"
    assert visits_at_carrier(second) == ["canceled"]


async def test_another_carrier_takes_the_parcel_while_ups_is_down(by_both: House) -> None:
    """Who tells no price is passed over: one label and one visit, both with the other."""
    with by_both.sandbox.fault(**QUOTE, kind="http_503", times=1000):
        opened = await courier_wished(by_both)
        await opened.until_waiting("awaiting_pickup")

    (label,) = opened.ledger()["labels"]
    assert not label["tracking_code"].startswith("1Z")
    assert visits_at_carrier(opened) == ["scheduled"]


async def statuses_of_labels(opened: OpenReturn) -> list[str]:
    return [label["status"] for label in opened.ledger()["labels"]]


def visit_of(opened: OpenReturn) -> str:
    confirmation: str = opened.ledger()["pickups"][0]["confirmation"]
    return confirmation


async def test_edge_25_a_round_leaves_a_courier_who_comes_for_another_parcel(
    by_ups: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One visit of two returns was given up for one of them: the other one waits for it still."""
    for wait in ("SWEEP_AFTER", "SWEEP_EVERY"):
        monkeypatch.setattr(carrier_rounds, wait, timedelta(0))
    street = street_of_its_own()
    first, second = [await courier_wished(by_ups, street) for _ in range(2)]
    for opened in (first, second):
        await opened.until_waiting("awaiting_pickup")
    bookings = Bookings(by_ups.needs.database)
    visits = [b for b in await bookings.of_return(TENANT, first.return_id) if "pickup" in b.purpose]
    await bookings.ended(TENANT, visits[0].booking_id, BookingState.CANCELLED)

    done = await go_round(by_ups)

    assert done.orphans == 0
    assert visits_at_carrier(second) == ["scheduled"]
