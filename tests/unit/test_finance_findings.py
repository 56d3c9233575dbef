"""What the page says of each finding of the nightly comparison."""

from datetime import UTC, date, datetime

import pytest

from api.pages.findings import shown
from domain.hold_findings import HoldVerdict
from domain.reconciliation import Verdict
from storage.reconciliations import ReconciliationRow


def of(verdict: str, **said: str | None) -> ReconciliationRow:
    finding = {
        "verdict": verdict,
        "amount_minor": 100,
        "currency": "EUR",
        "refund_ref": None,
        "intent_id": None,
        "return_id": None,
        "was": None,
        "now": None,
        **said,
    }
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    return ReconciliationRow(
        day=date(2026, 3, 2),
        provider="stripe",
        coverage="all",
        counts={verdict: 1},
        findings=[finding],
        compared_at=noon,
    )


KEPT = [verdict for verdict in Verdict if verdict is not Verdict.AGREES]
KEPT_OF_HOLDS = [verdict for verdict in HoldVerdict if verdict is not HoldVerdict.AGREES]


@pytest.mark.parametrize("verdict", [*KEPT, *KEPT_OF_HOLDS])
def test_every_finding_says_what_to_do(verdict: str) -> None:
    """Refunds and holds stand in one list."""
    (found,) = shown(of(verdict, hold_ref="pi_1"))

    assert found.to_do
    assert found.hold_ref == "pi_1"


def test_a_refund_that_failed_late_is_not_to_be_paid_beside_its_return() -> None:
    """The return is open again, and pays it there."""
    (found,) = shown(of(Verdict.ADOPTED, now="rejected"))

    assert found.needs_a_person
    assert "pay nothing outside it" in found.to_do
