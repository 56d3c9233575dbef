"""The money stage: accepted lots become sealed intents, each intent is paid or parked."""

from temporalio import workflow

from activities.payments import IssueRefund, PaymentActivities, SealSettlement
from domain.money import Money
from domain.resolving import intent_changed, lots_to_settle, sealed
from domain.returns import Intent, Return
from domain.settlement import settle as amounts_of
from workflows.parking import Parking
from workflows.recording import Case
from workflows.steps import call, write


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
    answer = await parking.attempt(
        f"settle/{number}",
        lambda: write(
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

    again = _intent(case.ret, intent_id).state in ("rejected", "failed")
    if again:
        failure = _intent(case.ret, intent_id).failure or "failed"
        await parking.park(work, "refund_refused", failure, wanted=wanted)
    asked = IssueRefund(case.ret.tenant_id, intent_id, again=again)
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
            at=workflow.now(),
        )
    )


def _intent(ret: Return, intent_id: str) -> Intent:
    return next(i for s in ret.settlements for i in s.intents if i.intent_id == intent_id)


def _amount(ret: Return, intent_id: str) -> Money:
    return Money(_intent(ret, intent_id).amount_minor, ret.currency)
