"""Whether a later version of the law is better for the consumer than the one of the contract.

Only a version that says so rules over older contracts, and only then (policy.md §3.3).
"""

from datetime import date

from domain.law.deciding import Given, Ruling
from domain.law.schema import Payer
from domain.law.verdicts import Verdict

_RANK = {
    Verdict.REJECT: 0,
    Verdict.NEED_INFO: 1,
    Verdict.MANUAL_REVIEW: 1,
    Verdict.APPROVE_ALTERNATIVE: 2,
    Verdict.APPROVE: 3,
}
_PAYERS = (Payer.CONSUMER, Payer.TRADER, Payer.NONE)


def is_better(later: Ruling, own: Ruling) -> bool:
    """Say whether ``later`` grants more, or the same on terms of which none is worse."""
    if _RANK[later.verdict] != _RANK[own.verdict]:
        return _RANK[later.verdict] > _RANK[own.verdict]
    if later.given is None or own.given is None:
        return False
    new, old = _terms(later, later.given), _terms(own, own.given)
    gives_all = {*own.given.remedies} <= {*later.given.remedies}
    not_worse = all(a >= b for a, b in zip(new, old, strict=True))
    return gives_all and not_worse and (new != old or later.given.remedies != own.given.remedies)


def _terms(ruling: Ruling, given: Given) -> tuple[int, ...]:
    """Return each term as a number that is higher where it is better for the consumer."""
    due = given.due.on if given.due is not None else None
    return (
        (ruling.window_end or date.max).toordinal(),
        _PAYERS.index(given.payer),
        -sum(kept.amount_minor for kept in given.kept),
        len(given.scope),
        int(given.due is not None),
        -(due or date.max).toordinal(),
    )
