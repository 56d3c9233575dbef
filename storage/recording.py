"""A transition becomes rows: the projection, its events, units, parcels and notices, at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import content_hash, part_id
from domain.lifecycle import Headline
from storage import decisions, expected_arrivals, ledger, missing, notices
from storage.models.arrivals import DeliveryModel
from storage.models.declarative import kept_json
from storage.models.returns import BlockerModel, EventModel, ReturnModel
from storage.records import EventRecord, Json, Transition


class GapError(Exception):
    """Events are missing between what is stored and what came."""


class UnknownReturnError(LookupError):
    """A transition of a return that was never opened."""


async def record(connection: AsyncConnection, transition: Transition) -> None:
    """Write the transition unless it is stored already.

    Three statements, and up to eleven for what else moved with it; three for each new notice, four
    where a lost run is back.
    """
    stored = (
        await connection.execute(
            select(
                ReturnModel.version,
                ReturnModel.headline,
                ReturnModel.last_sequence,
                ReturnModel.blocker_codes,
                ReturnModel.created_at,
                ReturnModel.missing_since,
                ReturnModel.restarts,
            )
            .where(
                ReturnModel.tenant_id == transition.tenant_id,
                ReturnModel.return_id == transition.return_id,
            )
            .with_for_update()
        )
    ).one_or_none()
    if stored is None:
        raise UnknownReturnError(f"no return {transition.return_id} was opened")
    version, headline, last_sequence, blocker_codes, created_at, missing_since, restarts = stored
    if transition.restarts < restarts:
        # From a run that was lost while it wrote; the one that follows it has gone on already.
        return
    fresh = await _unseen(connection, transition, version, unsaid=last_sequence - version)
    if missing_since is not None:
        # Whoever writes is a run, also where it repeats what is stored.
        await missing.clear(
            connection,
            transition.tenant_id,
            transition.return_id,
            at=transition.events[-1].occurred_at,
            owner=transition.owner_role,
            deadline=transition.next_deadline,
        )
    if not fresh and transition.version <= version:
        return
    if fresh:
        await _insert_events(connection, transition, fresh, after=last_sequence)
        await decisions.add(connection, transition, [*enumerate(fresh, start=last_sequence + 1)])
    undecided = version == 0 or headline == Headline.DRAFT
    await _update_projection(
        connection, transition, last_sequence + len(fresh), was_undecided=undecided
    )
    if set(blocker_codes) != set(transition.blocker_codes):
        await _replace_blockers(connection, transition, created_at)
    await ledger.release_units(
        connection, transition.tenant_id, transition.return_id, transition.released_units
    )
    await ledger.close_units(
        connection, transition.tenant_id, transition.return_id, transition.closed_units
    )
    await _upsert_deliveries(connection, transition)
    if transition.arrivals is not None:
        await expected_arrivals.replace_all(connection, transition)
    await notices.add_due(
        connection, transition.tenant_id, transition.return_id, transition.notices
    )


async def _unseen(
    connection: AsyncConnection, transition: Transition, version: int, *, unsaid: int
) -> Sequence[EventRecord]:
    """Return the events that are not stored yet.

    Usually the transition follows the stored version and all are new. A transition that starts
    below it repeats work: either this very write, or a workflow task that was lost after its write.
    A task that is done again may meet messages in another order and with others among them, so
    events are told apart by what they say and not by their number; what is missing is appended.

    Args:
        unsaid: How many events are stored that the task, done again, has not come to yet. A message
            in between may have been recorded on its own before.

    Raises:
        GapError: events between the stored version and the transition's are missing.
    """
    events = transition.events
    numbers = [event.sequence for event in events]
    base = transition.version - len(events)
    if not events or numbers != list(range(base + 1, transition.version + 1)) or base > version:
        raise GapError(
            f"wanted events {version + 1} to {transition.version} of return "
            f"{transition.return_id}, found {numbers}"
        )
    if base == version and not unsaid:
        return events
    stored = await connection.execute(
        select(EventModel.type, EventModel.cause_id, EventModel.data).where(
            EventModel.tenant_id == transition.tenant_id,
            EventModel.return_id == transition.return_id,
            EventModel.stream == "return",
            EventModel.return_version > base - unsaid,
        )
    )
    known: dict[str, list[str | None]] = defaultdict(list)
    for event_type, cause_id, data in stored:
        known[_saying(event_type, data)].append(cause_id)
    return [
        event
        for event in events
        if not _take(known[_saying(event.type, event.data)], event.cause_id)
    ]


def _saying(event_type: str, data: Json) -> str:
    """Name what an event says; deadlines are left out, for they move with the time of the task."""
    lasting = {name: value for name, value in data.items() if name != "deadline"}
    return content_hash({"type": event_type, "data": lasting})


def _take(causes: list[str | None], cause_id: str | None) -> bool:
    """Take one of what was said for these causes, if the same is said for this one.

    What a step of the run found out, which has no cause, a message tells as well: done again, the
    task may meet the message first. Two messages that say the same are two.
    """
    for same in (cause_id, None) if cause_id is not None else (None, *causes):
        if same in causes:
            causes.remove(same)
            return True
    return False


async def _insert_events(
    connection: AsyncConnection,
    transition: Transition,
    events: Sequence[EventRecord],
    *,
    after: int,
) -> None:
    await connection.execute(
        insert(EventModel).values(
            [
                {
                    "tenant_id": transition.tenant_id,
                    "return_id": transition.return_id,
                    "sequence": sequence,
                    "return_version": event.sequence,
                    "event_id": part_id(transition.return_id, "event", sequence),
                    "type": event.type,
                    "occurred_at": event.occurred_at,
                    "actor": event.actor,
                    "cause_id": event.cause_id,
                    "data": dict(event.data),
                    "versions": dict(event.versions),
                }
                for sequence, event in enumerate(events, start=after + 1)
            ]
        )
    )


async def _update_projection(
    connection: AsyncConnection,
    transition: Transition,
    last_sequence: int,
    *,
    was_undecided: bool,
) -> None:
    first: dict[str, Json] = {}
    if was_undecided and transition.headline != Headline.DRAFT:
        first = {"first_answer": dict(transition.snapshot)}
    await connection.execute(
        update(ReturnModel)
        .where(
            ReturnModel.tenant_id == transition.tenant_id,
            ReturnModel.return_id == transition.return_id,
        )
        .values(
            version=transition.version,
            last_sequence=last_sequence,
            headline=transition.headline,
            authorization_state=transition.authorization_state,
            logistics_state=transition.logistics_state,
            settlement_state=transition.settlement_state,
            owner_role=transition.owner_role,
            next_deadline=transition.next_deadline,
            blocker_codes=list(transition.blocker_codes),
            snapshot=dict(transition.snapshot),
            resume_from=kept_json(transition.resume_from),
            restarts=transition.restarts,
            updated_at=func.now(),
            **first,
        )
    )


async def _replace_blockers(
    connection: AsyncConnection, transition: Transition, created_at: datetime
) -> None:
    await connection.execute(
        delete(BlockerModel).where(
            BlockerModel.tenant_id == transition.tenant_id,
            BlockerModel.return_id == transition.return_id,
        )
    )
    # Two pieces of work may be parked for the same reason.
    codes = dict.fromkeys(transition.blocker_codes)
    if codes:
        await connection.execute(
            insert(BlockerModel).values(
                [
                    {
                        "tenant_id": transition.tenant_id,
                        "return_id": transition.return_id,
                        "code": code,
                        "created_at": created_at,
                    }
                    for code in codes
                ]
            )
        )


async def _upsert_deliveries(connection: AsyncConnection, transition: Transition) -> None:
    if not transition.deliveries:
        return
    rows = upsert(DeliveryModel).values(
        [
            {
                "tenant_id": transition.tenant_id,
                "return_id": transition.return_id,
                "delivery_id": delivery.delivery_id,
                "purpose": delivery.purpose,
                "tracking_code": delivery.tracking_code,
                "tracker_ref": delivery.tracker_ref,
                "shipment_ref": delivery.shipment_ref,
                "is_over": delivery.is_over,
            }
            for delivery in transition.deliveries
        ]
    )
    await connection.execute(
        rows.on_conflict_do_update(
            index_elements=["tenant_id", "return_id", "delivery_id"],
            set_={
                name: rows.excluded[name]
                for name in (
                    "purpose",
                    "tracking_code",
                    "tracker_ref",
                    "shipment_ref",
                    "is_over",
                )
            },
        )
    )
