"""Rounds over the accounts at carriers: what no webhook told, what nobody wants, who answers."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.workflow import ActivityConfig

from activities.carrier_rounds import Account, CarrierRounds, ScansToTell
from domain.ids import workflow_id_for
from domain.tracking import told_as
from workflows.messages import CarrierMilestones, DelayNews
from workflows.options import LOOK_AFTER_CARRIER, carrier_queue
from workflows.round_messages import CarrierRound
from workflows.steps import call

_PAGES = 20
"""Pages of parcels of one account in a round; the next round reads the rest, as it does of a round
whose history grew long."""


@workflow.defn
class CarrierRoundWorkflow:
    """All carriers at once, the accounts of one in turn: a silent carrier keeps nobody waiting."""

    @workflow.run
    async def run(self) -> CarrierRound:
        found = await workflow.execute_activity_method(
            CarrierRounds.list_accounts, **LOOK_AFTER_CARRIER
        )
        tenants = sorted({account.tenant_id for account in found.accounts})
        carriers: dict[str, list[Account]] = {}
        for account in found.accounts:
            carriers.setdefault(account.carrier, []).append(account)
        parts = await asyncio.gather(
            *(self._resume(tenant_id) for tenant_id in tenants),
            *(self._look_after_all(accounts) for accounts in carriers.values()),
        )
        return _together(parts)

    async def _resume(self, tenant_id: str) -> CarrierRound:
        """Let all go on that is parked for a carrier which answers again."""
        try:
            waiting = await call(
                CarrierRounds.parked_for_carriers,
                tenant_id,
                summary=f"what {tenant_id} has parked",
                options=LOOK_AFTER_CARRIER,
            )
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            return CarrierRound()
        resumed = 0
        for return_id in waiting.return_ids:
            resumed += await _tell(return_id, "carrier_answers")
        return CarrierRound(resumed=resumed)

    async def _look_after_all(self, accounts: Iterable[Account]) -> CarrierRound:
        done = CarrierRound()
        for account in accounts:
            try:
                done = await self._look_after(account, done)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                failed = f"{account.tenant_id}/{account.carrier}"
                done = replace(done, failed=(*done.failed, failed))
        return done

    async def _look_after(self, account: Account, done: CarrierRound) -> CarrierRound:
        queue = carrier_queue(workflow.info().task_queue, account.carrier)
        options: ActivityConfig = {**LOOK_AFTER_CARRIER, "task_queue": queue}
        of = f"{account.carrier} of {account.tenant_id}"
        for _ in range(_PAGES):
            polled = await call(
                CarrierRounds.poll_parcels, account, summary=f"parcels with {of}", options=options
            )
            for scans in polled.to_tell:
                told = await _tell(scans.return_id, "carrier_milestones", _milestones(scans))
                done = replace(done, told=done.told + told)
            for delay in polled.delays:
                news = DelayNews(delay.delivery_id, delay.expected_at, f"delay/{delay.delivery_id}")
                told = await _tell(delay.return_id, "delay_news", news)
                done = replace(done, warned=done.warned + told)
            done = replace(done, read=done.read + polled.read)
            if not polled.more or workflow.info().is_continue_as_new_suggested():
                break
        swept = await call(
            CarrierRounds.sweep_bookings, account, summary=f"bookings with {of}", options=options
        )
        return replace(done, orphans=done.orphans + swept.orphans)


def _together(parts: Iterable[CarrierRound]) -> CarrierRound:
    whole = CarrierRound()
    for part in parts:
        whole = CarrierRound(
            read=whole.read + part.read,
            told=whole.told + part.told,
            warned=whole.warned + part.warned,
            resumed=whole.resumed + part.resumed,
            orphans=whole.orphans + part.orphans,
            failed=(*whole.failed, *part.failed),
        )
    return whole


def _milestones(news: ScansToTell) -> CarrierMilestones:
    said = "+".join(told_as(news.milestones))
    return CarrierMilestones(news.delivery_id, news.milestones, f"poll/{news.delivery_id}/{said}")


async def _tell(return_id: str, signal: str, *told: object) -> bool:
    run = workflow.get_external_workflow_handle(workflow_id_for(return_id))
    try:
        await run.signal(signal, *told)
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        # It has ended, or is to be restarted: a later round tells it then.
        return False
    return True
