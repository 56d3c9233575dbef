"""What happened is written once and without a gap, whatever the database and the worker do."""

from domain.inspection import Grade
from domain.tracking import Milestone
from tests.support.house import House, OpenReturn, eventually
from tests.support.postgres import Database, out_of_reach
from tests.support.told import (
    counted,
    graded,
    received,
    refund_news,
    some_of,
    whole_order,
    with_pickup,
)
from workflows.return_workflow import ReturnWorkflow


async def assert_no_gap(opened: OpenReturn) -> None:
    assert (await opened.row()).version == len(await opened.stream())


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

    assert (await opened.handle.result()).headline == "CLOSED"
    assert len(opened.ledger()["refunds"]) == 1
    await assert_no_gap(opened)


async def test_parks_and_resumes_without_a_cache(uncached_house: House) -> None:
    """A whole return by courier that parks twice, its start and a refund: replayed at each task."""
    order = uncached_house.sandbox.order("no-reason-return")
    request = with_pickup(whole_order(order))
    with uncached_house.sandbox.nonsense(order, "ship_to.country", "Neverland"):
        opened = await uncached_house.begin_draft(request, "bad_upstream_data")
    await opened.until_waiting("awaiting_pickup")
    await opened.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED)
    charge = order["tenders"][0]
    uncached_house.sandbox.refund_by_hand(charge["payment_ref"], charge["captured_minor"])

    await opened.arrive_and_grade(order)
    await opened.until(lambda view: all(lot["settlement_no"] for lot in view["lots"]))
    await opened.until_waiting("refund_refused")
    settlements = (await opened.view())["settlements"]
    for intent in (intent for one in settlements for intent in one["refunds"]):
        news = refund_news(intent["intent_id"], "succeeded")
        await opened.handle.signal(ReturnWorkflow.refund_news, news)

    assert (await opened.handle.result()).headline == "CLOSED"
    assert "blocker.cleared" in await opened.event_types()
    await assert_no_gap(opened)


async def test_shows_a_return_in_temporal(fast_house: House) -> None:
    """Search attributes follow the projection, and nobody's name is among them."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 1))
    row = await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
    assert row["headline"] == "APPROVED"

    found = await eventually(
        opened.shown, lambda shown: shown.get("LogisticsState") == "AWAITING_HANDOVER"
    )

    assert found["TenantId"] == "acme"
    assert found["Headline"] == "APPROVED"
    assert found["BlockerCodes"] == ["awaiting_handover"]
    await opened.withdraw()
