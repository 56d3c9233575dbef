"""The advance notice, as a warehouse reads it: from the label to the count."""

import csv
import io
import uuid
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from backhaul_client import (
    ArrivalView,
    CountedItem,
    ReceiveCommand,
    ReturnView,
    WithdrawCommand,
)
from storage.states import Role
from tests.support.asking import PATIENCE, labelled, new_key
from tests.support.builders import policy
from tests.support.house import TENANT
from tests.support.journey import OTHER_TENANT, Journey
from tests.support.terminal import Terminal, sign_in

PATH = "/v1/expected-arrivals"


def day_of(journey: Journey, view: ReturnView) -> date:
    """Return the warehouse's day of the hand-over's deadline and the time under way after it."""
    (wait,) = (wait for wait in view.waiting_on if wait.code == "awaiting_handover")
    assert wait.deadline is not None
    arrival = policy().handling.arrival / journey.settings.time_scale
    return (wait.deadline + arrival).astimezone(ZoneInfo("Europe/Berlin")).date()


async def expected(journey: Journey, view: ReturnView) -> list[ArrivalView]:
    """Return what the warehouse may expect of one return: a carrier's promise is not scaled."""
    first = day_of(journey, view) - timedelta(days=1)
    found = await journey.client("warehouse").list_expected_arrivals(
        first, first + timedelta(days=30)
    )
    return [arrival for arrival in found.items if arrival.return_id == view.return_id]


async def test_a_parcel_is_expected_from_its_label_to_its_count(journey: Journey) -> None:
    """With its goods and the code that is on it; counted, it is expected no more."""
    view = await labelled(journey, quantity=2)
    delivery, sku = view.deliveries[0], view.lines[0].sku

    (announced,) = await expected(journey, view)
    journey.sandbox.post(
        f"parcels/{delivery.tracking_code}/scans",
        {"scan_id": uuid.uuid4().hex, "status": "in_transit"},
    )
    scanned = await journey.client().wait_until(
        view.return_id, lambda seen: seen.deliveries[0].state == "IN_TRANSIT", timeout=PATIENCE
    )
    (moving,) = await expected(journey, view)
    count = ReceiveCommand(
        receipt_id="R-1", parcel="P-1", entries=(CountedItem(sku=sku, quantity=2),)
    )
    await journey.client("warehouse").receive(view.return_id, count, idempotency_key=new_key())
    await journey.client().wait_until(
        view.return_id, lambda seen: bool(seen.receipts), timeout=PATIENCE
    )
    counted = await expected(journey, view)

    assert (announced.rma_no, announced.delivery_id) == (view.rma_no, "d1")
    assert (announced.location_id, announced.basis) == ("MAIN", "policy")
    assert announced.expected_on == day_of(journey, view)
    assert announced.tracking_code == delivery.tracking_code
    assert [(one.sku, one.quantity) for one in announced.units] == [(sku, 2)]
    assert (announced.state, moving.state) == ("AWAITING_HANDOVER", "IN_TRANSIT")
    promise = scanned.deliveries[0].promised_at
    assert promise is not None
    assert moving.basis == "promised"
    assert moving.expected_on == promise.astimezone(ZoneInfo("Europe/Berlin")).date()
    assert counted == []


async def test_what_is_withdrawn_is_not_expected(journey: Journey) -> None:
    """The warehouse does not wait for what nobody sends."""
    view = await labelled(journey)
    await journey.client().withdraw(view.return_id, WithdrawCommand(), idempotency_key=new_key())
    await journey.client().wait_until(
        view.return_id, lambda seen: seen.headline == "WITHDRAWN", timeout=PATIENCE
    )

    assert await expected(journey, view) == []


async def test_a_day_is_summed_over_its_pages(journey: Journey) -> None:
    """However the pages fall, every parcel is there once and the sums are of all."""
    views = [await labelled(journey) for _ in range(3)]
    first, last = day_of(journey, views[0]), day_of(journey, views[-1])
    warehouse = journey.client("warehouse")

    in_pages = await warehouse.list_expected_arrivals(first, last, location="MAIN", page_size=2)

    keys = [(arrival.return_id, arrival.delivery_id) for arrival in in_pages.items]
    assert len(set(keys)) == len(keys)
    assert {view.return_id for view in views} <= {arrival.return_id for arrival in in_pages.items}
    for day in in_pages.days:
        of_day = [a for a in in_pages.items if a.expected_on == day.expected_on]
        assert day.parcels == len(of_day)
        for counted in day.units:
            units = [u.quantity for a in of_day for u in a.units if u.sku == counted.sku]
            assert counted.quantity == sum(units)


async def test_another_place_and_another_tenant_expect_none_of_it(journey: Journey) -> None:
    """Each sees its own."""
    view = await labelled(journey)
    day = day_of(journey, view)

    elsewhere = await journey.client("warehouse").list_expected_arrivals(day, day, location="moon")
    others = journey.client("warehouse", tenant=OTHER_TENANT)

    assert (elsewhere.items, elsewhere.days) == ((), ())
    assert (await others.list_expected_arrivals(day, day)).items == ()


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "invalid_request", "from"),
        ("from=2026-03-01", "invalid_request", "to"),
        ("from=2026-03-01&to=soon", "invalid_request", "to"),
        ("from=1700006400&to=2026-03-01", "invalid_request", "from"),
        ("from=2026-03-02&to=2026-03-01", "invalid_request", "to"),
        ("from=2026-03-01&to=2026-04-01", "invalid_request", "to"),
        ("from=0001-01-01&to=9999-12-31", "invalid_request", "to"),
        ("from=2026-03-01&to=2026-03-02&limit=501", "invalid_request", "limit"),
        ("from=2026-03-01&to=2026-03-02&location=", "invalid_request", "location"),
        ("from=2026-03-01&to=2026-03-02&day=1", "invalid_request", "day"),
        ("from=2026-03-01&to=2026-03-02&cursor=x", "invalid_cursor", "cursor"),
    ],
)
async def test_what_cannot_be_listed_says_which_part(
    journey: Journey, query: str, code: str, field: str
) -> None:
    """A day too many, a day that is none, a cursor of nobody."""
    answer = await journey.http[TENANT, "warehouse"].get(f"{PATH}?{query}")

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)


async def test_a_month_may_be_asked_for(journey: Journey) -> None:
    """Thirty-one days, both ends among them."""
    answer = await journey.http[TENANT, "warehouse"].get(f"{PATH}?from=2026-03-01&to=2026-03-31")

    assert answer.status_code == 200


async def test_who_may_read_it(journey: Journey) -> None:
    """The warehouse above all; nobody without a part in it."""
    query = f"{PATH}?from=2026-03-01&to=2026-03-02"

    read = {role: (await journey.http[TENANT, role].get(query)).status_code for role in Role}

    allowed = {Role.WAREHOUSE, Role.PLATFORM, Role.OPS, Role.AUDITOR}
    assert {role for role, status in read.items() if status == 200} == allowed
    assert {status for role, status in read.items() if role not in allowed} == {403}


async def test_the_warehouse_reads_it_on_the_command_line(
    journey: Journey, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As lines for people, and as CSV for its own system."""
    view = await labelled(journey)
    sign_in(journey, monkeypatch, "warehouse")
    day = day_of(journey, view).isoformat()
    asked = ("returns", "arrivals", "--location", "MAIN", "--day", day)

    said = await terminal.type(*asked)
    table = await terminal.type(*asked, "--csv")
    empty = await terminal.type("returns", "arrivals", "--location", "moon", "--day", day)
    wrong = await terminal.type(*asked, "--until", "2020-01-01")

    assert said[0] == table[0] == empty[0] == 0
    assert f"{day} MAIN: " in said[1]
    assert view.rma_no in said[1]
    (row,) = [row for row in csv.DictReader(io.StringIO(table[1])) if row["RMA"] == view.rma_no]
    assert row["tracking code"] == view.deliveries[0].tracking_code
    assert row["units"] == f"1 × {view.lines[0].sku}"
    assert empty[1] == "nothing is expected\n"
    assert wrong[0] == 1
    assert "invalid_request (to)" in wrong[2]
