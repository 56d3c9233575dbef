"""What warehouses may expect: kept with each transition, read by day and place in pages."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from storage.cursors import BadCursorError
from storage.database import Database
from storage.expected_arrivals import ArrivalPage, ExpectedArrivals
from storage.returns import Returns
from tests.storage.builders import NOON, OTHER, TENANT, arrival, opened, return_id, transition

TODAY = NOON.date()
TOMORROW = TODAY + timedelta(days=1)


async def expecting(returns: Returns, name: str, *arrivals: Any, version: int = 1) -> None:
    """Open a return on its first transition, and record what is expected of it."""
    if version == 1:
        await opened(returns, name, wanted=(), order_id=f"O-{name}")
    await returns.record_transition(transition(name, version=version, arrivals=arrivals))


async def page(store: Database, **changes: Any) -> ArrivalPage:
    asked: dict[str, Any] = {"first": TODAY, "last": TOMORROW, "limit": 50} | changes
    return await ExpectedArrivals(store).page(TENANT, **asked)


async def test_a_parcel_is_read_as_it_was_recorded(store: Database, returns: Returns) -> None:
    """By its day, with its return's number and what is in it."""
    await expecting(returns, "first", arrival())

    (row,) = (await page(store)).rows

    assert (row.return_id, row.rma_no) == (return_id("first"), "RMA-0000-01-7")
    assert (row.delivery_id, row.location_id, row.expected_on) == ("d1", "MAIN", TODAY)
    assert (row.basis, row.state, row.tracking_code) == ("policy", "IN_TRANSIT", "TRACK1")
    assert row.units == (("LAMP", 2),)


async def test_what_changed_is_there_instead(store: Database, returns: Returns) -> None:
    """A later day replaces the earlier one; what was counted is expected no more."""
    await expecting(returns, "first", arrival())
    await expecting(returns, "first", arrival(expected_on=TOMORROW), version=2)
    later = await page(store)
    await expecting(returns, "first", version=3)

    assert [row.expected_on for row in later.rows] == [TOMORROW]
    assert await page(store) == ArrivalPage((), (), None)


async def test_a_transition_that_says_nothing_of_it_changes_nothing(
    store: Database, returns: Returns
) -> None:
    """Most transitions are about something else."""
    await expecting(returns, "first", arrival())

    await returns.record_transition(transition("first", version=2))

    assert len((await page(store)).rows) == 1


async def test_a_repeated_transition_brings_nothing_back(store: Database, returns: Returns) -> None:
    """A late repeat of the first write finds the parcel counted."""
    await expecting(returns, "first", arrival())
    await expecting(returns, "first", version=2)

    await returns.record_transition(transition("first", arrivals=(arrival(),)))

    assert (await page(store)).rows == ()


async def test_days_are_summed_by_place_and_sku(store: Database, returns: Returns) -> None:
    """Also of parcels that are on another page; a parcel without units is a parcel."""
    await expecting(returns, "a", arrival(units=(("LAMP", 2), ("SHOE", 1))))
    await expecting(returns, "b", arrival(units=(("LAMP", 3),)), arrival("d2", units=()))
    await expecting(returns, "c", arrival(location_id="WEST", units=(("SHOE", 4),)))
    await expecting(returns, "d", arrival(expected_on=TOMORROW))

    found = await page(store, limit=1)

    assert [(day.expected_on, day.location_id, day.parcels, day.units) for day in found.days] == [
        (TODAY, "MAIN", 3, (("LAMP", 5), ("SHOE", 1))),
        (TODAY, "WEST", 1, (("SHOE", 4),)),
        (TOMORROW, "MAIN", 1, (("LAMP", 2),)),
    ]


async def test_pages_follow_each_other_by_day_and_place(store: Database, returns: Returns) -> None:
    """Every parcel on one page, whatever is expected meanwhile before the place one is at."""
    days: tuple[date, ...] = (TOMORROW, TODAY)
    for number, day in enumerate(days * 2):
        place = "MAIN" if number < 2 else "WEST"
        await expecting(returns, f"r{number}", arrival(expected_on=day, location_id=place))

    first = await page(store, limit=2)
    await expecting(returns, "late", arrival(location_id="EAST"))
    second = await page(store, limit=2, cursor=first.next_cursor)

    seen = [(row.expected_on, row.location_id) for row in (*first.rows, *second.rows)]
    assert seen == [(day, place) for day in (TODAY, TOMORROW) for place in ("MAIN", "WEST")]
    assert second.days == ()
    assert second.next_cursor is None


async def test_only_what_was_asked_for_is_there(store: Database, returns: Returns) -> None:
    """Days before and after, other places and other tenants are left out."""
    for name, day in (("early", TODAY - timedelta(days=1)), ("late", TOMORROW)):
        await expecting(returns, name, arrival(expected_on=day))
    await expecting(returns, "west", arrival(location_id="WEST"))

    whole = await page(store, last=TODAY)
    main = await page(store, last=TODAY, location_id="MAIN")
    others = await ExpectedArrivals(store).page(OTHER, first=TODAY, last=TOMORROW, limit=9)

    assert [row.location_id for row in whole.rows] == ["WEST"]
    assert (main.rows, main.days) == ((), ())
    assert others == ArrivalPage((), (), None)


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "W10", "WyIyMDI2LTAzLTAyIiwgImEvYi9jIl0", "WyJ4IiwgInkiXQ"]
)
async def test_a_cursor_of_no_page_is_refused(store: Database, cursor: str) -> None:
    """Neither guessed ones nor those of other lists."""
    with pytest.raises(BadCursorError):
        await page(store, cursor=cursor)


async def test_a_day_is_read_from_the_index(store: Database, returns: Returns) -> None:
    """However many parcels are expected on other days."""
    await expecting(returns, "first", arrival())
    async with store.tenant(TENANT) as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await connection.scalars(
            text(
                "EXPLAIN SELECT * FROM expected_arrivals WHERE tenant_id = :tenant "
                "AND expected_on BETWEEN :day AND :day AND location_id = 'MAIN' "
                "ORDER BY expected_on, location_id, return_id, delivery_id LIMIT 50"
            ),
            {"tenant": TENANT, "day": TODAY},
        )

    lines = "\n".join(plan.all())
    assert "ix_expected_arrivals_by_day" in lines
    assert "Sort" not in lines
