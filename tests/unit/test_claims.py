"""Who may not return at will is shown the way of a claim, where he named a fault."""

from typing import Any

import pytest

from activities.notifications import render
from domain.granting import apply_policy
from domain.orders import Order
from domain.reasons import Ground
from domain.requests import RequestedLine
from domain.view import document
from integrations.commerce.port import Contact
from tests.support.builders import NOW, decided, opened, order, order_line

FINAL = order(order_line(final_sale=True))


def shown(of: Order, reason: str | None, ground: Ground = Ground.WITHDRAWAL) -> dict[str, Any]:
    ret = decided(RequestedLine("shoes", 1, reason=reason), of=of, ground=ground)
    shown: Any = document(ret)
    return {**shown["lines"][0], "headline": ret.headline}


@pytest.mark.parametrize("reason", ["DEFECTIVE", "DAMAGED", "NOT_AS_DESCRIBED"])
def test_edge_10_final_sale_that_is_faulty_is_offered_a_claim(reason: str) -> None:
    """The choice to return is denied, and the claim that is open goes to a person."""
    denied = shown(FINAL, reason)
    claimed = shown(FINAL, reason, Ground.NON_CONFORMITY)

    assert (denied["headline"], denied["claim_open"]) == ("DENIED", True)
    assert claimed["headline"] == "IN_REVIEW"


@pytest.mark.parametrize(
    ("of", "reason"), [(FINAL, None), (FINAL, "CHANGED_MIND"), (order(), "DEFECTIVE")]
)
def test_no_claim_is_offered_without_a_fault_or_a_denial(of: Order, reason: str | None) -> None:
    """Whoever merely changed his mind, or is granted the return anyway, is told of none."""
    assert "claim_open" not in shown(of, reason)


def test_edge_10_the_mail_says_how_to_claim() -> None:
    """Beside the rule that denied it."""
    asked = opened(RequestedLine("shoes", 1, reason="DEFECTIVE"), of=FINAL)
    ret, (denied, *_) = apply_policy(asked, at=NOW)

    mail = render(
        "n1",
        "request_denied",
        {"rma_no": ret.rma_no, "currency": "EUR", **denied.data},
        contact=Contact("kim@example.com", "Kim", "en"),
        return_id=ret.return_id,
        survey_link="",
    )

    assert "please ask again for a faulty item" in mail.text
