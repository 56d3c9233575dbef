"""Terms of several rights that grant: each is taken from the one that is best for the consumer."""

from collections.abc import Sequence
from datetime import date

from domain.considered import Finding
from domain.law.considering import Weighed
from domain.law.facts import LineFacts
from domain.law.predicates import holds
from domain.law.promises import Promise
from domain.law.schema import MONEY, Deduction, DeductionKind, Payer, Remedy, Rule, Scope

_PAID = (Scope.PRICE, Scope.TAX)


def remedies_of(
    rule: Rule | None, promises: Sequence[Promise], facts: LineFacts
) -> tuple[Remedy, ...]:
    """Return what is offered, the law's own first and in its order."""
    of_law = rule.remedies if rule is not None else ()
    offered = [o.type for o in of_law if o.unless is None or not holds(o.unless, facts)]
    offered += [remedy for promise in promises for remedy in promise.remedies]
    return tuple(dict.fromkeys(offered))


def is_offered(remedy: str, offered: Sequence[Remedy]) -> bool:
    """Say whether a remedy is among the offered; who may choose any goods may have the same."""
    return remedy in offered or (remedy == Remedy.REPLACE and Remedy.EXCHANGE in offered)


def scope_of(rule: Rule | None, promises: Sequence[Promise], *, by_law: bool) -> tuple[Scope, ...]:
    scopes = {scope for promise in promises for scope in promise.scope}
    if rule is not None and rule.refund is not None:
        scopes |= {*rule.refund.scope}
    elif by_law:
        # Of a right to repair or replacement, what is paid back instead is price and tax.
        scopes |= {*_PAID}
    return tuple(scope for scope in Scope if scope in scopes)


def deductions_of(
    rule: Rule | None, rules: Sequence[Rule], promises: Sequence[Promise]
) -> tuple[Deduction, ...]:
    """Return what may be kept back: by the right that the law gives, else as its place says.

    Use costs nothing where a promise takes goods in any condition.
    """
    governing = rule or next((r for r in rules if r.refund is not None), None)
    found = governing.refund.deductions if governing is not None and governing.refund else ()
    if any(promise.takes_any_condition for promise in promises):
        found = tuple(d for d in found if d.kind is not DeductionKind.DIMINISHED_VALUE)
    return found


def over_beside(
    weighed: Sequence[Weighed], offered: Sequence[Remedy], facts: LineFacts
) -> tuple[str, ...]:
    """Return the codes of money rights that are over, where nothing gives money any more.

    Another right may give it though the one that is granted does not (UK: the final right to
    reject beside a second repair).
    """
    rights = [w.right for w in weighed if w.is_right and isinstance(w.right, Rule)]
    if Remedy.REFUND in {*offered, *(r for right in rights for r in remedies_of(right, (), facts))}:
        return ()
    return tuple(
        w.right.over
        for w in weighed
        if w.finding is Finding.WINDOW_OVER and isinstance(w.right, Rule) and w.right.over
    )


def cure_code(rule: Rule | None, facts: LineFacts, offered: Sequence[Remedy]) -> tuple[str, ...]:
    """Return the code for who asks for money where repair or replacement comes first."""
    early = facts.remedy in MONEY and facts.remedy not in offered
    return (rule.cure_first,) if rule is not None and rule.cure_first and early else ()


def version_code(deciding: Promise | None, offered: Sequence[Promise]) -> tuple[str, ...]:
    """Return the code that says another version of the promise exists and was not used."""
    others = [p for p in offered if deciding is not None and p.id == deciding.id]
    changed = any(p.version != deciding.version for p in others if deciding is not None)
    return ("T_POLICY_AT_PURCHASE",) if changed else ()


def payer_code(payer: Payer) -> str:
    return "T_RETURN_NOT_REQUIRED" if payer is Payer.NONE else f"T_RETURN_SHIPPING_{payer}"


def window_end(
    right: Weighed | None, promised: Sequence[Weighed], weighed: Sequence[Weighed], *, by_law: bool
) -> date | None:
    """Return the last day of the longest window.

    ``None`` where the ``right`` of the law is what grants (``by_law``) and has no window to tell;
    beside a promise it can only make the promise's window longer.
    """
    of_law = shown_end(right, weighed) if right is not None else None
    if by_law and of_law is None:
        return None
    return max((day for day in (of_law, *(w.last_day for w in promised)) if day), default=None)


def shown_end(one: Weighed, weighed: Sequence[Weighed]) -> date | None:
    """Return the last day that is told of a right: of a rule none, or another's, if it says so."""
    rule = one.right if isinstance(one.right, Rule) else None
    if rule is None or (rule.shows_window and rule.shows_window_of is None):
        return one.last_day
    if not rule.shows_window:
        return None
    of_law = (w for w in weighed if isinstance(w.right, Rule))
    return next(w.last_day for w in of_law if w.right.id == rule.shows_window_of)
