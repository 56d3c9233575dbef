"""One right and one line: does it apply, is it excluded, is it in time, are the goods as wanted."""

from dataclasses import dataclass
from datetime import date

from domain.considered import Finding
from domain.law.facts import LineFacts, known
from domain.law.predicates import holds
from domain.law.promises import Promise
from domain.law.schema import Condition, Rule, Unconfirmed
from domain.law.windows import Span, add_months, anchor_day, local_day, requested_on, span


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one right came to. ``codes`` are its reasons, ``span`` its dates where it has a window.

    A right that ``NEEDS_PERSON`` may hold all the same: then ``is_right`` is true, and what it
    would give is attached.
    """

    right: Rule | Promise
    finding: Finding
    codes: tuple[str, ...]
    span: Span | None = None
    is_right: bool = False

    @property
    def last_day(self) -> date | None:
        return self.span.last_day if self.span else None


def weigh(rule: Rule, facts: LineFacts) -> Weighed:
    """Weigh a rule of law, in the order of policy.md §3.2.

    Raises:
        MissingFactError: a fact that decides it was not stated.
    """
    if code := _does_not_apply(rule, facts):
        return Weighed(rule, Finding.DOES_NOT_APPLY, (code,))
    if rule.review is not None:
        return Weighed(rule, Finding.NEEDS_PERSON, (rule.review,))
    excluded, unclear, notes = _exclusions(rule, facts)
    if unclear:
        return Weighed(rule, Finding.NEEDS_PERSON, unclear)
    if excluded:
        return Weighed(rule, Finding.EXCLUDED, excluded)
    dates = span(rule.window, facts) if rule.window is not None else None
    asked_on = requested_on(facts)
    if dates is not None and asked_on > dates.unclear_until:
        return Weighed(rule, Finding.WINDOW_OVER, ("X_WINDOW_EXPIRED",), dates)
    if code := broken(rule.condition, facts):
        return Weighed(rule, Finding.NOT_INTACT, (code,), dates)
    if dates is not None and asked_on > dates.last_day:
        unsure = ("M_LAW_UNCERTAIN", *notes)
        return Weighed(rule, Finding.NEEDS_PERSON, unsure, dates, is_right=True)
    told = (*_granted_under(rule, dates, facts), *notes)
    if rule.presumption is not None and _is_past(rule, facts):
        codes = tuple(code for code in told if code != rule.grants)
        burden = (rule.presumption.code, *codes)
        return Weighed(rule, Finding.NEEDS_PERSON, burden, dates, is_right=True)
    return Weighed(rule, Finding.GRANTS, told, dates, is_right=True)


def weigh_promise(promise: Promise, condition: Condition | None, facts: LineFacts) -> Weighed:
    """Weigh a promise; goods are to be in the ``condition`` that the law of the place wants.

    Raises:
        MissingFactError: the goods were not delivered, as far as anybody knows.
    """
    if codes := promise.excluded(facts):
        return Weighed(promise, Finding.EXCLUDED, codes)
    dates = span(promise.window, facts)
    if requested_on(facts) > dates.last_day:
        return Weighed(promise, Finding.WINDOW_OVER, ("X_WINDOW_EXPIRED",), dates)
    if not promise.takes_any_condition and (code := broken(condition, facts)):
        return Weighed(promise, Finding.NOT_INTACT, (code,), dates)
    return Weighed(promise, Finding.GRANTS, (promise.grants,), dates, is_right=True)


def broken(condition: Condition | None, facts: LineFacts) -> str | None:
    """Return the code of goods that are not as they must be, once somebody inspected them."""
    if condition is None or facts.seen is None:
        return None
    return condition.code if any(f in condition.fails for f in facts.seen.findings) else None


def _does_not_apply(rule: Rule, facts: LineFacts) -> str | None:
    applies = rule.applies
    if applies.buyers and facts.buyer not in applies.buyers:
        return "X_NOT_CONSUMER"
    elsewhere = applies.places and facts.place not in applies.places
    otherwise = applies.channels and facts.channel not in applies.channels
    if elsewhere or otherwise or not all(holds(when, facts) for when in applies.when):
        return "X_NO_STATUTORY_RIGHT"
    return None


def _exclusions(
    rule: Rule, facts: LineFacts
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the codes of what excludes, of what a person has to say, and of what does not."""
    excluded: list[str] = []
    unclear: list[str] = []
    notes: list[str] = []
    for one in rule.exclusions:
        if one.note is not None and one.note_when is not None and holds(one.note_when, facts):
            notes.append(one.note)
        named = one.trait is not None and one.trait in facts.traits
        if not named and not (one.when is not None and holds(one.when, facts)):
            continue
        if one.if_unconfirmed is Unconfirmed.EXCLUDE or _is_confirmed(facts):
            excluded.append(one.code)
        elif one.note is not None:
            (unclear if one.if_unconfirmed is Unconfirmed.REVIEW else notes).append(one.note)
    return tuple(excluded), tuple(unclear), tuple(notes)


def _is_confirmed(facts: LineFacts) -> bool:
    return known(facts.disclosures.exclusion_confirmed, "disclosures.exclusion_confirmed")


def _granted_under(rule: Rule, dates: Span | None, facts: LineFacts) -> tuple[str, ...]:
    code, asked_on, notes = rule.grants, requested_on(facts), list[str]()
    if dates is not None:
        by_extension = asked_on > dates.plain_end
        code = (by_extension and dates.code) or code
        rolled_from = dates.rolled_from if by_extension else dates.plain_rolled_from
        notes += ["T_DEADLINE_ROLLED"] if asked_on > (rolled_from or date.max) else []
    if _only_harmless(rule.condition, facts) and rule.condition is not None:
        notes += [rule.condition.note] if rule.condition.note else []
    return (*((code,) if code else ()), *notes)


def _only_harmless(condition: Condition | None, facts: LineFacts) -> bool:
    seen = facts.seen.findings if facts.seen is not None else ()
    return condition is not None and any(f in condition.harmless for f in seen)


def _is_past(rule: Rule, facts: LineFacts) -> bool:
    presumption = rule.presumption
    if presumption is None:
        return False
    until = add_months(anchor_day(presumption.anchor, facts), presumption.months)
    found_at = facts.discovered_at or facts.requested_at
    return local_day(found_at, facts.time_zone) > until
