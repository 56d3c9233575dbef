"""Where a person decides otherwise than the rule: that needs a reason, and is marked."""

from domain.eligibility import Decision, Verdict


def rules_own(decision: Decision) -> bool | None:
    """Return what the rules alone would have done with a line as it was asked for.

    ``None`` where they leave it to a person, and found a right or nothing that speaks against it:
    that one layer excludes what another grants is no refusal.
    """
    match decision.verdict:
        case Verdict.APPROVE:
            return True
        case Verdict.REJECT | Verdict.APPROVE_ALTERNATIVE:
            return False
        case _:
            excluded = any(code.startswith("X_") for code in decision.reason_codes)
            return False if excluded and decision.terms is None else None


def is_overridden(decision: Decision, *, granted: bool) -> bool:
    """Say whether a decision of a person is another one than the rule's own."""
    own = rules_own(decision)
    return own is not None and own is not granted
