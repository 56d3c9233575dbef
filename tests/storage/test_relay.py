"""The outbox: positions without gaps or disorder, notices claimed once and never lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from storage.database import Database
from storage.models.returns import NoticeModel
from storage.relay import Outbox
from storage.returns import Returns
from storage.rows import EventRow
from tests.storage.builders import OTHER, TENANT, event, notice, opened, return_id, transition


async def _record(returns: Returns, name: str, *versions: int) -> None:
    for version in versions:
        await returns.record_transition(transition(name, version=version))


async def test_positions_count_up_in_the_order_of_each_return(
    returns: Returns, store: Database
) -> None:
    """Two interleaved returns; the limit may cut anywhere."""
    for name in ("first", "second"):
        await opened(returns, name, wanted=(("shoes", 1),))
    await _record(returns, "second", 1)
    await _record(returns, "first", 1, 2)
    await _record(returns, "second", 2)
    outbox = Outbox(store)

    counts = [await outbox.assign_positions(TENANT, limit=3) for _ in range(3)]
    events = await outbox.events_after(TENANT, 0, limit=10)

    first, second = return_id("first"), return_id("second")
    assert counts == [3, 1, 0]
    assert [one.position for one in events] == [1, 2, 3, 4]
    assert [(one.return_id, one.sequence) for one in events] == [
        (second, 1),
        (first, 1),
        (first, 2),
        (second, 2),
    ]
    assert await outbox.events_after(TENANT, 2, limit=1) == events[2:3]


async def test_each_tenant_has_its_own_positions(returns: Returns, store: Database) -> None:
    """Another tenant's events neither show nor leave gaps."""
    await opened(returns)
    await opened(returns, tenant_id=OTHER)
    await _record(returns, "first", 1)
    await returns.record_transition(transition(tenant_id=OTHER))
    outbox = Outbox(store)

    for tenant_id in (TENANT, OTHER):
        assert await outbox.assign_positions(tenant_id, limit=10) == 1
        (only,) = await outbox.events_after(tenant_id, 0, limit=10)
        assert only.position == 1


async def test_positions_hold_together_under_concurrent_relays(
    store: Database, second_store: Database
) -> None:
    """Two relays number while returns are written and a reader follows: it misses nothing."""
    names = [f"{number}" for number in range(6)]
    returns = Returns(store)
    for name in names:
        await opened(returns, name, fulfilled=(("shoes", 99),))
    writing = asyncio.gather(*(_record(Returns(store), name, *range(1, 9)) for name in names))

    seen: list[EventRow] = []
    while len(seen) < 6 * 8:
        await asyncio.gather(
            Outbox(store).assign_positions(TENANT, limit=5),
            Outbox(second_store).assign_positions(TENANT, limit=7),
        )
        seen.extend(await Outbox(store).events_after(TENANT, len(seen), limit=100))
        assert [one.position for one in seen] == list(range(1, len(seen) + 1))
    await writing

    for name in names:
        mine = [one.sequence for one in seen if one.return_id == return_id(name)]
        assert mine == list(range(1, 9))


async def test_a_second_relay_steps_aside(returns: Returns, store: Database) -> None:
    """While one numbers a tenant's events, another is told that there is nothing to do."""
    await opened(returns)
    await _record(returns, "first", 1)
    lock = func.pg_advisory_xact_lock(func.hashtext("backhaul.positions"), func.hashtext(TENANT))
    async with store.tenant(TENANT) as connection:
        await connection.execute(select(lock))
        assert await Outbox(store).assign_positions(TENANT, limit=10) == 0

    assert await Outbox(store).assign_positions(TENANT, limit=10) == 1


async def _owe(returns: Returns, count: int) -> list[str]:
    await opened(returns)
    notices = tuple(notice(number) for number in range(count))
    await returns.record_transition(transition(notices=notices, events=(event(1),)))
    return sorted(one.notice_id for one in notices)


async def test_each_notice_is_claimed_by_one(store: Database, second_store: Database) -> None:
    """Two processes share what is due; nothing is taken twice."""
    expected = await _owe(Returns(store), 20)

    claims = await asyncio.gather(
        *(Outbox(one).claim_notices(TENANT, limit=7) for one in (store, second_store) * 3)
    )

    taken = [one.notice_id for claim in claims for one in claim]
    assert len(taken) == len(set(taken))
    rest = await Outbox(store).claim_notices(TENANT, limit=20)
    assert sorted(taken + [one.notice_id for one in rest]) == expected


async def test_a_crash_gives_its_notices_back(returns: Returns, store: Database) -> None:
    """When the lease is over, the next one takes them, and sees that it is the second try."""
    await _owe(returns, 1)
    outbox = Outbox(store)

    (first,) = await outbox.claim_notices(TENANT, limit=5, lease_seconds=0)
    (second,) = await outbox.claim_notices(TENANT, limit=5)

    assert (first.attempts, second.attempts) == (1, 2)
    assert (second.kind, second.data) == ("approved", {"number": 0})
    assert await outbox.claim_notices(TENANT, limit=5) == ()


async def test_a_sent_notice_stays_sent(returns: Returns, store: Database) -> None:
    """A failure that another process tells afterwards does not send it again."""
    await _owe(returns, 1)
    outbox = Outbox(store)
    (claimed,) = await outbox.claim_notices(TENANT, limit=5, lease_seconds=0)

    for _ in range(2):
        await outbox.notice_sent(TENANT, claimed.notice_id)
    await outbox.notice_failed(TENANT, claimed.notice_id, "late", retry_at=datetime.now(UTC))

    assert await outbox.claim_notices(TENANT, limit=5) == ()


async def test_a_failed_notice_comes_back_when_it_is_told(
    returns: Returns, store: Database
) -> None:
    """Not before its time, and not at all once it was given up."""
    await _owe(returns, 1)
    outbox = Outbox(store)
    (claimed,) = await outbox.claim_notices(TENANT, limit=5)
    now = datetime.now(UTC)

    await outbox.notice_failed(TENANT, claimed.notice_id, "421", retry_at=now + timedelta(hours=1))
    assert await outbox.claim_notices(TENANT, limit=5) == ()
    async with store.tenant(TENANT) as connection:
        await connection.execute(update(NoticeModel).values(next_attempt_at=now))
    (again,) = await outbox.claim_notices(TENANT, limit=5, lease_seconds=0)
    await outbox.notice_failed(TENANT, again.notice_id, "550", retry_at=None)

    assert await outbox.claim_notices(TENANT, limit=5) == ()


_ENDINGS = [("sent", ["notice.sent"]), ("failed", ["notice.failed"]), ("suppressed", [])]


@pytest.mark.parametrize(("ending", "facts"), _ENDINGS)
async def test_table_and_timeline_tell_how_a_notice_ended(
    returns: Returns, store: Database, ending: str, facts: list[str]
) -> None:
    """Operators see state and last error; the log has the fact once, however often it is told."""
    await _owe(returns, 1)
    outbox = Outbox(store)
    (claimed,) = await outbox.claim_notices(TENANT, limit=5)
    for _ in range(2):
        match ending:
            case "sent":
                await outbox.notice_sent(TENANT, claimed.notice_id)
            case "failed":
                await outbox.notice_failed(TENANT, claimed.notice_id, "550", retry_at=None)
            case _:
                await outbox.notice_suppressed(TENANT, claimed.notice_id, "550")

    async with store.tenant(TENANT) as connection:
        row = (
            await connection.execute(
                select(NoticeModel.state, NoticeModel.sent_at, NoticeModel.last_error)
            )
        ).one()
    events = await returns.timeline(TENANT, return_id("first"), limit=10)

    assert row.state == ending
    assert (row.sent_at is not None) == (ending == "sent")
    assert row.last_error == (None if ending == "sent" else "550")
    assert [one.type for one in events] == ["return.requested", "notice.due", *facts]
    assert events[1].data == {"type": "approved", "state": "APPROVED"}
