"""Bookings: planned before a carrier hears of them, so that each is made once."""

import asyncio

import pytest

from storage.bookings import BookedOtherwiseError, Bookings, UnknownBookingError
from storage.database import Database
from storage.returns import Returns
from storage.rows import BookingRow
from storage.states import BookingState
from tests.storage.builders import TENANT, opened, return_id

FIRST = return_id("first")
ACCOUNT = "00000000-0000-4000-8000-0000000000aa"


async def _planned(returns: Returns, bookings: Bookings) -> BookingRow:
    await opened(returns)
    return await bookings.plan(TENANT, FIRST, "label", 1)


async def test_a_plan_names_what_the_carrier_is_told(returns: Returns, bookings: Bookings) -> None:
    """The reference is made of the return, the purpose and the attempt."""
    row = await _planned(returns, bookings)

    assert row.reference == f"{FIRST}/label/1"
    assert (row.state, row.external_ref, row.details) == (BookingState.PLANNED, None, {})


async def test_planning_again_reads_the_booking_as_it_stands(
    returns: Returns, bookings: Bookings
) -> None:
    """After a crash the next attempt finds what was created before."""
    row = await _planned(returns, bookings)
    created = await bookings.created(TENANT, row.booking_id, "shp_1", ACCOUNT)

    assert await bookings.plan(TENANT, FIRST, "label", 1) == created


async def test_two_plans_at_once_are_one(store: Database, second_store: Database) -> None:
    """Two workers with the same activity get the same booking."""
    await opened(Returns(store))

    first, second = await asyncio.gather(
        Bookings(store).plan(TENANT, FIRST, "pickup", 1),
        Bookings(second_store).plan(TENANT, FIRST, "pickup", 1),
    )

    assert first == second


async def test_a_booking_is_created_bought_and_cancelled(
    returns: Returns, bookings: Bookings
) -> None:
    """Each step twice, as retries do; the cost of a cancelled label stays known."""
    row = await _planned(returns, bookings)
    for _ in range(2):
        await bookings.created(TENANT, row.booking_id, "shp_1", ACCOUNT)
    for _ in range(2):
        await bookings.bought(TENANT, row.booking_id, {"tracking_code": "T1"}, 455, "EUR")
    for state in (BookingState.CANCEL_REQUESTED, BookingState.CANCELLED, BookingState.CANCELLED):
        await bookings.ended(TENANT, row.booking_id, state)

    (after,) = await bookings.of_return(TENANT, FIRST)

    assert (after.state, after.external_ref) == (BookingState.CANCELLED, "shp_1")
    assert (after.details, after.cost_minor, after.cost_currency) == (
        {"tracking_code": "T1"},
        455,
        "EUR",
    )


async def test_a_late_answer_does_not_undo_a_cancellation(
    returns: Returns, bookings: Bookings
) -> None:
    """What was bought while it was being cancelled is known and still being cancelled."""
    row = await _planned(returns, bookings)
    await bookings.ended(TENANT, row.booking_id, BookingState.CANCEL_REQUESTED)

    await bookings.created(TENANT, row.booking_id, "shp_1", ACCOUNT)
    after = await bookings.bought(TENANT, row.booking_id, {}, 455, "EUR")

    assert (after.state, after.external_ref) == (BookingState.CANCEL_REQUESTED, "shp_1")
    assert after.cost_minor == 455


async def test_one_booking_is_one_thing_outside(returns: Returns, bookings: Bookings) -> None:
    """A second shipment for the same booking is refused, not forgotten."""
    row = await _planned(returns, bookings)
    await bookings.created(TENANT, row.booking_id, "shp_1", ACCOUNT)

    with pytest.raises(BookedOtherwiseError, match="found shp_2"):
        await bookings.created(TENANT, row.booking_id, "shp_2", ACCOUNT)


async def test_an_ended_booking_stays_ended(returns: Returns, bookings: Bookings) -> None:
    """A failed booking is neither bought nor cancelled afterwards; asking to cancel is harmless."""
    row = await _planned(returns, bookings)
    failed = await bookings.ended(TENANT, row.booking_id, BookingState.FAILED)

    with pytest.raises(BookedOtherwiseError, match="ended as failed"):
        await bookings.bought(TENANT, row.booking_id, {}, 455, "EUR")
    with pytest.raises(BookedOtherwiseError, match="ended as failed"):
        await bookings.ended(TENANT, row.booking_id, BookingState.CANCELLED)
    again = await bookings.ended(TENANT, row.booking_id, BookingState.CANCEL_REQUESTED)

    assert again == failed


async def test_an_end_is_one_of_three(returns: Returns, bookings: Bookings) -> None:
    """Buying is not an end."""
    row = await _planned(returns, bookings)

    with pytest.raises(ValueError, match="found bought"):
        await bookings.ended(TENANT, row.booking_id, BookingState.BOUGHT)


async def test_an_unplanned_booking_is_refused(bookings: Bookings) -> None:
    """Nothing is noted for a booking that no row planned."""
    with pytest.raises(UnknownBookingError):
        await bookings.created(TENANT, return_id("stray"), "shp_1", ACCOUNT)
