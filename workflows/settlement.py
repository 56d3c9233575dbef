"""The money stage: accepted lots become sealed intents, each intent is paid or parked."""

from dataclasses import replace

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from activities.payments import PaymentActivities, Settle, Settled
from activities.quotes import AskForQuote, Quote, QuoteActivities
from activities.refunds import IssueRefund, RefundAnswer
from domain.approving import is_above_limit, lots_to_seal, needs_approval, proposed
from domain.commands import Actor
from domain.credit_notes import NewNote, note_rows
from domain.diverting import diversion_of
from domain.intents import Intent, LotAmount
from domain.money import Money
from domain.promotions import Standing
from domain.proposals import ByTender
from domain.refunding import CHARGED_BACK
from domain.releasing import paying_early
from domain.reopening import refund_told
from domain.returns import Lot, Return
from domain.settlement import own_standing, units_of
from domain.settlement import settle as amounts_of
from domain.settling import intent_changed, lots_due, sealed
from workflows.messages import RefundNews
from workflows.parking import Parking, trouble_of
from workflows.recording import Case

PROVIDER = Actor("provider", "webhook")
_REFUSED = ("rejected", "failed")
_UNKNOWN = ("refund_unknown", "refund_gated")


async def settle(case: Case, parking: Parking, number: str) -> None:
    """Seal one settlement over all lots whose money is due now, and send its refunds once.

    It never changes again. A refund whose first try had no certain end is sent on its own. Above
    the policy's limit nothing is sealed but what finance approved: until then this proposes it.
    """
    work = f"settle/{number}"
    lots = lots_to_seal(case.ret)

    def wanted() -> bool:
        due = [lot.lot_id for lot in lots_due(case.ret)]
        return all(lot.lot_id in due for lot in lots)

    done = await parking.attempt(work, lambda: _seal_once(case, int(number), lots), wanted=wanted)
    if done is not None and (before := done[0].other_lots):
        # A run that was lost had sealed it: what came since is the next settlement.
        lots = await parking.attempt(work, lambda: _due(case, before))
        done = await parking.attempt(work, lambda: _seal(case, int(number), lots, anew=False))
    if done is None:
        return
    answer, amounts = done
    planned = tuple(replace(intent, state="planned") for intent in answer.intents)
    change = sealed(
        case.ret,
        lots,
        amounts,
        planned,
        credit_note_no=answer.credit_note_no,
        at=workflow.now(),
    )
    case.take(change)
    for intent, first_try in zip(planned, answer.first_tries, strict=True):
        _take_in(case, intent.intent_id, first_try)
    early, case.early_news = case.early_news, []
    for news in early:
        take_news(case, news)


async def _seal_once(
    case: Case, number: int, lots: tuple[Lot, ...]
) -> tuple[Settled, tuple[LotAmount, ...]] | None:
    """Seal; meanwhile no lot that is paid before its goods ends as if nothing went out for it."""
    lot_ids = [lot.lot_id for lot in lots]
    case.take((paying_early(case.ret, lot_ids, now=True), ()))
    try:
        return await _seal(case, number, lots)
    finally:
        case.take((paying_early(case.ret, lot_ids, now=False), ()))


async def _seal(
    case: Case, number: int, lots: tuple[Lot, ...], *, anew: bool = True
) -> tuple[Settled, tuple[LotAmount, ...]] | None:
    """Compute what is owed on what the order has come to, and seal it under the ledger's lock.

    What another return of the order settled meanwhile is told by the ledger, and computed anew.
    ``None`` where it was proposed to finance instead, for the first time or as it is by now.

    Args:
        anew: Not sealed before: then nobody is asked again.
    """
    ret = case.ret
    approval = ret.proposal.approval if ret.proposal else None
    standing = own_standing(ret) if ret.looks_at_order else None
    if ret.proposal is not None and approval is not None:
        standing = ret.proposal.standing
    while True:
        amounts = amounts_of(case.ret, lots, standing)
        if anew and needs_approval(case.ret, amounts):
            quote = await _quote(case, number, amounts, standing)
            if quote.standing is None:
                _propose(case, lots, amounts, quote.by_tender, standing)
                return None
            standing = quote.standing
            continue
        asked = _to_seal(case.ret, number, lots, amounts, standing)
        if anew and is_above_limit(case.ret, amounts):
            asked = replace(asked, approval=approval)
        # A regular activity: what is to be sealed stands in history before it is sealed, so a task
        # that is done again cannot come with another amount.
        answer = await case.call(
            PaymentActivities.settle, asked, summary=f"settlement {number}: {asked.amount}"
        )
        if answer.by_tender is not None:
            _propose(case, lots, amounts, answer.by_tender, standing)
            return None
        if answer.standing is None:
            return answer, amounts
        standing = answer.standing


async def _quote(
    case: Case, number: int, amounts: tuple[LotAmount, ...], standing: Standing | None
) -> Quote:
    ret = case.ret
    asked = AskForQuote(
        tenant_id=ret.tenant_id,
        order_id=ret.request.order_id,
        amount_minor=sum(row.refund_minor for row in amounts),
        standing=standing,
        tender_order=ret.policy.tender_order,
    )
    summary = f"what settlement {number} would pay to which tender"
    return await case.call(QuoteActivities.quote_settlement, asked, summary=summary)


def _propose(
    case: Case,
    lots: tuple[Lot, ...],
    amounts: tuple[LotAmount, ...],
    by_tender: ByTender,
    standing: Standing | None,
) -> None:
    now = workflow.now()
    case.take(proposed(case.ret, lots, amounts, by_tender, standing, at=now))


def _to_seal(
    ret: Return,
    number: int,
    lots: tuple[Lot, ...],
    amounts: tuple[LotAmount, ...],
    standing: Standing | None,
) -> Settle:
    return Settle(
        tenant_id=ret.tenant_id,
        return_id=ret.return_id,
        order_id=ret.request.order_id,
        number=number,
        amount=Money(sum(row.refund_minor for row in amounts), ret.currency),
        lot_ids=tuple(lot.lot_id for lot in lots),
        units=units_of(lots),
        clawback_minor=sum(row.clawback_minor for row in amounts),
        standing=standing,
        tender_order=ret.policy.tender_order,
        note=NewNote(ret.rma_no, note_rows(ret, lots, amounts)),
        gate_minor=ret.policy.refund_gate(ret.currency),
        diversion=diversion_of(ret, lots),
    )


async def _due(case: Case, lot_ids: tuple[str, ...]) -> tuple[Lot, ...]:
    """Return the lots of these ids, as their money is due.

    Raises:
        ApplicationError: it is not due, though it was when the settlement was sealed.
    """
    due = {lot.lot_id: lot for lot in lots_due(case.ret)}
    if missing := [lot_id for lot_id in lot_ids if lot_id not in due]:
        message = f"it was sealed for {', '.join(missing)}, whose money is not due"
        raise ApplicationError(message, type="SealedOtherwise", non_retryable=True)
    return tuple(due[lot_id] for lot_id in lot_ids)


def take_news(case: Case, news: RefundNews) -> None:
    """Take in what the provider, read again, says of one refund.

    It may come while the settlement is still being sealed; then it is kept until that is done.
    """
    if case.has_taken("refund_news", news.event_id):
        return
    if not any(i.intent_id == news.intent_id for s in case.ret.settlements for i in s.intents):
        case.early_news.append(news)
        return
    change = refund_told(
        case.ret,
        news.intent_id,
        state=news.state,
        refund_ref=news.refund_ref,
        failure=news.failure,
        at=workflow.now(),
    )
    case.take(change, actor=PROVIDER, cause_id=news.event_id)
    case.note("refund_news", news.event_id)


async def refund(case: Case, parking: Parking, intent_id: str) -> None:
    """Pay one intent. A refusal parks it for finance; trying again raises its generation.

    News from the provider that it is paid or pending ends a parked refund.
    """
    work = f"refund/{intent_id}"

    def wanted() -> bool:
        intent = _intent(case.ret, intent_id)
        return not intent.is_settled and intent.state != "pending"

    intent = _intent(case.ret, intent_id)
    if parking.has_blocker(work):
        await parking.stand(work, wanted=wanted)
    elif intent.state in _REFUSED and intent.redirect is None:
        code = "charged_back" if intent.failure == CHARGED_BACK else "refund_refused"
        await parking.park(work, code, intent.failure or "rejected", wanted=wanted)
    await parking.attempt(work, lambda: _pay(case, intent_id), wanted=wanted)


async def _pay(case: Case, intent_id: str) -> None:
    """Try one intent once, a rejected one in its next generation.

    Raises:
        ApplicationError: the provider refused it: it parks for longer each time, as other trouble.
    """
    intent = _intent(case.ret, intent_id)
    generation = intent.generation + (intent.state in _REFUSED)
    summary = f"refund {_amount(case.ret, intent_id)} for {case.ret.rma_no}"
    try:
        answer = await _ask(case, intent, generation, summary=summary)
    except FailureError as error:
        if trouble_of(error).code in _UNKNOWN and _intent(case.ret, intent_id) == intent:
            _take_in(case, intent_id, RefundAnswer("unknown", intent.generation))
        raise
    if answer is not None and answer.state in _REFUSED:
        message = answer.failure or "rejected"
        kind = "ChargedBack" if message == CHARGED_BACK else "RefundRefused"
        raise ApplicationError(message, type=kind, non_retryable=True)


async def look_up(case: Case, intent_id: str) -> None:
    """Ask the provider how a pending refund stands; without an answer the next deadline asks again.

    Its own message may have been lost, and nobody else would notice.
    """
    intent = _intent(case.ret, intent_id)
    try:
        await _ask(
            case, intent, intent.generation, summary=f"look up a refund of {case.ret.rma_no}"
        )
    except FailureError as error:
        if is_cancelled_exception(error):
            raise


async def _ask(case: Case, intent: Intent, generation: int, *, summary: str) -> RefundAnswer | None:
    """Send or look up one intent and take in the answer, unless it was overtaken.

    Which is older, the answer or news that came while it was on its way, nobody here can tell. The
    ledger can: asked again, it answers with the last word.
    """
    asked = IssueRefund(
        case.ret.tenant_id,
        intent.intent_id,
        generation,
        intent.ruling,
        case.ret.policy.refund_gate(case.ret.currency),
        intent.redirect,
    )
    answer = await case.call(PaymentActivities.issue_refund, asked, summary=summary)
    if _intent(case.ret, intent.intent_id) != intent:
        return None
    _take_in(case, intent.intent_id, answer)
    return answer


def _take_in(case: Case, intent_id: str, answer: RefundAnswer) -> None:
    case.take(
        intent_changed(
            case.ret,
            intent_id,
            state=answer.state,
            refund_ref=answer.refund_ref,
            failure=answer.failure,
            generation=answer.generation,
            covered_minor=answer.covered_minor,
            destination=answer.destination,
            bonus_minor=answer.bonus_minor,
            at=workflow.now(),
        )
    )


def _intent(ret: Return, intent_id: str) -> Intent:
    return next(i for s in ret.settlements for i in s.intents if i.intent_id == intent_id)


def _amount(ret: Return, intent_id: str) -> Money:
    return Money(_intent(ret, intent_id).amount_minor, ret.currency)
