"""Four eyes on money: above the policy's limit a settlement is sealed as finance approved it."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from domain.authority import first_approval
from domain.codes import RefusedError
from domain.commands import Actor
from domain.diverting import most_bonus
from domain.events import Fact, JsonValue
from domain.intents import LotAmount
from domain.money import Money
from domain.promotions import Standing
from domain.proposals import ByTender, Declined, Proposal, differences
from domain.returns import Change, Lot, Return
from domain.settlement import settlement_hash
from domain.settling import lots_due, lots_to_settle, statutory_due_on


def is_above_limit(ret: Return, amounts: Sequence[LotAmount]) -> bool:
    """Say whether this settlement and all earlier ones of the return are together above the limit.

    Together, so that many small parcels do not get round it, and with the bonus of what is paid as
    credit. What pays nothing needs nobody.
    """
    limit = dict(ret.policy.approval_above).get(ret.currency)
    amount = sum(row.refund_minor for row in amounts) + most_bonus(ret, amounts)
    # A charge that is given back was never the order's money.
    paid = sum(s.amount_minor for s in ret.settlements if s.gives_back is None)
    return limit is not None and amount > 0 and paid + amount > limit


def needs_approval(ret: Return, amounts: Sequence[LotAmount]) -> bool:
    """Say whether these amounts are above the limit and not the ones that were approved."""
    approved = ret.proposal is not None and ret.proposal.approved_by is not None
    same = ret.proposal is not None and ret.proposal.breakdown == tuple(amounts)
    return is_above_limit(ret, amounts) and not (approved and same)


def lots_to_seal(ret: Return) -> tuple[Lot, ...]:
    """Return the lots of the next settlement: those that were approved, or all that are due."""
    if ret.proposal is not None and ret.proposal.approved_by is not None:
        approved = tuple(lot for lot in lots_due(ret) if lot.lot_id in ret.proposal.lot_ids)
        if len(approved) == len(ret.proposal.lot_ids):
            return approved
    return lots_to_settle(ret)


def open_proposal(ret: Return) -> Proposal | None:
    """Return the proposal that waits for finance, if it is of exactly the lots due now."""
    proposal = ret.proposal
    if proposal is None or proposal.approved_by is not None:
        return None
    due = {lot.lot_id for lot in lots_to_settle(ret)}
    return proposal if due == set(proposal.lot_ids) else None


def proposed(
    ret: Return,
    lots: Sequence[Lot],
    amounts: Sequence[LotAmount],
    by_tender: ByTender,
    standing: Standing | None,
    *,
    at: datetime,
) -> Change:
    """Ask for an approval, instead of an earlier one; the same settlement is not asked for again.

    An approval of other amounts is void.
    """
    before = ret.proposal
    proposal = Proposal(
        number=ret.next_settlement_no,
        breakdown=tuple(amounts),
        by_tender=by_tender,
        settlement_hash=settlement_hash(ret.currency, amounts, by_tender),
        proposed_at=at,
        due_on=statutory_due_on(ret, lots),
        standing=standing,
        bonus_minor=most_bonus(ret, amounts),
    )
    facts: list[Fact] = []
    if before is not None:
        proposal = replace(
            proposal,
            replaced_hash=before.settlement_hash,
            differences=differences(before, proposal),
        )
        if before.settlement_hash == proposal.settlement_hash and before.approved_by is None:
            return ret, ()
        if before.approved_by is not None:
            facts.append(Fact("settlement.approval_voided", _named(ret, before)))
    facts.append(Fact("settlement.proposed", _told(ret, proposal)))
    return replace(ret, proposal=proposal), tuple(facts)


def check_approval(
    ret: Return, number: int, hashed: str, *, by: Actor, known_as: Sequence[str] = ()
) -> Proposal:
    """Return the proposal that may be approved.

    Args:
        by: Who approves; ``known_as`` are other ids of the same person.

    Raises:
        RefusedError: nothing waits for approval, it is not this any more, or the person had a hand
            in the return.
    """
    proposal = _waiting(ret, number, hashed)
    took_part = _hands(ret)
    if any(actor_id in took_part for actor_id in (by.actor_id, *known_as)):
        raise RefusedError(
            "four_eyes", "whoever asked for, reviewed or inspected the return cannot approve it"
        )
    return proposal


def approve(ret: Return, proposal: Proposal, *, by: Actor) -> Change:
    """Approve what waits; it is sealed unless its amounts change before."""
    approved = replace(proposal, approved_by=str(by), declined=None)
    return replace(ret, proposal=approved), (Fact("settlement.approved", _named(ret, approved)),)


def check_decline(ret: Return, number: int, hashed: str, reason: str) -> Proposal:
    """Return the proposal that may be declined.

    Raises:
        RefusedError: nothing waits for approval, it is not this any more, or no reason is given.
    """
    if not reason.strip():
        raise RefusedError("invalid_request", "wanted why it is not approved", field="reason")
    return _waiting(ret, number, hashed)


def decline(ret: Return, proposal: Proposal, reason: str, *, by: Actor, at: datetime) -> Change:
    """Leave the settlement unsealed, with the reason, until it is approved or changes."""
    declined = replace(proposal, declined=Declined(reason, str(by), at))
    told = _named(ret, declined) | {"reason": reason}
    return replace(ret, proposal=declined), (Fact("settlement.declined", told),)


def _waiting(ret: Return, number: int, hashed: str) -> Proposal:
    proposal = open_proposal(ret)
    if proposal is None:
        raise RefusedError("command_not_allowed", "no settlement waits for approval")
    if number != proposal.number:
        raise RefusedError(
            "settlement_changed",
            f"settlement {proposal.number} waits for approval, not {number}",
            field="settlement_no",
        )
    if hashed != proposal.settlement_hash:
        raise RefusedError(
            "settlement_changed", _how_it_changed(ret, proposal, hashed), field="settlement_hash"
        )
    return proposal


def _how_it_changed(ret: Return, proposal: Proposal, hashed: str) -> str:
    now = f"it is {proposal.settlement_hash} now"
    if hashed != proposal.replaced_hash:
        return f"{now}: {Money(proposal.amount_minor, ret.currency)}"
    changes = (
        f"{change.what} {Money(change.was_minor, ret.currency)}"
        f" is {Money(change.now_minor, ret.currency)}"
        for change in proposal.differences
    )
    return f"{now}: {'; '.join(changes)}"


def _hands(ret: Return) -> set[str]:
    """Return the ids of those who asked for the return, decided on it or graded it.

    Of two who decided each had a hand in it, whichever is named as the one who granted it.
    """
    roles = [line.authorization.decided_by for line in ret.lines if line.authorization]
    roles += [lot.finding.inspected_by for lot in ret.lots if lot.finding]
    people = {named.partition(":")[2] for named in roles if ":" in named}
    first = first_approval(ret)
    actors = (ret.requested_by, first.by if first is not None else None)
    return people | {actor.actor_id for actor in actors if actor is not None}


def _named(ret: Return, proposal: Proposal) -> dict[str, JsonValue]:
    return {
        "settlement_no": proposal.number,
        "settlement_hash": proposal.settlement_hash,
        "amount_minor": proposal.amount_minor,
        "currency": ret.currency,
    }


def _told(ret: Return, proposal: Proposal) -> dict[str, JsonValue]:
    limit = dict(ret.policy.approval_above)[ret.currency]
    return _named(ret, proposal) | {"limit_minor": limit} | proposal_parts(proposal)


def proposal_parts(proposal: Proposal) -> dict[str, JsonValue]:
    """Return how a proposal came to be, as JSON."""
    tenders: list[JsonValue] = [
        {"tender_id": tender_id, "amount_minor": minor} for tender_id, minor in proposal.by_tender
    ]
    breakdown: list[JsonValue] = [{**row.as_data()} for row in proposal.breakdown]
    changes: list[JsonValue] = [{**asdict(change)} for change in proposal.differences]
    return {
        "due_on": proposal.due_on.isoformat() if proposal.due_on else None,
        "breakdown": breakdown,
        "by_tender": tenders,
        "bonus_minor": proposal.bonus_minor,
        "replaced_hash": proposal.replaced_hash,
        "differences": changes,
    }
