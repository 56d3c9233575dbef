"""A return's follow-up writes beside the return, in a stream of its own."""

from datetime import timedelta

from storage.database import Database
from storage.followups import FollowUps
from storage.relay import Outbox
from storage.returns import Returns
from storage.surveys import Surveys
from tests.storage.builders import NOON, TENANT, event, notice, opened, return_id, transition

FIRST = return_id("first")


async def _record(store: Database, sequence: int, *, invite: bool = False) -> None:
    await FollowUps(store).record(
        TENANT,
        FIRST,
        events=(event(sequence, type="survey.sent"),),
        notices=(notice(sequence),),
        token_hash="hash-1",
        invite_until=NOON + timedelta(days=14) if invite else None,
    )


async def test_all_streams_make_one_timeline(returns: Returns, store: Database) -> None:
    """Events come in the order they were written; a reader goes on where it stopped."""
    await opened(returns)
    await returns.record_transition(transition(version=1))
    await _record(store, 1, invite=True)
    await returns.record_transition(transition(version=2))
    await _record(store, 2)

    events = await returns.timeline(TENANT, FIRST, limit=10)
    rest = await returns.timeline(TENANT, FIRST, limit=10, after=events[2].ingest_no)

    assert [(one.stream.partition("/")[0], one.sequence, one.type) for one in events] == [
        ("return", 1, "return.requested"),
        ("follow-up", 1, "survey.sent"),
        ("notice", 1, "notice.due"),
        ("return", 2, "return.requested"),
        ("follow-up", 2, "survey.sent"),
        ("notice", 1, "notice.due"),
    ]
    assert rest == events[3:]
    assert len({one.event_id for one in events}) == 6


async def test_a_repeated_step_changes_nothing(returns: Returns, store: Database) -> None:
    """One event, one message, one invitation, however often the step is tried."""
    await opened(returns)
    for _ in range(2):
        await _record(store, 1, invite=True)

    assert len(await returns.timeline(TENANT, FIRST, limit=10)) == 2
    assert len(await Outbox(store).claim_notices(TENANT, limit=10)) == 1
    assert await Surveys(store).find("hash-1") is not None


async def test_its_events_get_positions_as_well(returns: Returns, store: Database) -> None:
    """Readers of the outbox see the survey beside the return."""
    await opened(returns)
    await returns.record_transition(transition(version=1))
    await _record(store, 1)

    assert await Outbox(store).assign_positions(TENANT, limit=10) == 3
    events = await Outbox(store).events_after(TENANT, 0, limit=10)
    assert [one.type for one in events] == ["return.requested", "survey.sent", "notice.due"]
