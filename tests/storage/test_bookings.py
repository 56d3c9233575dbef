"""Bookings: planned before a carrier hears of them, so that each is made once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.carriers import Record
from domain.tracking import Scan, ScanStatus
from storage.bookings import BookedOtherwiseError, Bookings, UnknownBookingError
from storage.database import Database
from storage.returns import Returns
from storage.rows import BookingRow
from storage.states import BookingState
from storage.tracking import Tracking
from tests.storage.builders import TENANT, opened, return_id

FIRST = return_id("first")
ACCOUNT = "00000000-0000-4000-8000-0000000000aa"
OTHER_ACCOUNT = "00000000-0000-4000-8000-0000000000bb"


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


async def test_the_first_time_that_it_was_sent_counts(returns: Returns, bookings: Bookings) -> None:
    """What a carrier remembers of a key it remembers from then; taken back, nothing was sent."""
    row = await _planned(returns, bookings)
    assert row.sent_at is None

    first = await bookings.sending(TENANT, row.booking_id)
    second = await bookings.sending(TENANT, row.booking_id)
    too_late = await bookings.not_sent(TENANT, row.booking_id, first)
    taken_back = await bookings.not_sent(TENANT, row.booking_id, second)

    assert first.sent_at == second.sent_at is not None
    assert second.updated_at > first.updated_at
    assert too_late.sent_at == first.sent_at
    assert taken_back.sent_at is None


async def test_an_ended_booking_is_not_sent(returns: Returns, bookings: Bookings) -> None:
    """A step that was left behind buys nothing for a return that gave it up."""
    row = await _planned(returns, bookings)
    await bookings.ended(TENANT, row.booking_id, BookingState.CANCELLED)

    with pytest.raises(BookedOtherwiseError):
        await bookings.sending(TENANT, row.booking_id)


async def test_a_booking_is_with_one_carrier(returns: Returns, bookings: Bookings) -> None:
    """The same name at another account is another booking."""
    row = await _planned(returns, bookings)
    await bookings.created(TENANT, row.booking_id, "shp_1", ACCOUNT)

    with pytest.raises(BookedOtherwiseError):
        await bookings.created(TENANT, row.booking_id, "shp_1", OTHER_ACCOUNT)


async def test_parcels_in_time_are_counted_by_account(
    returns: Returns, bookings: Bookings, store: Database
) -> None:
    """A parcel counts once it was scanned and delivered; one without a promise not at all."""
    await opened(returns)
    for number, (account, days, took) in enumerate(
        [
            (ACCOUNT, 3, 2),
            (ACCOUNT, 3, 4),
            (OTHER_ACCOUNT, 1, 1),
            (OTHER_ACCOUNT, None, 1),
            (OTHER_ACCOUNT, 5, None),
        ]
    ):
        row = await bookings.plan(TENANT, FIRST, f"label-d{number}", 1)
        await bookings.created(TENANT, row.booking_id, f"shp_{number}", account)
        details = {"tracking_code": f"T{number}", "promised_days": days}
        await bookings.bought(TENANT, row.booking_id, details, 455, "EUR")
        began = datetime(2026, 3, 2, 12, tzinfo=UTC)
        scans = [Scan(ScanStatus.LABEL_CREATED, began), Scan(ScanStatus.IN_TRANSIT, began)]
        if took is not None:
            scans.append(Scan(ScanStatus.DELIVERED, began + timedelta(days=took)))
        await Tracking(store).add_scans(TENANT, f"T{number}", scans)

    assert await bookings.records(TENANT) == {
        ACCOUNT: Record(delivered=2, on_time=1),
        OTHER_ACCOUNT: Record(delivered=1, on_time=1),
    }


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
