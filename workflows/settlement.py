"""The money stage: accepted lots become sealed intents, each intent is paid or parked."""

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.payments import IssueRefund, PaymentActivities, SealSettlement
from domain.money import Money
from domain.resolving import intent_changed, lots_to_settle, sealed
from domain.returns import Intent, Return
from domain.settlement import settle as amounts_of
from workflows.parking import Parking
from workflows.recording import Case
from workflows.steps import call


async def settle(case: Case, parking: Parking, number: str) -> None:
    """Seal one settlement over all lots whose money is due now; it never changes again."""
    lots = lots_to_settle(case.ret)
    amounts = amounts_of(case.ret, lots)
    asked = SealSettlement(
        tenant_id=case.ret.tenant_id,
        return_id=case.ret.return_id,
        order_id=case.ret.request.order_id,
        number=int(number),
        amount=Money(sum(row.refund_minor for row in amounts), case.ret.currency),
    )
    # A regular activity: what is to be sealed stands in history before it is sealed, so a task that
    # is done again cannot come with another amount.
    answer = await parking.attempt(
        f"settle/{number}",
        lambda: call(
            PaymentActivities.seal_settlement, asked, summary=f"settlement {number}: {asked.amount}"
        ),
    )
    case.take(sealed(case.ret, lots, amounts, answer.intents, at=workflow.now()))


async def refund(case: Case, parking: Parking, intent_id: str) -> None:
    """Pay one intent. A refusal parks it for finance; trying again raises its generation.

    News from the provider that it is paid or pending ends a parked refund.
    """
    work = f"refund/{intent_id}"

    def wanted() -> bool:
        return _intent(case.ret, intent_id).state not in ("succeeded", "pending")

    intent = _intent(case.ret, intent_id)
    generation = intent.generation
    if intent.state in ("rejected", "failed"):
        await parking.park(work, "refund_refused", intent.failure or "failed", wanted=wanted)
        generation += 1
    asked = IssueRefund(case.ret.tenant_id, intent_id, generation)
    answer = await parking.attempt(
        work,
        lambda: call(
            PaymentActivities.issue_refund,
            asked,
            summary=f"refund {_amount(case.ret, intent_id)} for {case.ret.rma_no}",
        ),
        wanted=wanted,
    )
    case.take(
        intent_changed(
            case.ret,
            intent_id,
            state=answer.state,
            refund_ref=answer.refund_ref,
            failure=answer.failure,
            generation=answer.generation,
            at=workflow.now(),
        )
    )


async def look_up(case: Case, intent_id: str) -> None:
    """Ask the provider how a pending refund stands; without an answer the next deadline asks again.

    Its own message may have been lost, and nobody else would notice.
    """
    intent = _intent(case.ret, intent_id)
    asked = IssueRefund(case.ret.tenant_id, intent_id, intent.generation)
    try:
        answer = await call(
            PaymentActivities.issue_refund, asked, summary=f"look up a refund of {case.ret.rma_no}"
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        return
    case.take(
        intent_changed(
            case.ret,
            intent_id,
            state=answer.state,
            refund_ref=answer.refund_ref,
            failure=answer.failure,
            generation=answer.generation,
            at=workflow.now(),
        )
    )


def _intent(ret: Return, intent_id: str) -> Intent:
    return next(i for s in ret.settlements for i in s.intents if i.intent_id == intent_id)


def _amount(ret: Return, intent_id: str) -> Money:
    return Money(_intent(ret, intent_id).amount_minor, ret.currency)
