"""What comes from outside: scans, webhooks and survey answers, in any order and any number."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from domain.tracking import Scan, ScanStatus
from storage.database import Database
from storage.inbox import Inbox
from storage.returns import Returns
from storage.rows import ConnectionRow, InboxRow
from storage.secrets import SecretBox
from storage.surveys import Surveys
from storage.tenants import Tenants
from storage.tracking import Tracking
from tests.storage.builders import NOON, OTHER, TENANT, delivery, opened, return_id, transition

FIRST = return_id("first")
ACCEPTED = Scan(ScanStatus.ACCEPTED, NOON, "accepted")
DELIVERED = Scan(ScanStatus.DELIVERED, NOON + timedelta(days=2), "delivered")


async def test_a_parcel_is_found_by_its_code(returns: Returns, store: Database) -> None:
    """Not by a stranger's tenant."""
    await opened(returns)
    await returns.record_transition(transition(deliveries=(delivery(),)))
    tracking = Tracking(store)

    found = await tracking.newest_delivery(TENANT, "TRACK1")

    assert found is not None
    assert (found.return_id, found.delivery_id) == (FIRST, "D1")
    assert await tracking.newest_delivery(OTHER, "TRACK1") is None


async def test_a_code_used_again_names_the_newest_parcel(returns: Returns, store: Database) -> None:
    """Carriers use their codes again after some months."""
    for number, name in enumerate(("first", "second"), start=1):
        await opened(returns, name, wanted=(("shoes", 1),))
        await returns.record_transition(transition(name, deliveries=(delivery(f"D{number}"),)))

    found = await Tracking(store).newest_delivery(TENANT, "TRACK1")

    assert found is not None
    assert found.return_id == return_id("second")


async def test_a_bulk_parcel_is_found_with_all_that_travel_in_it(
    returns: Returns, store: Database, owner: Engine
) -> None:
    """Not with those that travelled under its code some months ago."""
    for number, name in enumerate(("old", "first", "second")):
        await opened(returns, name, wanted=(("shoes", 1),))
        await returns.record_transition(transition(name, deliveries=(delivery(f"D{number}"),)))
    _backdate(owner, return_id("old"), timedelta(days=200))

    found = await Tracking(store).deliveries_in(TENANT, "TRACK1")

    assert [one.delivery_id for one in found] == ["D1", "D2"]
    assert await Tracking(store).deliveries_in(OTHER, "TRACK1") == ()


async def test_scans_of_the_parcel_that_had_a_code_before_are_not_this_ones(
    returns: Returns, store: Database
) -> None:
    """What was delivered half a year ago is not told of the parcel that has the code now."""
    tracking = Tracking(store)
    old = datetime.now(UTC) - timedelta(days=200)
    before = [Scan(ScanStatus.ACCEPTED, old), Scan(ScanStatus.DELIVERED, old)]
    await tracking.add_scans(TENANT, "TRACK1", before)
    await opened(returns)
    await returns.record_transition(transition(deliveries=(delivery(),)))
    fresh = Scan(ScanStatus.ACCEPTED, datetime.now(UTC))

    assert await tracking.add_scans(TENANT, "TRACK1", [fresh]) == (fresh,)


def _backdate(owner: Engine, return_id: str, by: timedelta) -> None:
    with owner.begin() as connection:
        connection.execute(text(f"SET LOCAL backhaul.tenant_id = '{TENANT}'"))
        connection.execute(
            text("UPDATE deliveries SET created_at = created_at - :by WHERE return_id = :id"),
            {"by": by, "id": return_id},
        )


async def test_scans_come_in_any_order_and_any_number(store: Database) -> None:
    """The same scan twice is one; all known scans come back, oldest first."""
    tracking = Tracking(store)

    await tracking.add_scans(TENANT, "TRACK1", [DELIVERED, DELIVERED])
    scans = await tracking.add_scans(TENANT, "TRACK1", [ACCEPTED, DELIVERED])

    assert scans == (ACCEPTED, DELIVERED)
    assert await tracking.add_scans(TENANT, "TRACK1", []) == scans
    assert await tracking.add_scans(OTHER, "TRACK1", []) == ()


async def test_the_same_webhook_twice_at_once_adds_its_scans_once(
    store: Database, second_store: Database
) -> None:
    """Crossed orders of the same scans neither fail nor lock each other out."""
    many = [Scan(ScanStatus.IN_TRANSIT, NOON + timedelta(minutes=n)) for n in range(50)]

    await asyncio.gather(
        *(
            Tracking(one).add_scans(TENANT, "TRACK1", scans)
            for one in (store, second_store)
            for scans in (many, many[::-1])
        )
    )

    assert len(await Tracking(store).add_scans(TENANT, "TRACK1", [])) == 50


async def _connection_id(store: Database) -> str:
    wanted = ConnectionRow(str(uuid4()), TENANT, "payments", "stripe", "http://x", {}, {})
    cipher = SecretBox(Fernet.generate_key().decode())
    return (await Tenants(store).put_connection(wanted, cipher=cipher)).connection_id


async def test_a_webhook_is_kept_once_as_it_came(store: Database) -> None:
    """A repeated delivery is recognised, with what became of the first."""
    inbox, connection_id = Inbox(store), await _connection_id(store)
    body = b'{"caf\xc3\xa9": "\x00"}'

    first = await inbox.receive(TENANT, connection_id, "evt_1", "refund.updated", body)
    again = await inbox.receive(TENANT, connection_id, "evt_1", "refund.updated", b"else")
    (waiting,) = await inbox.unprocessed(TENANT, limit=10, older_than_seconds=0)

    assert first.is_new
    assert again == InboxRow(first.inbox_id, is_new=False, processed_at=None)
    assert (waiting.body, waiting.event_type, waiting.attempts) == (body, "refund.updated", 0)


async def test_a_processed_webhook_stays_processed(store: Database) -> None:
    """It leaves the list; a failure that is told afterwards changes nothing."""
    inbox, connection_id = Inbox(store), await _connection_id(store)
    row = await inbox.receive(TENANT, connection_id, "evt_1", "x", b"")

    await inbox.processed(TENANT, row.inbox_id)
    await inbox.failed(TENANT, row.inbox_id, "too late")
    again = await inbox.receive(TENANT, connection_id, "evt_1", "x", b"")

    assert await inbox.unprocessed(TENANT, limit=10, older_than_seconds=0) == ()
    assert again.processed_at is not None


async def test_failed_webhooks_wait_behind_fresh_ones(store: Database) -> None:
    """One that fails again and again does not hold up the others; young ones are left alone."""
    inbox, connection_id = Inbox(store), await _connection_id(store)
    bad = await inbox.receive(TENANT, connection_id, "evt_1", "x", b"")
    good = await inbox.receive(TENANT, connection_id, "evt_2", "x", b"")
    await inbox.failed(TENANT, bad.inbox_id, "boom " * 200)

    waiting = await inbox.unprocessed(TENANT, limit=10, older_than_seconds=0)

    assert [one.inbox_id for one in waiting] == [good.inbox_id, bad.inbox_id]
    assert waiting[1].last_error is not None
    assert len(waiting[1].last_error) == 500
    assert await inbox.unprocessed(TENANT, limit=10, older_than_seconds=60) == ()


async def test_a_survey_link_is_found_by_its_hash_alone(returns: Returns, store: Database) -> None:
    """The link names no tenant; a reminder's link leads to the same return."""
    await opened(returns)
    surveys = Surveys(store)
    await surveys.invite(TENANT, FIRST, "hash-1", NOON)
    await surveys.invite(TENANT, FIRST, "hash-2", NOON)
    await surveys.invite(TENANT, FIRST, "hash-1", NOON + timedelta(days=1))

    found = await surveys.find("hash-1")
    reminder = await surveys.find("hash-2")

    assert found is not None
    assert (found.tenant_id, found.return_id, found.answered) == (TENANT, FIRST, False)
    assert found.expires_at == NOON + timedelta(days=1)
    assert reminder is not None
    assert reminder.return_id == FIRST
    assert await surveys.find("hash-3") is None


async def test_the_first_answer_counts_and_later_ones_amend_it(
    returns: Returns, store: Database
) -> None:
    """A retry of either is told the same as before."""
    await opened(returns)
    surveys = Surveys(store)
    await surveys.invite(TENANT, FIRST, "hash-1", NOON)

    async def answer(minute: int, csat: int) -> bool:
        moment = NOON + timedelta(minutes=minute)
        return await surveys.record_answer(
            TENANT, FIRST, csat=csat, nps=None, comment="", answered_at=moment
        )

    assert [await answer(0, 5), await answer(0, 5), await answer(1, 1), await answer(1, 1)] == [
        True,
        True,
        False,
        False,
    ]
    found = await surveys.find("hash-1")
    assert found is not None
    assert found.answered


async def test_one_of_two_answers_at_once_counts(store: Database, second_store: Database) -> None:
    """A double click with different times is one answer and one amendment."""
    await opened(Returns(store))

    counted = await asyncio.gather(
        *(
            Surveys(one).record_answer(
                TENANT,
                FIRST,
                csat=4,
                nps=9,
                comment="fine",
                answered_at=NOON + timedelta(seconds=second),
            )
            for second, one in enumerate((store, second_store))
        )
    )

    assert sorted(counted) == [False, True]


@pytest.mark.parametrize(("csat", "nps"), [(0, None), (6, None), (None, -1), (None, 11)])
async def test_answers_outside_the_scale_are_refused(
    returns: Returns, store: Database, csat: int | None, nps: int | None
) -> None:
    """CSAT is 1 to 5, NPS 0 to 10."""
    await opened(returns)

    with pytest.raises(Exception, match="within_scale"):
        await Surveys(store).record_answer(
            TENANT, FIRST, csat=csat, nps=nps, comment="", answered_at=NOON
        )
