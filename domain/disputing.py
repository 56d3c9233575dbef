"""What a chargeback makes of a return: money is held while a bank decides, and covered if it keeps.

The goods go their way: what was granted may still be asked for.
"""

from dataclasses import replace

from domain.chargebacks import Chargeback
from domain.events import Fact, JsonValue
from domain.intents import Intent
from domain.lifecycle import ENDED_EARLY, is_terminal
from domain.returns import Change, Lot, Return


def told(ret: Return, news: Chargeback) -> Change:
    """Take in what the provider says of a chargeback; telling it again changes nothing.

    What was decided stays so, whatever comes late.
    """
    known = next((c for c in ret.chargebacks if c.dispute_ref == news.dispute_ref), None)
    if known is not None:
        if not known.is_open:
            return ret, ()
        news = replace(news, since=known.since)
    if known == news:
        return ret, ()
    others = tuple(c for c in ret.chargebacks if c.dispute_ref != news.dispute_ref)
    after = replace(ret, chargebacks=(*others, news))
    if known is not None and known.state == news.state:
        return after, ()
    facts: tuple[Fact, ...] = ()
    if known is None:
        facts = (_fact("chargeback.opened", ret, news),)
    if not news.is_open:
        facts += (_fact(f"chargeback.{news.state}", ret, news),)
    return after, facts


def held_by(ret: Return, news: Chargeback) -> tuple[Intent, ...]:
    """Return the refunds of the chargeback's payment whose way on depends on it."""
    return tuple(
        intent
        for settlement in ret.settlements
        for intent in settlement.intents
        if intent.tender_id == news.tender_id
        and not intent.is_settled
        and intent.state != "pending"
    )


def holds(ret: Return, chargeback: Chargeback) -> bool:
    """Say whether money of the return waits for a bank: a refund of that payment, or one to come.

    What was paid back whole, and an exchange without a difference, waits for none.
    """
    if not chargeback.is_open or ret.closed or ret.authorization in ENDED_EARLY:
        return False
    unpaid = any(
        intent.tender_id == chargeback.tender_id and not intent.is_settled
        for s in ret.settlements
        for intent in s.intents
    )
    return unpaid or not ret.lots or any(map(_may_owe, ret.lots))


def _may_owe(lot: Lot) -> bool:
    if lot.settlement_no is not None:
        return False
    is_open = lot.resolution.pays_back and not is_terminal(lot.state)
    return is_open or lot.owes_difference


def has_disputed_refund(ret: Return) -> bool:
    """Say whether a bank decides on a payment that this return pays back, or has paid back."""
    tenders = {intent.tender_id for s in ret.settlements for intent in s.intents}
    return any(c.is_open and c.tender_id in tenders for c in ret.chargebacks)


def _fact(event: str, ret: Return, news: Chargeback) -> Fact:
    due = news.evidence_due_by
    refs: list[JsonValue] = [*news.evidence]
    return Fact(
        event,
        {
            "dispute_ref": news.dispute_ref,
            "tender_id": news.tender_id,
            "amount_minor": news.amount_minor,
            "currency": ret.currency,
            "reason": news.reason,
            "evidence_due_by": due.isoformat() if due else None,
            "refunds_sent": refs,
        },
    )
