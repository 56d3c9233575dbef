"""Bookings: planned before a carrier hears of them, so that each is made once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from domain.booking import label_purpose, visit_purpose
from storage.bookings import BookedOtherwiseError, Bookings, UnknownBookingError
from storage.database import Database
from storage.returns import Returns
from storage.rows import BookingRow
from storage.states import BookingState
from tests.storage.builders import ACCOUNT, OTHER_ACCOUNT, TENANT, opened, return_id

FIRST = return_id("first")


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


async def _visit(
    bookings: Bookings, delivery_id: str, account: str, confirmation: str
) -> BookingRow:
    row = await bookings.plan(TENANT, FIRST, visit_purpose(delivery_id), 1)
    await bookings.created(TENANT, row.booking_id, f"pck_{delivery_id}", account)
    said = {"confirmation": confirmation}
    return await bookings.bought(TENANT, row.booking_id, said, 0, "EUR")


async def test_a_visit_is_shared_by_its_number(returns: Returns, bookings: Bookings) -> None:
    """By what still wants it, at the same account; a label of the same words is no visit."""
    await opened(returns)
    ours = await _visit(bookings, "d1", ACCOUNT, "PRN1")
    other = await _visit(bookings, "d2", ACCOUNT, "PRN1")
    await _visit(bookings, "d3", OTHER_ACCOUNT, "PRN2")
    label = await bookings.plan(TENANT, FIRST, label_purpose("d1"), 1)
    await bookings.created(TENANT, label.booking_id, "shp_1", ACCOUNT)
    await bookings.bought(TENANT, label.booking_id, {"confirmation": "PRN3"}, 0, "EUR")

    shared = [await bookings.shares_visit(TENANT, ours, f"PRN{n}") for n in (1, 2, 3)]
    await bookings.ended(TENANT, other.booking_id, BookingState.CANCELLED)

    assert shared == [True, False, False]
    assert not await bookings.shares_visit(TENANT, ours, "PRN1")


async def test_a_number_of_long_ago_is_of_another_visit(
    returns: Returns, bookings: Bookings, owner: Engine
) -> None:
    """Carriers give out their numbers again."""
    await opened(returns)
    old = await _visit(bookings, "d1", ACCOUNT, "PRN1")
    ours = await _visit(bookings, "d2", ACCOUNT, "PRN1")
    _backdate(owner, old, timedelta(days=61))

    assert not await bookings.shares_visit(TENANT, ours, "PRN1")


async def test_what_a_carrier_has_not_shown_for_days_is_looked_for_no_more(
    returns: Returns, bookings: Bookings, owner: Engine
) -> None:
    """A booking that was sent and given up is looked for at its carrier, for three days."""
    row = await _planned(returns, bookings)
    await bookings.created(TENANT, row.booking_id, "shp_1", ACCOUNT)
    await bookings.sending(TENANT, row.booking_id)
    await bookings.ended(TENANT, row.booking_id, BookingState.FAILED)
    soon = datetime.now(UTC) + timedelta(minutes=1)

    async def doubtful() -> list[str]:
        found = await bookings.doubtful(
            TENANT, ACCOUNT, quiet_since=soon, swept_before=soon, limit=10
        )
        return [one.booking_id for one in found]

    at_first = await doubtful()
    _backdate(owner, row, timedelta(days=4))

    assert at_first == [row.booking_id]
    assert await doubtful() == []


def _backdate(owner: Engine, row: BookingRow, by: timedelta) -> None:
    with owner.begin() as connection:
        connection.execute(text(f"SET LOCAL backhaul.tenant_id = '{TENANT}'"))
        connection.execute(
            text(
                "UPDATE booking_intents SET created_at = created_at - :by,"
                " updated_at = updated_at - :by WHERE booking_id = :booking_id"
            ),
            {"by": by, "booking_id": row.booking_id},
        )


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
