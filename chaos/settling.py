"""After the last story: no more faults, the last refunds fail or arrive, and all comes to rest."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import psycopg

from backhaul_client import BackhaulError, RestartCommand
from chaos.counting import Case
from chaos.database import Observer
from chaos.journal import Journal
from chaos.outside import Outside
from chaos.reading import read_cases
from chaos.schedule import Schedule
from chaos.striking import insist
from cli.demo.actors import Actors, patiently

_LOOK_EVERY = 0.5
_LOST = "workflow_missing"


async def end_pending(schedule: Schedule, outside: Outside, journal: Journal) -> None:
    """Let each pending refund arrive or fail, as the schedule says of the n-th; until cancelled."""

    async def once() -> None:
        for refund in (await outside.ledger())["refunds"]:
            ref = refund["refund_id"]
            if refund["status"] != "pending":
                continue
            if ref not in journal.endings:
                arrives = schedule.endings[len(journal.endings) % len(schedule.endings)]
                journal.endings[ref] = "succeed" if arrives else "fail"
                journal.save()
            await outside.end_refund(ref, journal.endings[ref])

    while True:
        await insist(once)
        await asyncio.sleep(_LOOK_EVERY)


async def release_webhooks(outside: Outside, journal: Journal) -> None:
    """Let held webhooks go once their fault has taken what it may; until cancelled."""

    async def once() -> None:
        for name, fault in (await outside.faults()).items():
            plan = fault["plan"]
            if plan["kind"] == "hold_webhooks" and fault["struck"] >= (plan["times"] or 1):
                journal.faults_struck[name] = fault["struck"]
                journal.save()
                await outside.delete_fault(name)

    while True:
        await insist(once)
        await asyncio.sleep(_LOOK_EVERY)


async def fail_late(schedule: Schedule, outside: Outside, journal: Journal) -> None:
    """Let the last refunds fail although they had succeeded; those of a cut-off run stay chosen."""

    async def choose() -> None:
        refunds = (await outside.ledger())["refunds"]
        done = [row["refund_id"] for row in refunds if row["status"] == "succeeded"]
        journal.late = done[-schedule.late :]
        journal.save()

    if not journal.late:
        await insist(choose)
    for refund_id in journal.late:
        await insist(lambda ref=refund_id: outside.end_refund(ref, "fail"))  # type: ignore[misc]  # the id of this round


async def come_to_rest(
    database: Observer,
    outside: Outside,
    actors: Actors,
    journal: Journal,
    *,
    patience: float,
    tell: Callable[[str], None],
) -> None:
    """Wait until every return has ended and every mail is out, or nothing moves in ``patience``.

    With no mail left to go out, half of it is enough.
    A run that the engine lost is restarted by the command for it, and noted.
    """
    moved_at, before = time.monotonic(), ""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        try:
            left = await _read_left(database, outside)
        except (psycopg.OperationalError, httpx.TransportError):
            continue
        for case in left.cases:
            if _LOST in case.waits:
                await _restart(actors, journal, case.name)
        if not (left.cases or left.news or left.mails or left.refunds):
            return
        # What has ended still writes mails for days of its own, its survey's: that moves nothing.
        now = repr((left.cases, left.refunds, left.news))
        if now != before:
            moved_at, before = time.monotonic(), now
            tell(f"open: {len(left.cases)} returns, {left.refunds} refunds, {left.mails} mails")
        # Mails are leased: those of a relay that was killed are the slowest to come.
        if time.monotonic() - moved_at > (patience if left.mails else patience / 2):
            return


@dataclass(frozen=True, slots=True)
class _Left:
    """What has not come to its end: webhooks, refunds that are not paid, mails, returns."""

    news: int
    refunds: int
    mails: int
    cases: tuple[Case, ...]


async def _read_left(database: Observer, outside: Outside) -> _Left:
    # In the order in which news travels, so that none slips through between two readings.
    undelivered = await outside.undelivered()
    (unprocessed,) = await database.rows(
        "SELECT count(*) AS number FROM inbox WHERE processed_at IS NULL"
    )
    (refunds,) = await database.rows(
        "SELECT count(*) AS number FROM refund_intents WHERE state <> 'succeeded'"
    )
    (mails,) = await database.rows("SELECT count(*) AS number FROM notices WHERE state = 'due'")
    return _Left(
        news=undelivered + unprocessed["number"],
        refunds=refunds["number"],
        mails=mails["number"],
        cases=tuple(case for case in await read_cases(database) if not case.ended),
    )


async def _restart(actors: Actors, journal: Journal, return_id: str) -> None:
    count = journal.lost_runs.count(return_id)
    command = RestartCommand(reason="the engine lost its run")
    try:
        await patiently(
            lambda: actors.ops.restart_from_projection(
                return_id, command, idempotency_key=f"chaos-restart-{return_id}-{count}"
            )
        )
    except BackhaulError:
        # The run is there after all: the next sweep says so.
        return
    journal.lost_runs.append(return_id)
    journal.save()
