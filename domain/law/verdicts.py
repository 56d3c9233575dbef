"""The five ends of an evaluation (policy.md §3.1)."""

from enum import StrEnum


class Verdict(StrEnum):
    """With APPROVE_ALTERNATIVE the right exists, the asked remedy does not."""

    APPROVE = "APPROVE"
    APPROVE_ALTERNATIVE = "APPROVE_ALTERNATIVE"
    REJECT = "REJECT"
    MANUAL_REVIEW = "MANUAL_REVIEW"
    NEED_INFO = "NEED_INFO"
