"""What happened is written once and without a gap, whatever the database and the worker do."""

from domain.inspection import Grade
from domain.tracking import Milestone
from tests.support.house import House, OpenReturn, eventually
from tests.support.postgres import Database, out_of_reach
from tests.support.told import (
    OPS,
    counted,
    graded,
    info,
    received,
    some_of,
    whole_order,
    with_pickup,
)
from workflows.messages import Retry


async def assert_no_gap(opened: OpenReturn) -> None:
    events = await opened.house.events(opened.return_id)
    numbers = [event.sequence for event in events if event.stream == "return"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (await opened.row()).version == len(numbers)


async def test_goes_on_after_the_database_was_away(house: House, database: Database) -> None:
    """A write that fails for seconds becomes a visible step that repeats; nothing is lost."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 3))
    await opened.ready_for_handover()

    with out_of_reach(database, "returns"):
        await opened.scan(Milestone.FIRST_SCAN)
        await opened.until_scheduled("record_transition")
        answer = await opened.do(received(counted({}, **{"LAMP-DESK-WHITE": 3})))
    await opened.do(graded("line-1/1", Grade.A))

    assert answer.headline == "RECEIVED"
    assert (await opened.ends()).headline == "CLOSED"
    await assert_no_gap(opened)


async def test_writes_every_event_once(house: House) -> None:
    """News told again and again adds nothing."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 1))
    await opened.ready_for_handover()

    for _ in range(5):
        await opened.scan(Milestone.FIRST_SCAN)
    await opened.arrive_and_grade_one()
    await opened.ends()

    assert (await opened.event_types()).count("delivery.first_scan") == 1
    await assert_no_gap(opened)


async def test_plays_the_same_without_a_cache(uncached_house: House) -> None:
    """A worker that replays the run at every task comes to the same end."""
    opened = await uncached_house.open(some_of(uncached_house.sandbox.order("three-units"), 1))

    await opened.arrive_and_grade_one()

    assert (await opened.ends()).headline == "CLOSED"
    assert len(opened.ledger()["refunds"]) == 1
    await assert_no_gap(opened)


async def test_parks_and_resumes_without_a_cache(uncached_house: House) -> None:
    """A whole return, its refund parked for a day and tried again: replayed at every task."""
    order = uncached_house.sandbox.order("no-reason-return")
    refunds = {"system": "stripe", "operation": "POST /v1/refunds", "kind": "http_503"}
    opened = await uncached_house.open(with_pickup(whole_order(order)))
    await opened.until_waiting("awaiting_pickup")
    await opened.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)

    with uncached_house.sandbox.fault(**refunds, times=1000):
        await opened.arrive_and_grade(order)
        await opened.until_event("settlement.sealed")
        await uncached_house.pass_time(minutes=3)
        await opened.until_waiting("provider_unavailable")
    await opened.do(Retry(info(OPS)))

    assert (await opened.ends()).headline == "CLOSED"
    assert [refund["status"] for refund in opened.ledger()["refunds"]] == ["succeeded"] * 2
    assert (await opened.event_types()).count("blocker.cleared") >= 1
    await assert_no_gap(opened)


async def test_shows_a_return_in_temporal(fast_house: House) -> None:
    """Search attributes follow the projection, and nobody's name is among them."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 1))
    row = await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
    assert row["headline"] == "APPROVED"

    found = await eventually(
        lambda: shown(opened), lambda shown: shown.get("LogisticsState") == "AWAITING_HANDOVER"
    )

    assert found["TenantId"] == "acme"
    assert found["Headline"] == "APPROVED"
    assert found["BlockerCodes"] == ["awaiting_handover"]
    await opened.withdraw()


async def shown(opened: OpenReturn) -> dict[str, object]:
    description = await opened.handle.describe()
    return {pair.key.name: pair.value for pair in description.typed_search_attributes}
