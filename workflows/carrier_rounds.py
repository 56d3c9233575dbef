"""Rounds over the accounts at carriers: what no webhook told, what nobody wants, who answers."""

from dataclasses import dataclass, replace

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.workflow import ActivityConfig

from activities.carrier_rounds import Account, CarrierRounds, ScansToTell
from domain.ids import workflow_id_for
from workflows.messages import CarrierMilestones, DelayNews
from workflows.options import LOOK_AFTER_CARRIER, carrier_queue
from workflows.steps import call

_PAGES = 20
"""Pages of parcels of one account in a round; the next round reads the rest."""


@dataclass(frozen=True, slots=True)
class CarrierRound:
    """What one round saw and did; ``failed`` are accounts whose carrier did not answer."""

    read: int = 0
    told: int = 0
    warned: int = 0
    resumed: int = 0
    orphans: int = 0
    failed: tuple[str, ...] = ()


@workflow.defn
class CarrierRoundWorkflow:
    @workflow.run
    async def run(self, done: CarrierRound) -> CarrierRound:
        found = await workflow.execute_activity_method(
            CarrierRounds.list_accounts, **LOOK_AFTER_CARRIER
        )
        for tenant_id in sorted({account.tenant_id for account in found.accounts}):
            done = await self._resume(tenant_id, done)
        for account in found.accounts:
            try:
                done = await self._look_after(account, done)
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                failed = f"{account.tenant_id}/{account.carrier}"
                done = replace(done, failed=(*done.failed, failed))
        return done

    async def _resume(self, tenant_id: str, done: CarrierRound) -> CarrierRound:
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
            return done
        for return_id in waiting.return_ids:
            done = replace(done, resumed=done.resumed + await _tell(return_id, "carrier_answers"))
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
            if not polled.more:
                break
        swept = await call(
            CarrierRounds.sweep_bookings, account, summary=f"bookings with {of}", options=options
        )
        return replace(done, orphans=done.orphans + swept.orphans)


def _milestones(news: ScansToTell) -> CarrierMilestones:
    proven = "+".join(one.milestone for one in news.milestones)
    return CarrierMilestones(news.delivery_id, news.milestones, f"poll/{news.delivery_id}/{proven}")


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
