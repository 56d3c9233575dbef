"""Goods that nobody may return at will may still be faulty (edge 10): that is another right."""

from domain.eligibility import Decision, Verdict
from domain.reasons import Ground

_FAULTY = ("NOT_AS_DESCRIBED", "DAMAGED", "DEFECTIVE")


def is_claim_open(decision: Decision, reason: str | None) -> bool:
    """Say whether who was denied a return at will named a fault, and may claim it instead.

    Final sale, a class that is left out or a window that is over end the choice to return, and say
    nothing about goods that are not what was sold.
    """
    at_will = decision.ground is Ground.WITHDRAWAL and decision.verdict is Verdict.REJECT
    return at_will and reason in _FAULTY
