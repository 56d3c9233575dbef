"""Transitions become the projection and its events, once and without gaps."""

import asyncio
from datetime import timedelta

import pytest

from domain.ids import part_id
from storage.database import Database
from storage.ledger import UnitNotHeldError
from storage.recording import GapError, UnknownReturnError
from storage.relay import Outbox
from storage.returns import Returns
from storage.rows import HeldUnit, TenderBalance
from storage.states import UnitState
from storage.tracking import Tracking
from tests.storage.builders import (
    NOON,
    TENANT,
    delivery,
    event,
    notice,
    opened,
    opening,
    return_id,
    transition,
)


async def test_an_opened_return_has_no_snapshot_yet(returns: Returns) -> None:
    """Between its number and its first transition a return shows as requested."""
    answer = await opened(returns)

    row = await returns.get(TENANT, return_id("first"))

    assert row is not None
    assert (row.version, row.snapshot, row.headline) == (0, None, "REQUESTED")
    assert row == await returns.by_rma(TENANT, answer.rma_no)


async def test_a_transition_updates_the_projection(returns: Returns) -> None:
    """State, owner, deadline and blockers are read back as they were written."""
    await opened(returns)

    await returns.record_transition(
        transition(
            owner_role="ops",
            next_deadline=NOON,
            blocker_codes=("label_failed",),
            snapshot={"a": 1},
        )
    )

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert (row.version, row.headline, row.owner_role) == (1, "APPROVED", "ops")
    assert (row.next_deadline, row.blocker_codes, row.snapshot) == (
        NOON,
        ("label_failed",),
        {"a": 1},
    )
    assert row.updated_at > row.created_at
    assert row.request_hash == "sha256:first"


async def test_a_repeated_transition_changes_nothing(returns: Returns) -> None:
    """A retry whose first try did get through, and a late older one, write nothing again."""
    await opened(returns)
    first, second = transition(version=1), transition(version=2, headline="IN_TRANSIT")
    for step in (first, first, second, first):
        await returns.record_transition(step)

    row = await returns.get(TENANT, return_id("first"))
    events = await returns.timeline(TENANT, return_id("first"), limit=10)

    assert row is not None
    assert (row.version, row.headline) == (2, "IN_TRANSIT")
    assert [one.sequence for one in events] == [1, 2]


async def test_the_same_transition_twice_at_once_is_recorded_once(
    store: Database, second_store: Database
) -> None:
    """A local and a regular activity may both be at it."""
    await opened(Returns(store))

    await asyncio.gather(
        *(Returns(one).record_transition(transition()) for one in (store, second_store) * 3)
    )

    events = await Returns(store).timeline(TENANT, return_id("first"), limit=10)
    assert [one.sequence for one in events] == [1]


async def test_several_steps_may_come_as_one(returns: Returns) -> None:
    """Events that are stored already are skipped when they come again with newer ones."""
    await opened(returns)
    await returns.record_transition(transition(version=1))

    await returns.record_transition(transition(version=3, events=(event(1), event(2), event(3))))

    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert [one.sequence for one in events] == [1, 2, 3]


async def test_work_done_again_in_another_order_loses_and_doubles_nothing(
    returns: Returns,
) -> None:
    """A workflow task that was lost after its write may meet a message in between when redone."""
    await opened(returns)
    label = {"type": "delivery.label_created", "data": {"delivery_id": "d1"}}
    parcel = {"type": "parcel.received", "data": {"receipt_id": "R-1"}}
    await returns.record_transition(transition(version=1, events=(event(1, **label),)))

    redone = (event(1, **parcel), event(2, **label))
    await returns.record_transition(transition(version=2, events=redone))
    await returns.record_transition(transition(version=3))

    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert [one.type for one in events][:2] == ["delivery.label_created", "parcel.received"]
    assert [one.sequence for one in events] == [1, 2, 3]
    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert row.version == 3


async def test_a_message_recorded_before_the_work_done_again_doubles_nothing(
    returns: Returns,
) -> None:
    """A redone task may write the message first, and what it had written only after that."""
    await opened(returns)
    sealed = {"type": "settlement.sealed", "data": {"number": 1}}
    settled = {"type": "refund.settled", "data": {"intent_id": "i1"}}
    parcel = {"type": "parcel.received", "data": {"receipt_id": "R-2"}}
    lost = (event(1, **sealed), event(2, **settled))
    await returns.record_transition(transition(version=2, events=lost))

    await returns.record_transition(transition(version=1, events=(event(1, **parcel),)))
    again = (event(2, **sealed), event(3, **settled))
    await returns.record_transition(transition(version=3, events=again))
    row = await returns.get(TENANT, return_id("first"))
    await returns.record_transition(transition(version=4))

    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert row is not None
    assert row.version == 3
    assert [one.type for one in events][:3] == [
        "settlement.sealed",
        "refund.settled",
        "parcel.received",
    ]
    assert [one.sequence for one in events] == [1, 2, 3, 4]


async def test_what_a_step_found_and_a_message_tells_is_logged_once(returns: Returns) -> None:
    """Redone, the task may meet the provider's message before the answer of its own step."""
    await opened(returns)
    settled = {"type": "refund.settled", "data": {"intent_id": "i1", "refund_ref": "re_1"}}
    await returns.record_transition(transition(version=1, events=(event(1, **settled),)))

    redone = (event(1, **settled, cause_id="evt_1", actor="provider:webhook"),)
    await returns.record_transition(transition(version=1, events=redone))

    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert [one.type for one in events] == ["refund.settled"]


async def test_two_messages_that_say_the_same_are_two(returns: Returns) -> None:
    """Each has its cause: a reviewer may extend a deadline twice by the same words."""
    await opened(returns)
    said = {"type": "ops.intervention", "data": {"kind": "retry"}}
    first = event(1, **said, cause_id="c-1")
    await returns.record_transition(transition(version=1, events=(first,)))

    redone = (event(1, **said, cause_id="c-2"), event(2, **said, cause_id="c-1"))
    await returns.record_transition(transition(version=2, events=redone))

    events = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert [one.cause_id for one in events] == ["c-1", "c-2"]


@pytest.mark.parametrize(
    "events", [(), (event(2),), (event(1), event(3)), (event(1), event(2), event(2), event(3))]
)
async def test_a_gap_is_refused(returns: Returns, events: tuple[object, ...]) -> None:
    """A missing or doubled event stops the projection instead of losing a fact."""
    await opened(returns)

    with pytest.raises(GapError, match="wanted events 1 to 3"):
        await returns.record_transition(transition(version=3, events=events))

    assert await returns.timeline(TENANT, return_id("first"), limit=10) == ()


async def test_an_unopened_return_is_refused(returns: Returns) -> None:
    """Nothing is recorded for a return that holds no number."""
    with pytest.raises(UnknownReturnError):
        await returns.record_transition(transition())


async def test_an_event_carries_its_envelope(returns: Returns) -> None:
    """Id, times, actor, cause and versions are kept; the position is the relay's to give."""
    await opened(returns)
    fact = event(1, type="return.decided", actor="reviewer", cause_id="cmd-1")

    await returns.record_transition(transition(events=(fact,)))

    (row,) = await returns.timeline(TENANT, return_id("first"), limit=10)
    assert row.event_id == part_id(return_id("first"), "event", 1)
    assert (row.type, row.actor, row.cause_id) == ("return.decided", "reviewer", "cmd-1")
    assert (row.occurred_at, row.data, row.versions) == (
        NOON,
        {"number": 1},
        {"policy": "standard/1"},
    )
    assert row.recorded_at > NOON - timedelta(days=1)
    assert row.position is None


async def test_the_timeline_goes_on_after_a_sequence(returns: Returns) -> None:
    """A follower reads on from the last event it saw, in portions."""
    await opened(returns)
    await returns.record_transition(
        transition(version=5, events=tuple(event(number) for number in range(1, 6)))
    )

    events = await returns.timeline(TENANT, return_id("first"), after=2, limit=2)

    assert [one.sequence for one in events] == [3, 4]


async def test_a_released_unit_is_free_for_another_return(returns: Returns) -> None:
    """A withdrawn line can be returned again."""
    await opened(returns)
    await returns.record_transition(transition(released_units=(("shoes", 0),)))

    second = await opened(returns, "second", wanted=(("shoes", 2),))

    assert second.units == (("shoes", (0, 2)),)


async def test_a_closed_unit_never_comes_back(returns: Returns) -> None:
    """Units that ended stay taken, even when a release for them arrives afterwards."""
    answer = await opened(returns)
    await returns.record_transition(
        transition(closed_units=(("shoes", 0, "returned"), ("shoes", 1, "kept")))
    )
    await returns.record_transition(transition(version=2, released_units=(("shoes", 0),)))

    held = await returns.held_units(TENANT, "O-1")

    first = return_id("first")
    assert held == (
        HeldUnit("shoes", 0, UnitState.RETURNED, first, answer.rma_no),
        HeldUnit("shoes", 1, UnitState.KEPT, first, answer.rma_no),
    )


async def test_a_return_closes_only_its_own_units(returns: Returns) -> None:
    """Closing somebody else's unit is refused with everything that came with it."""
    await opened(returns)

    with pytest.raises(UnitNotHeldError):
        await returns.record_transition(transition(closed_units=(("shoes", 2, "returned"),)))

    row = await returns.get(TENANT, return_id("first"))
    assert row is not None
    assert row.version == 0


async def test_deliveries_and_notices_are_written_once(returns: Returns, store: Database) -> None:
    """A replaced label changes its row; a notice named twice is owed once."""
    await opened(returns)
    await returns.record_transition(
        transition(version=1, deliveries=(delivery(),), notices=(notice(1),))
    )

    await returns.record_transition(
        transition(
            version=2,
            deliveries=(delivery(tracking_code="TRACK2"),),
            notices=(notice(1), notice(2)),
        )
    )

    assert await Tracking(store).newest_delivery(TENANT, "TRACK1") is None
    assert await Tracking(store).newest_delivery(TENANT, "TRACK2") is not None
    assert len(await Outbox(store).claim_notices(TENANT, limit=10)) == 2


async def test_balances_are_those_of_the_order(returns: Returns) -> None:
    """Before any settlement, all that was captured is left."""
    await returns.open_return(opening())

    assert await returns.tender_balances(TENANT, "O-1") == (
        TenderBalance("card", "pi_1", 10_000, 0),
        TenderBalance("wallet", "ch_1", 2_000, 0),
    )
    assert await returns.tender_balances(TENANT, "O-2") == ()
