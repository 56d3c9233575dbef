"""What is waited for until the money is back: finance, providers, the customer's bank."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from domain.approving import open_proposal
from domain.lifecycle import ENDED_EARLY
from domain.money import Money
from domain.proposals import Proposal
from domain.returns import Return
from domain.settling import lots_to_settle
from domain.waiting_for.wait import Waiting, last_told, wait_for


def money_waits(ret: Return) -> list[Waiting]:
    return [*_refund_waits(ret), *_chargeback_waits(ret)]


def _refund_waits(ret: Return) -> list[Waiting]:
    lasts = ret.policy.handling.refund_pending
    found = []
    if (proposal := open_proposal(ret)) is not None:
        found.append(_approval_wait(ret, proposal))
    elif owed := lots_to_settle(ret):
        work = f"work/settle/{ret.next_settlement_no}"
        found.append(wait_for(ret, work, "settling", min(lot.since for lot in owed), lasts))
    for settlement in ret.settlements:
        for intent in settlement.intents:
            if intent.state == "pending":
                key = f"refund/{intent.intent_id}"
                since, late = settlement.sealed_at, "refund_overdue"
                found.append(wait_for(ret, key, "awaiting_refund", since, lasts, overdue=late))
            elif not intent.is_settled:
                work = f"work/refund/{intent.intent_id}"
                found.append(wait_for(ret, work, "settling", settlement.sealed_at, lasts))
    return found


def _approval_wait(ret: Return, proposal: Proposal) -> Waiting:
    """The day on which the refund is due is a deadline of its own, however far it was extended."""
    key, lasts = f"settlement/{proposal.number}/approval", ret.policy.handling.review
    amount = Money(proposal.amount_minor, ret.currency)
    detail = f"settlement {proposal.number} of {amount}, {proposal.settlement_hash}"
    if (declined := proposal.declined) is not None:
        since = declined.declined_at
        wait = wait_for(ret, key, "settlement_declined", since, lasts)
        detail = f"{detail}, declined: {declined.reason}"
    else:
        since, late = proposal.proposed_at, "settlement_approval_overdue"
        wait = wait_for(ret, key, "awaiting_settlement_approval", since, lasts, overdue=late)
    if proposal.due_on is None:
        return replace(wait, detail=detail)
    due = datetime.combine(proposal.due_on, time(), ZoneInfo(ret.time_zone)).astimezone(UTC)
    deadline = min(wait.deadline, due) if last_told(ret, key, since) < due else wait.deadline
    return replace(wait, deadline=deadline, detail=f"{detail}, due on {proposal.due_on}")


def _chargeback_waits(ret: Return) -> list[Waiting]:
    """One for each that is open, until its evidence is due; then finance is told again.

    A return that has ended waits for nothing: its run is over.
    """
    if ret.closed or ret.authorization in ENDED_EARLY:
        return []
    found = []
    for chargeback in ret.chargebacks:
        if chargeback.is_open:
            key, lasts = f"chargeback/{chargeback.dispute_ref}", ret.policy.handling.parked
            due, told = chargeback.evidence_due_by, last_told(ret, key, chargeback.since)
            if due is not None and told < due:
                lasts = due - told
            wait = wait_for(ret, key, "chargeback_open", chargeback.since, lasts)
            sent = ", ".join(chargeback.evidence)
            found.append(replace(wait, detail=f"refunds sent before: {sent}" if sent else ""))
    return found
