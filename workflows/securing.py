"""The card hold behind an advance exchange: placed, renewed, taken, released and given back."""

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

from activities.giving_back import GiveBack, GivingBackActivities
from activities.holds import (
    CaptureHold,
    HoldActivities,
    HoldAnswer,
    PlaceHold,
    RenewHold,
    VoidHold,
)
from domain import securing
from domain.holds import renew_at
from domain.money import Money
from domain.recovering import recovery_of
from domain.recovery import CAPTURED_PAST_US, NOT_CAPTURED, LotHold
from domain.returns import Lot
from domain.settling import charge_given_back, intent_changed
from workflows.options import RENEW_HOLD_BEFORE
from workflows.parking import Parking
from workflows.recording import Case
from workflows.steps import reason_of


async def place(case: Case, parking: Parking, lot_id: str) -> None:
    """Hold the value of a lot before its replacement goes out; refused, it waits for the goods."""
    method = securing.method_for(case.ret, lot_id)
    if method is None:
        case.take(securing.not_placed(case.ret, lot_id, securing.NO_METHOD))
        return
    case.take((securing.placing(case.ret, lot_id, at=workflow.now()), ()))
    hold = _hold(case, lot_id)
    amount = Money(hold.amount_minor, case.ret.currency)
    asked = PlaceHold(
        tenant_id=case.ret.tenant_id,
        return_id=case.ret.return_id,
        order_id=case.ret.request.order_id,
        purpose=lot_id,
        amount=amount,
        method=method,
    )
    answer = await parking.attempt(
        f"hold/{lot_id}",
        lambda: case.call(HoldActivities.place_hold, asked, summary=f"hold {amount}"),
        wanted=lambda: securing.is_to_place(case.ret, _lot(case, lot_id)),
    )
    if answer.state == "authorized":
        until, renewal = answer.expires_at, _renewal(answer)
        case.take(securing.placed(case.ret, lot_id, expires_at=until, renew_at=renewal))
    else:
        case.take(securing.not_placed(case.ret, lot_id, answer.failure or answer.state))


async def renew(case: Case, parking: Parking, lot_id: str) -> None:
    """Place the next hold, then end the one before: the lot is secured all the while."""
    number = _hold(case, lot_id).number + 1
    asked = RenewHold(case.ret.tenant_id, case.ret.return_id, lot_id, number)
    answer = await parking.attempt(
        f"renew/{lot_id}",
        lambda: case.call(HoldActivities.renew_hold, asked, summary=f"renew hold {number - 1}"),
        wanted=lambda: securing.is_to_renew(_lot(case, lot_id)),
    )
    ends_later = answer.expires_at is None or answer.expires_at > workflow.now()
    if answer.state == "authorized" and answer.number == number and ends_later:
        until, renewal = answer.expires_at, _renewal(answer)
        case.take(securing.renewed(case.ret, lot_id, number, expires_at=until, renew_at=renewal))
    else:
        case.take(securing.not_renewed(case.ret, lot_id, answer.failure or answer.state))


async def capture(case: Case, parking: Parking, lot_id: str) -> None:
    """Take what is due; a hold that is over or cannot be taken leaves it to a person."""
    recovery = recovery_of(_lot(case, lot_id))
    assert recovery is not None
    due = Money(recovery.due_minor, case.ret.currency)
    asked = CaptureHold(case.ret.tenant_id, case.ret.return_id, lot_id, due)
    answer = await parking.attempt(
        f"capture/{lot_id}",
        lambda: case.call(HoldActivities.capture_hold, asked, summary=f"take {due} of the hold"),
        # Once it was asked for, only its answer tells whether it was taken.
    )
    if answer.state == "captured" and answer.captured is not None:
        case.take(securing.captured(case.ret, lot_id, answer.captured.minor))
    else:
        is_over = answer.state != "authorized"
        past_us = answer.failure == CAPTURED_PAST_US
        failure = CAPTURED_PAST_US if past_us else NOT_CAPTURED
        case.take(securing.not_captured(case.ret, lot_id, is_over=is_over, failure=failure))


async def void(case: Case, parking: Parking, lot_id: str) -> None:
    """Release what is held for a lot, also what a try without an answer may have placed."""
    asked = VoidHold(case.ret.tenant_id, case.ret.return_id, lot_id)
    answer = await parking.attempt(f"void/{lot_id}", lambda: _release(case, asked))
    if answer is not None and answer.state == "captured" and answer.captured is not None:
        case.take(securing.captured(case.ret, lot_id, answer.captured.minor))
    else:
        case.take(securing.released(case.ret, lot_id))


async def _release(case: Case, asked: VoidHold) -> HoldAnswer | None:
    try:
        return await case.call(HoldActivities.void_hold, asked, summary="release the hold")
    except FailureError as error:
        reason = reason_of(error)
        if isinstance(reason, ApplicationError) and reason.type == "NoHold":
            # It was given up before it came to be asked for.
            return None
        raise


async def give_back(case: Case, parking: Parking, lot_id: str) -> None:
    """Seal the refund of what a hold took too much, and send it once; it goes on as any refund."""
    recovery = recovery_of(_lot(case, lot_id))
    assert recovery is not None
    amount = Money(recovery.to_give_back_minor, case.ret.currency)
    gate = case.ret.policy.refund_gate(case.ret.currency)
    asked = GiveBack(case.ret.tenant_id, case.ret.return_id, lot_id, amount, gate)
    answer = await parking.attempt(
        f"give-back/{lot_id}",
        lambda: case.call(GivingBackActivities.give_back, asked, summary=f"give back {amount}"),
    )
    now, first_try = workflow.now(), answer.first_try
    case.take(charge_given_back(case.ret, lot_id, answer.intent, at=now))
    change = intent_changed(
        case.ret,
        answer.intent.intent_id,
        state=first_try.state,
        refund_ref=first_try.refund_ref,
        failure=first_try.failure,
        generation=first_try.generation,
        at=now,
    )
    case.take(change)


def _renewal(answer: HoldAnswer) -> datetime | None:
    if answer.expires_at is None:
        return None
    return renew_at(answer.expires_at, before=RENEW_HOLD_BEFORE, now=workflow.now())


def _lot(case: Case, lot_id: str) -> Lot:
    return case.ret.lot(lot_id)


def _hold(case: Case, lot_id: str) -> LotHold:
    hold = securing.hold_of(_lot(case, lot_id))
    assert hold is not None
    return hold
