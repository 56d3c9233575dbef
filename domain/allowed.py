"""Which commands would move a return now: what ``explain`` offers and a refusal names."""

from domain.approving import open_proposal
from domain.asking_info import has_question_left, open_question
from domain.customs import can_record_papers
from domain.drafts import is_draft
from domain.handover import is_changeable, is_sendable
from domain.lifecycle import AuthorizationState, DeliveryState, Headline, LotState
from domain.losing import can_be_lost, can_have_new_label
from domain.offers import can_be_offered, has_offer_left, open_offer
from domain.receiving import is_receivable
from domain.recovering import is_resolvable
from domain.redirecting import refused_refunds
from domain.replacing import is_choosable
from domain.returns import Return
from domain.ruling import unknown_refunds
from domain.transport import is_withdrawable
from domain.waiting import shown, waits


def allowed_commands(ret: Return) -> tuple[str, ...]:
    """Return the names of the updates that the return would take now, whoever asks."""
    if ret.closed:
        return ("reopen",) if ret.headline is Headline.CLOSED else ()
    in_review = ret.authorization is AuthorizationState.IN_REVIEW
    courier_comes = any(d.state is DeliveryState.PICKUP_SCHEDULED for d in ret.deliveries)
    uninspected = any(lot.state is LotState.RECEIVED for lot in ret.lots)
    possible = {
        "approve": in_review,
        "deny": in_review,
        "ask-info": in_review and has_question_left(ret),
        "counter-offer": can_be_offered(ret) and has_offer_left(ret),
        "accept-offer": open_offer(ret) is not None,
        "decline-offer": open_offer(ret) is not None,
        "answer-info": open_question(ret) is not None,
        "withdraw": is_withdrawable(ret),
        "report-pickup-outcome": courier_comes,
        "change-handover": is_changeable(ret),
        "record-sending": is_sendable(ret),
        "replace-label": can_have_new_label(ret),
        "mark-lost": can_be_lost(ret),
        "record-customs-papers": can_record_papers(ret),
        "leave-expired": any(b.code == "units_used_elsewhere" for b in ret.blockers),
        "receive": is_receivable(ret),
        "record-inspection": uninspected,
        "choose-resolution": any(map(is_choosable, ret.lots)),
        "retry": bool(ret.blockers),
        "correct": is_draft(ret),
        "reconcile-refund": bool(unknown_refunds(ret)),
        "approve-settlement": open_proposal(ret) is not None,
        "decline-settlement": open_proposal(ret) is not None,
        "change-tender": bool(ret.policy.fallback_tenders and refused_refunds(ret)),
        "resolve-recovery": is_resolvable(ret),
        "extend-deadline": bool(shown(waits(ret))),
    }
    return tuple(name for name, is_possible in possible.items() if is_possible)
