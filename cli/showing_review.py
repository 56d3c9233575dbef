"""A review for people: what was asked, and what came back."""

from backhaul_client.review import QuestionView, ReviewView


def show_review(review: ReviewView) -> None:
    for question in review.questions:
        _show_question(question)


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
