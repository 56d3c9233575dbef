"""Buy a label at one of the tenant's carriers: at the next one where the first does not serve."""

from dataclasses import replace

from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.label_messages import BoughtLabel, BuyLabel, Candidate
from activities.labels import LabelActivities
from domain.booking import carrier_chosen, carrier_failed, wants_label
from domain.parcels import SLOT_GONE
from workflows.options import FAIL_OVER_AFTER, call_provider
from workflows.recording import Case
from workflows.steps import reason_of, write


async def buy_label(case: Case, asked: BuyLabel) -> BoughtLabel | None:
    """Buy one label; where a tenant has several carriers, the best of them is asked first.

    ``None``: the courier who brings the label does not come at the wished time any more.

    A carrier that refuses the parcel, or does not answer for a while, is left for the next one,
    unless it may have sold the label: then it alone can tell. Each carrier has its task queue,
    whose rate is what it takes.
    """
    failed: tuple[str, str] | None = None
    while True:
        account, others = await _chosen(case, asked)
        if failed is not None and account.connection_id not in asked.excluded:
            case.take(carrier_failed(case.ret, asked.delivery_id, *failed))
        try:
            return await case.call(
                LabelActivities.buy_label,
                replace(asked, connection_id=account.connection_id),
                summary=f"label for {case.ret.rma_no} at {account.carrier}",
                carrier=account.carrier,
                patience=FAIL_OVER_AFTER if others else None,
            )
        except FailureError as error:
            said = reason_of(error)
            if isinstance(said, ApplicationError) and SLOT_GONE in said.details[:1]:
                return None
            is_wanted = wants_label(case.ret, asked.delivery_id)
            if is_cancelled_exception(error) or not others or not is_wanted:
                raise
            reason = (said.type if isinstance(said, ApplicationError) else None) or "no answer"
            failed = account.carrier, reason
            asked = replace(asked, excluded=(*asked.excluded, account.connection_id))


async def _chosen(case: Case, asked: BuyLabel) -> tuple[Candidate, bool]:
    """Return who is asked, and whether anybody is left to be asked after it."""
    found = await write(
        LabelActivities.list_carriers,
        asked,
        summary=f"carriers for {case.ret.rma_no}",
        # What keeps it from being read keeps the label from being bought: that parks.
        otherwise=call_provider(case.ret.policy.handling.parked),
    )
    if len(found.accounts) == 1:
        return found.accounts[0], False
    chosen = await case.call(
        LabelActivities.choose_carrier, asked, summary=f"choose a carrier for {case.ret.rma_no}"
    )
    if chosen.passed_over:
        case.take(
            carrier_chosen(
                case.ret,
                asked.delivery_id,
                chosen.account.carrier,
                cost=chosen.cost,
                passed_over=[(one.carrier, one.reason) for one in chosen.passed_over],
            )
        )
    return chosen.account, True
