"""What a finding of the reconciliation means for whoever reads it, and what to do."""

from dataclasses import dataclass
from typing import Any

from domain.hold_findings import HoldVerdict
from domain.reconciliation import Verdict
from storage.reconciliations import ReconciliationRow

TO_DO: dict[str, str] = {
    Verdict.ADOPTED: "Nothing: the provider's word was taken over.",
    Verdict.OTHER_AMOUNT: (
        "Ours, of another sum than was asked for. The return stands parked; mend it at the "
        "provider, then retry."
    ),
    Verdict.PAID_TWICE: (
        "Two refunds stand for one intent. One has to come back: ask the customer, or the "
        "provider to cancel it, and tell the developers."
    ),
    Verdict.STRANGER: (
        "It carries our mark, and this ledger has no such intent: another installation on the "
        "same account, or a restored database. Pay nothing until you know."
    ),
    Verdict.MADE_PAST_US: (
        "Somebody refunded a payment of ours by hand. It counts as given back; ask who and why."
    ),
    Verdict.MISSING: (
        "We call it paid, and the provider has no such refund. Ask the provider, with our time "
        "and its name."
    ),
    HoldVerdict.LEFT_OPEN: (
        "Money is held for a return that has ended. Let it go at the provider: the customer cannot "
        "spend it."
    ),
    HoldVerdict.TAKEN_PAST_US: (
        "It was captured at the provider, and nobody here asked for it. Ask who and why; give it "
        "back if it was a mistake."
    ),
    HoldVerdict.GONE: (
        "It stands here, and at the provider it is over: nothing secures the goods that are out. "
        "Ask the customer for them, or for their value."
    ),
    HoldVerdict.UNKNOWN: (
        "Nobody knows whether it was placed. Look it up at the provider by our id, and tell ops."
    ),
}
_FAILED_LATE = (
    "It failed after it went through. Its return is open again, also where it was closed: mend it "
    "there, and pay nothing outside it."
)


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding as the page has it; ``needs_a_person`` puts it first."""

    verdict: str
    to_do: str
    needs_a_person: bool
    amount_minor: int
    currency: str
    refund_ref: str | None
    hold_ref: str | None
    intent_id: str | None
    return_id: str | None
    was: str | None
    now: str | None


def shown(row: ReconciliationRow) -> list[ShownFinding]:
    """Return a day's findings, those that need a person first."""
    found = [_shown(dict(finding)) for finding in row.findings]
    return sorted(found, key=lambda finding: not finding.needs_a_person)


def _shown(finding: dict[str, Any]) -> ShownFinding:
    verdict = finding["verdict"]
    failed_late = verdict == Verdict.ADOPTED and finding["now"] == "rejected"
    return ShownFinding(
        verdict=verdict,
        to_do=_FAILED_LATE if failed_late else TO_DO[verdict],
        needs_a_person=failed_late or verdict != Verdict.ADOPTED,
        amount_minor=finding["amount_minor"],
        currency=finding["currency"],
        refund_ref=finding["refund_ref"],
        hold_ref=finding.get("hold_ref"),
        intent_id=finding["intent_id"],
        return_id=finding["return_id"],
        was=finding["was"],
        now=finding["now"],
    )
