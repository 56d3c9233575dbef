"""A review for people: questions, answers, offers, and who approved first."""

from backhaul_client.history import CustomerHistoryView
from backhaul_client.review import FirstApprovalView, QuestionView, ReviewView
from domain.money import Money


def show_review(review: ReviewView, currency: str) -> None:
    for question in review.questions:
        _show_question(question)
    for offer in review.offers:
        amount, until = Money(offer.amount_minor, currency), f"{offer.open_until:%Y-%m-%d %H:%M %Z}"
        print(f"  offer {offer.number} by {offer.offered_by}: keep it for {amount}, {offer.state}")
        print(f"    {offer.message}")
        if offer.state == "OPEN":
            print(f"    until {until}")
    if review.first_approval is not None:
        _show_first(review.first_approval, currency)


def _show_question(question: QuestionView) -> None:
    print(f"  question {question.number} by {question.asked_by}: {question.question}")
    if question.answer is not None:
        print(f"    answered: {question.answer or 'without a text'}")
        for row in question.evidence:
            print(f"    evidence: {row.url}")
    elif question.ended_at is not None:
        print("    not answered in time")
    else:
        print("    not answered yet")


def _show_first(first: FirstApprovalView, currency: str) -> None:
    """Show what a second person is asked to approve, as they would have to type it."""
    value, limit = Money(first.value_minor, currency), Money(first.limit_minor, currency)
    way = f" --handover {first.handover}" if first.handover else ""
    print(f"  approved first by {first.approved_by}: {value}, above {limit}")
    print(f"    a second person: approve {' '.join(first.line_ids)}{way}")


def show_customer_history(history: CustomerHistoryView) -> None:
    """Say what became of the customer's other returns; what the shop names nobody for, too."""
    if not history.is_known:
        print("  customer: the shop names none")
        return
    print(f"  customer: other returns since {history.since:%Y-%m-%d}: {_total(history)}")
    for row in history.counts:
        value = Money(row.value_minor, row.currency)
        print(f"    {row.outcome}: {row.returns}, {row.units} units, {value}")


def _total(history: CustomerHistoryView) -> str:
    return str(sum(row.returns for row in history.counts) or "none")
