"""Returns whose run is gone: found open by page, marked once, cleared by the next transition."""

from datetime import timedelta

import pytest

from storage.database import Database
from storage.missing import MissingRuns
from storage.returns import Returns
from storage.rows import OpenReturn
from tests.storage.builders import NOON, OTHER, TENANT, opened, opening, return_id, transition

DAY = timedelta(days=1)


@pytest.fixture
def missing(store: Database) -> MissingRuns:
    return MissingRuns(store)


async def found(missing: MissingRuns) -> OpenReturn:
    (one,) = await missing.open_returns(TENANT, after=None, limit=10)
    return one


async def test_open_returns_come_page_by_page(returns: Returns, missing: MissingRuns) -> None:
    """Those that need a run, in the order of their ids, of one tenant; the ended are left out."""
    for name in ("one", "two", "three"):
        await opened(returns, name, wanted=(("shoes", 1),))
    await opened(returns, "ended", order_id="O-2")
    await returns.record_transition(transition("ended", headline="CLOSED"))
    ids = sorted(return_id(name) for name in ("one", "two", "three"))

    first = await missing.open_returns(TENANT, after=None, limit=2)
    rest = await missing.open_returns(TENANT, after=first[-1].return_id, limit=2)

    assert [one.return_id for one in (*first, *rest)] == ids
    assert await missing.open_returns(OTHER, after=None, limit=2) == ()


async def test_a_withdrawal_under_way_needs_its_run(returns: Returns, missing: MissingRuns) -> None:
    """Its headline is final, but the parcel is still to be cancelled."""
    await opened(returns)
    await returns.record_transition(transition(headline="WITHDRAWN", next_deadline=NOON))

    assert (await found(missing)).return_id == return_id("first")


async def test_is_marked_once_and_told_again_later(returns: Returns, missing: MissingRuns) -> None:
    """Since when stays; the deadline moves each time it passes."""
    await opened(returns)
    await returns.record_transition(transition(blocker_codes=("awaiting_handover",)))

    marked = await missing.note(TENANT, await found(missing), at=NOON, deadline=NOON + DAY)
    early = await missing.note(
        TENANT, await found(missing), at=NOON + DAY / 2, deadline=NOON + 2 * DAY
    )
    late = await missing.note(TENANT, await found(missing), at=NOON + DAY, deadline=NOON + 2 * DAY)

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert (marked, early, late) == (True, False, True)
    assert (row.missing_since, row.next_deadline) == (NOON, NOON + 2 * DAY)
    assert (row.owner_role, row.version) == ("ops", 1)
    assert row.blocker_codes == ("awaiting_handover", "workflow_missing")
    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    swept = [(one.sequence, one.type) for one in events if one.stream == "sweeper"]
    assert swept == [(1, "blocker.raised"), (2, "sla.breached")]


async def test_what_moved_since_it_was_seen_is_left_alone(
    returns: Returns, missing: MissingRuns
) -> None:
    """A run that wrote meanwhile is there, whatever the engine said before."""
    await opened(returns)
    seen = await found(missing)
    await returns.record_transition(transition())
    moved = await missing.note(TENANT, seen, at=NOON, deadline=NOON + DAY)
    seen = await found(missing)
    await returns.record_transition(transition(version=2, headline="CLOSED"))
    ended = await missing.note(TENANT, seen, at=NOON, deadline=NOON + DAY)

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert (moved, ended, row.missing_since, row.blocker_codes) == (False, False, None, ())


async def test_the_next_transition_clears_the_mark(returns: Returns, missing: MissingRuns) -> None:
    """Whoever writes is a run: owner, deadline and blockers are its own again."""
    await opened(returns)
    await missing.note(TENANT, await found(missing), at=NOON, deadline=NOON + DAY)
    await returns.record_transition(transition(owner_role="customer", next_deadline=NOON))

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert (row.missing_since, row.owner_role, row.next_deadline) == (None, "customer", NOON)
    page = await returns.page(TENANT, limit=10, blocker="workflow_missing")
    assert page.rows == ()
    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert [one.type for one in events if one.stream == "sweeper"] == [
        "blocker.raised",
        "blocker.cleared",
    ]


async def test_a_write_that_is_repeated_clears_the_mark(
    returns: Returns, missing: MissingRuns
) -> None:
    """A run that is back may have nothing new to say: that it writes is enough."""
    await opened(returns)
    written = transition(
        owner_role="customer", next_deadline=NOON, blocker_codes=("awaiting_handover",)
    )
    await returns.record_transition(written)
    await missing.note(TENANT, await found(missing), at=NOON, deadline=NOON + DAY)

    for _ in range(2):
        await returns.record_transition(written)

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert (row.missing_since, row.owner_role, row.next_deadline) == (None, "customer", NOON)
    assert row.blocker_codes == ("awaiting_handover",)
    assert (await returns.page(TENANT, limit=10, blocker="workflow_missing")).rows == ()
    blocked = await returns.page(TENANT, limit=10, blocker="awaiting_handover")
    assert [one.return_id for one in blocked.rows] == [return_id("first")]
    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert [one.type for one in events if one.stream == "sweeper"] == [
        "blocker.raised",
        "blocker.cleared",
    ]


async def test_what_a_new_run_starts_with_is_kept(returns: Returns) -> None:
    """The last one written counts; one that says nothing leaves nothing to go on from."""
    key = (TENANT, return_id("first"))
    await returns.open_return(opening(resume_from='{"at": 0}'))
    at_first = await returns.resume_from(*key)
    await returns.record_transition(transition(resume_from='{"at": 1}'))
    then = await returns.resume_from(*key)
    await returns.record_transition(transition(version=2))

    assert (at_first, then) == ('{"at": 0}', '{"at": 1}')
    assert await returns.resume_from(*key) is None
    assert await returns.resume_from(TENANT, return_id("another")) is None


async def test_a_lost_run_writes_no_more(returns: Returns) -> None:
    """A write of it that was still under way does not undo what the next run has written."""
    await opened(returns)
    await returns.record_transition(transition())
    await returns.record_transition(transition(version=2, headline="IN_TRANSIT", restarts=1))

    await returns.record_transition(transition(version=2, headline="WITHDRAWN"))

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert (row.headline, row.version) == ("IN_TRANSIT", 2)
    assert len(await returns.timeline(TENANT, return_id("first"), limit=10)) == 2
