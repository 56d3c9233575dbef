"""What a finding leaves of a right: the merchant's scale of grades, within what the law lets it do.

Policy re-evaluation after inspection (policy.md §3.2, step 6), under the same right as before.
"""

from dataclasses import dataclass

from domain.decisions import Terms
from domain.inspection import Acceptance, Finding, Grade
from domain.policies import Policy


@dataclass(frozen=True, slots=True)
class Judgement:
    """What counts; ``by_law`` where the law changed what the scale says, and ``code`` why."""

    acceptance: Acceptance
    deduction_percent: int
    by_law: bool = False
    code: str = ""


def judge(policy: Policy, terms: Terms | None, finding: Finding) -> Judgement:
    """Say what becomes of goods by what was found.

    Goods that a law wants intact, and no promise takes otherwise, are rejected by one of its own
    findings in the checklist. Where the law leaves a right to who used the goods, a grade deducts
    and rejects nothing; where it makes use free, it deducts nothing either. What is not the item
    that was sent (X) is rejected everywhere.
    """
    scale = next(c for c in policy.conditions if c.grade is finding.grade)
    found = Judgement(scale.acceptance, scale.deduction_percent)
    partly = found.acceptance is Acceptance.PARTIALLY_ACCEPTED
    if partly and finding.fault in policy.faults_without_deduction:
        found = Judgement(Acceptance.ACCEPTED, 0)
    if terms is None or not terms.by_law or finding.grade is Grade.X:
        return found
    if any(entry.upper() in terms.not_intact_if for entry in finding.checklist):
        return Judgement(Acceptance.REJECTED, 100, by_law=True, code="X_NOT_INTACT")
    if terms.use_is_free and found.acceptance is not Acceptance.ACCEPTED:
        return Judgement(Acceptance.ACCEPTED, 0, by_law=True, code=terms.free_use_code)
    if terms.survives_use and found.acceptance is Acceptance.REJECTED:
        code, taken = "T_DEDUCT_DIMINISHED_VALUE", found.deduction_percent
        return Judgement(Acceptance.PARTIALLY_ACCEPTED, taken, by_law=True, code=code)
    return found
