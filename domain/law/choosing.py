"""Of several rights, which one a decision rests on, and which only a person can tell."""

from collections.abc import Sequence

from domain.considered import Finding
from domain.law.considering import Weighed
from domain.law.facts import LineFacts
from domain.law.merging import is_offered, remedies_of
from domain.law.promises import Promise
from domain.law.schema import Rule


def is_open(one: Weighed) -> bool:
    """Nobody but a person can say whether the right holds."""
    return one.finding is Finding.NEEDS_PERSON and not one.is_right


def is_unclear(one: Weighed) -> bool:
    """The law itself is unclear: what a promise gives is worked out all the same, for a person."""
    return is_open(one) and isinstance(one.right, Rule) and one.right.review is not None


def deciding_law(
    of_law: Sequence[Weighed], promised: Sequence[Weighed], facts: LineFacts
) -> Weighed | None:
    """Choose, of the rights that the law gives, the one that the decision rests on.

    It is the first that gives what is asked for, before any other; none where a promise gives it
    and the law does not, or not without a person. Where only a person can say that the law gives
    it, and the promise would keep a fee, a person says so: what may be due in full is not cut.
    """
    rights = [w for w in of_law if w.is_right]
    giving = [w for w in rights if _gives(rule_of(w), facts)]
    sure = next((w for w in giving if w.finding is Finding.GRANTS), None)
    if sure is not None:
        return sure
    promises = [p for p in map(promise_of, promised) if p is not None]
    is_free = any(promise.restocking_percent == 0 for promise in promises)
    if any(is_offered(facts.remedy, p.remedies) for p in promises) and (is_free or not giving):
        return None
    return next(iter((*giving, *rights)), None)


def right_beside(weighed: Sequence[Weighed], facts: LineFacts) -> Weighed | None:
    """Return the right that the law gives beside a promise: one to what is asked before others.

    Of those the first that needs no person.
    """
    rights = [w for w in weighed if w.is_right and rule_of(w) is not None]
    sure = [w for w in rights if w.finding is Finding.GRANTS]
    giving = [w for w in rights if _gives(rule_of(w), facts)]
    return next(iter((*giving, *sure, *rights)), None)


def _gives(rule: Rule | None, facts: LineFacts) -> bool:
    return rule is not None and is_offered(facts.remedy, remedies_of(rule, (), facts))


def rule_of(one: Weighed | None) -> Rule | None:
    return one.right if one is not None and isinstance(one.right, Rule) else None


def promise_of(one: Weighed | None) -> Promise | None:
    return one.right if one is not None and isinstance(one.right, Promise) else None
