"""Settlements: sealed once, then told what becomes of each of their refunds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from domain.charging import lost_to_condition
from domain.completeness import is_rest_awaited
from domain.diverting import going_out_of, money_then_credit
from domain.due import due_on, events_of
from domain.events import Fact, JsonValue
from domain.exchanges import delivered_so_far, is_paid_back_instead
from domain.intents import Intent, LotAmount, Settlement
from domain.lifecycle import LotState
from domain.orders import Destination
from domain.recovering import given_back, judged, opened, recovery_of, started
from domain.refund_facts import covered_fact, refund_fact, reversed_fact
from domain.releasing import lots_to_pay_early
from domain.requests import Resolution
from domain.returns import Change, Lot, Return
from domain.settlement import settlement_hash

_MONEY_DUE = (
    LotState.ACCEPTED,
    LotState.PARTIALLY_ACCEPTED,
    LotState.OUT_OF_STOCK,
    LotState.LOST,
    LotState.KEPT,
)
_AFTER_SUCCESS = ("succeeded", "failed", "rejected")
_BLOCKING = ("rejected", "failed", "unknown")


def lots_to_settle(ret: Return) -> tuple[Lot, ...]:
    """Return the lots whose money is due and in no settlement yet.

    What arrived in one parcel is settled together, so a parcel is one payment a tender and not one
    a lot. What is paid before its goods are accepted waits for no grade. What is paid as credit is
    a settlement of its own, after the others.
    """
    in_money, in_credit = money_then_credit(lots_due(ret))
    return in_money or in_credit


def lots_due(ret: Return) -> tuple[Lot, ...]:
    """Return all lots whose money is due, those to be paid as credit among them."""
    grading, early = parcels_in_grading(ret), lots_to_pay_early(ret)
    incomplete = is_rest_awaited(ret)
    return tuple(
        lot
        for lot in ret.lots
        if lot in early
        or lot.owes_difference
        or (
            lot.resolution.pays_back
            and (lot.state in _MONEY_DUE or is_paid_back_instead(lot))
            and lot.settlement_no is None
            and lot.receipt_id not in grading
            and not incomplete
        )
    )


def parcels_in_grading(ret: Return) -> list[str | None]:
    """Return the receipts whose graded lots wait for the grades of their other lots.

    A lot whose inspection is late holds nothing back any more.
    """
    late = [key for key, _ in ret.overdue]
    return [
        lot.receipt_id
        for lot in ret.lots
        if lot.state is LotState.RECEIVED and f"lot/{lot.lot_id}/inspection" not in late
    ]


def statutory_due_on(ret: Return, lots: Sequence[Lot]) -> date | None:
    """Return the last local day for the refund, by law and promise, once goods came or were sent.

    Of goods that may be kept, after that was granted; of the difference of an exchange there is
    none.
    """
    days: list[date] = []
    for lot in lots:
        terms, events = ret.line(lot.line_id).terms, events_of(ret, lot)
        exchanged = lot.resolution is Resolution.EXCHANGE
        if terms is None or events.back_at is None or exchanged:
            continue
        day = due_on(terms, events)
        days += [day] if day is not None else []
    return min(days) if days else None


def sealed(
    ret: Return,
    lots: Sequence[Lot],
    amounts: Sequence[LotAmount],
    intents: Sequence[Intent],
    *,
    at: datetime,
    credit_note_no: str | None = None,
) -> Change:
    """Number the settlement; from here its amounts never change.

    Without any intent (nothing is owed) its lots are settled at once, without calling a provider.
    """
    number = ret.next_settlement_no
    # Sealing takes a while, and stock may have moved meanwhile: the lots count as they are now.
    lots = [ret.lot(lot.lot_id) for lot in lots]
    amount = sum(row.refund_minor for row in amounts)
    settlement = Settlement(
        number=number,
        lot_ids=tuple(lot.lot_id for lot in lots),
        amount_minor=amount,
        breakdown=tuple(amounts),
        intents=tuple(intents),
        sealed_at=at,
        due_on=statutory_due_on(ret, lots),
        settlement_hash=settlement_hash(
            ret.currency, amounts, [(intent.tender_id, intent.amount_minor) for intent in intents]
        ),
        credit_note_no=credit_note_no,
    )
    after = replace(ret, settlements=(*ret.settlements, settlement), proposal=None)
    after = after.with_lots(*(replace(lot, settlement_no=number) for lot in lots))
    recoveries: list[Fact] = []
    for row, going_out in zip(amounts, going_out_minor(amounts, intents), strict=True):
        lot = after.lot(row.lot_id)
        if row.cover == "recovery":
            after = opened(after, lot, going_out, at=at)
        elif lot.resolution is not Resolution.EXCHANGE:
            after = after.with_lots(lot.moved(LotState.REFUND_PENDING, at))
    early = [row.lot_id for row in amounts if row.cover == "recovery"]
    after, more = started(after, early, at=at)
    recoveries += more
    for lot_id in early:
        after, more = follow_goods(after, lot_id, at=at)
        recoveries += more
    breakdown: list[JsonValue] = [{**row.as_data()} for row in amounts]
    facts = [
        Fact(
            "settlement.sealed",
            {
                "settlement_no": number,
                "amount_minor": amount,
                "currency": ret.currency,
                "due_on": settlement.due_on.isoformat() if settlement.due_on else None,
                "breakdown": breakdown,
                "settlement_hash": settlement.settlement_hash,
                "credit_note_no": credit_note_no,
            },
        )
    ]
    facts += [refund_fact("refund.initiated", after, number, intent) for intent in intents]
    return _end_if_paid(after, settlement, at), (*facts, *recoveries)


def follow_goods(ret: Return, lot_id: str, *, at: datetime) -> Change:
    """Let a lot whose value went out early come to where its goods and that value are by now.

    Of one whose goods are not judged yet, nothing changes.
    """
    lot = ret.lot(lot_id)
    if recovery_of(lot) is None:
        return ret, ()
    match lot.state:
        case LotState.ACCEPTED:
            ret, facts = judged(ret, lot_id, 0, "accepted", at=at)
        case LotState.LOST:
            ret, facts = judged(ret, lot_id, 0, "lost_with_our_label", at=at)
        case LotState.PARTIALLY_ACCEPTED:
            ret, facts = judged(ret, lot_id, lost_to_condition(ret, lot), "deduction", at=at)
        case LotState.RETURN_TO_CUSTOMER | LotState.SHIPPED_BACK | LotState.CLOSED_RETURNED:
            recovery = recovery_of(lot)
            value = recovery.value_minor if recovery else 0
            return judged(ret, lot_id, value, "rejected", at=at)
        case LotState.NOT_RETURNED:
            recovery = recovery_of(lot)
            value = recovery.value_minor if recovery else 0
            return judged(ret, lot_id, value, "not_sent", at=at)
        case _:
            return ret, ()
    lot = ret.lot(lot_id)
    if lot.replacement is not None and lot.replacement.called_off:
        return ret.with_lots(replace(lot, resolution=Resolution.REFUND)), facts
    if lot.replacement is not None:
        return ret.with_lots(
            delivered_so_far(lot.moved(LotState.REPLACEMENT_RESERVED, at), at)
        ), facts
    ret = ret.with_lots(lot.moved(LotState.REFUND_PENDING, at))
    settlement = next(s for s in ret.settlements if lot_id in s.lot_ids)
    return _end_if_paid(_block_lots(ret, settlement, at), settlement, at), facts


def going_out_minor(amounts: Sequence[LotAmount], intents: Sequence[Intent]) -> tuple[int, ...]:
    """Return what each lot's customer is given, as :func:`going_out_of` shares it."""
    return going_out_of(
        [row.refund_minor for row in amounts],
        lapsed=sum(intent.amount_minor for intent in intents if _lapses(intent)),
        bonus=sum(intent.bonus_minor for intent in intents),
    )


def _lapses(intent: Intent) -> bool:
    return intent.redirect is not None and intent.redirect.destination is Destination.LAPSED


def intent_changed(
    ret: Return,
    intent_id: str,
    *,
    state: str,
    refund_ref: str | None,
    failure: str | None,
    at: datetime,
    generation: int | None = None,
    covered_minor: int | None = None,
    destination: str | None = None,
    bonus_minor: int | None = None,
) -> Change:
    """Take in what the provider says of one refund; telling it again changes nothing.

    After a success only a failure is news: it reopens what was refunded (edge 63), while a late
    ``pending`` is not.
    """
    settlement = next(
        s for s in ret.settlements if any(i.intent_id == intent_id for i in s.intents)
    )
    before = next(i for i in settlement.intents if i.intent_id == intent_id)
    known = refund_ref or before.refund_ref
    covered = before.covered_minor if covered_minor is None else covered_minor
    news = replace(
        before,
        covered_minor=covered,
        state=state,
        generation=generation or before.generation,
        refund_ref=known,
        failure=failure,
        # It was for the end that nobody knew.
        ruling=before.ruling if state == "unknown" else None,
        redirect=before.redirect if state != "succeeded" else None,
        destination=destination or before.destination,
        bonus_minor=before.bonus_minor if bonus_minor is None else bonus_minor,
    )
    if news == before or (before.state == "succeeded" and state not in _AFTER_SUCCESS):
        return ret, ()
    intents = tuple(news if i.intent_id == intent_id else i for i in settlement.intents)
    after = ret.with_settlement(replace(settlement, intents=intents))
    facts: tuple[Fact, ...] = ()
    if covered > before.covered_minor:
        facts = (covered_fact(after, settlement.number, news),)
    if state == "succeeded" and before.state != "succeeded":
        facts += (refund_fact("refund.settled", after, settlement.number, news),)
        if settlement.gives_back is not None:
            after, more = given_back(after, settlement.gives_back)
            facts += more
    elif state == "pending" and before.state != "pending":
        facts += (refund_fact("refund.pending", after, settlement.number, news),)
    elif state in ("rejected", "failed") and before.state != state:
        facts += (refund_fact("refund.failed", after, settlement.number, news),)
        if before.state == "succeeded":
            facts += (reversed_fact(after, settlement.number, before, failure, at),)
    return _end_if_paid(_block_lots(after, settlement, at), settlement, at), facts


def charge_given_back(ret: Return, lot_id: str, intent: Intent, *, at: datetime) -> Change:
    """Note the refund that pays back what a hold took too much; it goes its way as any other."""
    if any(s.gives_back == lot_id for s in ret.settlements):
        return ret, ()
    back = Settlement(
        number=0,
        lot_ids=(),
        amount_minor=intent.amount_minor,
        breakdown=(),
        intents=(intent,),
        sealed_at=at,
        due_on=None,
        gives_back=lot_id,
    )
    after = replace(ret, settlements=(*ret.settlements, back))
    return after, (refund_fact("refund.initiated", after, 0, intent),)


def _block_lots(ret: Return, sealed_as: Settlement, at: datetime) -> Return:
    """One blocked refund blocks the lots of its settlement, whatever became of the others."""
    settlement = next(s for s in ret.settlements if s.key == sealed_as.key)
    blocked = any(intent.state in _BLOCKING for intent in settlement.intents)
    changed = []
    for lot in map(ret.lot, settlement.lot_ids):
        if blocked and lot.state in (LotState.REFUND_PENDING, LotState.REFUNDED):
            changed.append(lot.moved(LotState.REFUND_BLOCKED, at))
        elif not blocked and lot.state is LotState.REFUND_BLOCKED:
            changed.append(lot.moved(LotState.REFUND_PENDING, at))
    after = ret.with_lots(*changed)
    return replace(after, completed_at=None) if blocked else after


def _end_if_paid(ret: Return, sealed_as: Settlement, at: datetime) -> Return:
    settlement = next(s for s in ret.settlements if s.key == sealed_as.key)
    if not all(intent.is_settled for intent in settlement.intents):
        return ret
    paid = [
        lot.moved(LotState.REFUNDED, at)
        for lot in map(ret.lot, settlement.lot_ids)
        if lot.state in (LotState.REFUND_PENDING, LotState.REFUND_BLOCKED)
    ]
    return ret.with_lots(*paid)
