"""The decision of one line: law and promises weighed, the best of what grants, gates last.

policy.md §3.2 in its order. Pure: the same facts and packs give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.considered import Finding
from domain.law.choosing import (
    deciding_law,
    is_open,
    is_unclear,
    promise_of,
    right_beside,
    rule_of,
)
from domain.law.considering import Weighed, weigh, weigh_promise
from domain.law.dues import DueDate
from domain.law.facts import LineFacts, MissingFactError
from domain.law.merging import (
    cure_code,
    deductions_of,
    is_offered,
    over_beside,
    payer_code,
    remedies_of,
    scope_of,
    shown_end,
    version_code,
    window_end,
)
from domain.law.promises import Promise, in_force
from domain.law.refunds import Kept, earliest_due, kept_back, payer_of, shipping_codes
from domain.law.schema import MONEY, Payer, Remedy, Rule, Scope
from domain.law.verdicts import Verdict
from domain.reasons import Ground


@dataclass(frozen=True, slots=True)
class Law:
    """The version of a pack that governs a contract, with what its place adds.

    ``content_hash`` covers pack and overlay. Without ``rules`` the pack has no version for the
    contract's date, or no pack is for the place. Within ``answer_days`` after the notice a request
    is to be handled. Of the grounds in ``may_be_longer`` the place may give longer than is known.
    """

    ref: str
    content_hash: str
    rules: tuple[Rule, ...] = ()
    is_missing: bool = False
    answer_days: int | None = None
    may_be_longer: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What a right gives that holds: its terms, each the best for the consumer among the grants.

    ``restocking_percent`` is the least of the promises'; a right by law bears no such fee. ``law``
    and ``promises`` are what grants. Not ``by_law`` a promise gives what is asked and the law does
    not, or not without a person: then ``law`` is a right beside it that keeps its terms.
    """

    remedies: tuple[Remedy, ...]
    payer: Payer
    scope: tuple[Scope, ...]
    due: DueDate | None
    kept: tuple[Kept, ...]
    restocking_percent: int
    law: Rule | None
    by_law: bool
    promises: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """``window_end`` is the last local day; ``given`` is there wherever a right holds."""

    verdict: Verdict
    ground: Ground | None
    ref: str
    content_hash: str
    rule_id: str | None
    window_end: date | None
    codes: tuple[str, ...]
    given: Given | None
    weighed: tuple[Weighed, ...]
    law_ref: str = ""
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    facts: LineFacts
    law: Law | None
    promises: tuple[Promise, ...]
    offered: tuple[Promise, ...]


def decide(facts: LineFacts, law: Law | None, promises: Sequence[Promise]) -> Ruling:
    """Decide one line.

    ``law`` of ``None`` consults no law: there is no pack for the place, and promises alone decide.
    A contract that the pack of its place has no version for goes to a person. A fact that is
    missing is named, and nothing is decided.
    """
    if law is not None and law.is_missing:
        return _undecided(law, Verdict.MANUAL_REVIEW, ("M_PACK_MISSING",))
    case = _Case(facts, law, in_force(promises, facts), tuple(promises))
    try:
        return replace(_gated(_decide(case), case), law_ref=law.ref if law is not None else "")
    except MissingFactError as error:
        undelivered = error.fact == "delivery.delivered_at"
        code = "M_NOT_DELIVERED" if undelivered else "M_FACT_MISSING"
        ruling = _undecided(law, Verdict.NEED_INFO, (code,))
        return replace(ruling, missing=error.fact)


def _decide(case: _Case) -> Ruling:
    facts, law = case.facts, case.law
    of_ground = [r for r in (law.rules if law is not None else ()) if r.ground is facts.ground]
    rules = [r for r in of_ground if not r.applies.places or facts.place in r.applies.places]
    of_law = [weigh(rule, facts) for rule in rules]
    stopped = next((w for w in of_law if is_open(w) and not is_unclear(w)), None)
    if stopped is not None:
        return _for_a_person(law, stopped, of_law)
    condition = next((rule.condition for rule in rules if rule.condition is not None), None)
    of_promises = [weigh_promise(p, condition, facts) for p in case.promises]
    promised = [w for w in of_promises if w.is_right]
    granting = deciding_law(of_law, promised, facts)
    if not of_ground and not of_promises:
        return _undecided(law, Verdict.MANUAL_REVIEW, ("M_NO_RULE",))
    if granting is None and not promised:
        unclear = next((w for w in of_law if is_unclear(w)), None)
        if unclear is not None:
            return _for_a_person(law, unclear, (*of_law, *of_promises))
        return _refused(case, of_law, of_promises)
    return _granted(case, rules, granting, promised, (*of_law, *of_promises))


def _for_a_person(law: Law | None, one: Weighed, weighed: Sequence[Weighed]) -> Ruling:
    ruling = _undecided(law, Verdict.MANUAL_REVIEW, one.codes)
    return replace(ruling, weighed=tuple(weighed))


def _granted(
    case: _Case,
    rules: Sequence[Rule],
    granting: Weighed | None,
    promised: Sequence[Weighed],
    weighed: tuple[Weighed, ...],
) -> Ruling:
    facts, rule = case.facts, rule_of(granting)
    promises = [p for p in map(promise_of, promised) if p is not None]
    best = granting or max(promised, key=lambda w: w.last_day or date.max)
    beside = granting or right_beside(weighed, facts)
    right, by_law = rule_of(beside), granting is not None
    remedies = remedies_of(right, promises, facts)
    scope, wants_money = scope_of(right, promises, by_law=by_law), facts.remedy in MONEY
    kept, barred = (
        kept_back(deductions_of(right, rules, promises), facts) if wants_money else ((), ())
    )
    due, payer = earliest_due(right, promises, facts), payer_of(right, promises, facts)
    fee = 0 if by_law else min(p.restocking_percent for p in promises)
    given = Given(remedies, payer, scope, due, kept, fee, right, by_law, tuple(promises))
    possible = is_offered(facts.remedy, remedies)
    codes = [*best.codes]
    if rule is None:
        codes += version_code(promise_of(best), case.offered)
    else:
        codes += over_beside(weighed, remedies, facts) + cure_code(rule, facts, remedies)
    if possible and wants_money:
        codes += _codes_of_money(given, barred, facts)
    if promises or rule is None or not rule.return_shipping.is_silent:
        codes.append(payer_code(payer))
    codes += ["T_ANCHOR_ESTIMATED"] if facts.anchor_is_estimated else []
    verdict = Verdict.APPROVE if possible else Verdict.APPROVE_ALTERNATIVE
    if best.finding is Finding.NEEDS_PERSON:
        verdict = Verdict.MANUAL_REVIEW
    ref, content_hash = _ref(best, case.law)
    return Ruling(
        verdict=verdict,
        ground=facts.ground,
        ref=ref,
        content_hash=content_hash,
        rule_id=_rule_id(best),
        window_end=window_end(beside, promised, weighed, by_law=by_law),
        codes=tuple(dict.fromkeys(codes)),
        given=given,
        weighed=weighed,
    )


def _codes_of_money(given: Given, barred: Sequence[str], facts: LineFacts) -> list[str]:
    """Say what becomes of the money: its parts, what is kept back and what may not be, its day."""
    codes = [*shipping_codes(given.scope, facts), *(one.code for one in given.kept), *barred]
    codes += ["T_DEDUCT_RESTOCKING_FEE"] if given.restocking_percent else []
    codes += [given.due.code] if given.due is not None and given.due.code is not None else []
    codes += ["T_REFUND_BY_ORIGINAL_TENDER"] if facts.amounts.tenders > 1 else []
    return codes


def _refused(case: _Case, of_law: Sequence[Weighed], of_promises: Sequence[Weighed]) -> Ruling:
    """Refuse with the code of what came closest: a window, an exclusion, then no right at all."""
    weighed = (*of_law, *of_promises)
    if not weighed:
        return _undecided(case.law, Verdict.REJECT, ("X_NO_STATUTORY_RIGHT",))
    closest = max(weighed, key=_closeness)
    ref, content_hash = _ref(closest, case.law)
    return Ruling(
        verdict=Verdict.REJECT,
        ground=None,
        ref=ref,
        content_hash=content_hash,
        rule_id=_rule_id(closest),
        window_end=shown_end(closest, weighed),
        codes=closest.codes,
        given=None,
        weighed=weighed,
    )


_CLOSENESS = {
    Finding.NOT_INTACT: 4,
    Finding.WINDOW_OVER: 3,
    Finding.EXCLUDED: 2,
    Finding.DOES_NOT_APPLY: 1,
}


def _closeness(one: Weighed) -> tuple[int, date]:
    return _CLOSENESS.get(one.finding, 0), one.last_day or date.min


def _gated(ruling: Ruling, case: _Case) -> Ruling:
    """Send what was granted to a person where something calls for one; nothing is ever refused."""
    gates: list[str] = []
    if ruling.given is not None:
        gates += [code for w in ruling.weighed if is_unclear(w) for code in w.codes]
    if ruling.given is not None and case.facts.abuse_signal:
        gates.append("M_ABUSE_SIGNAL")
    if ruling.given is not None and any(promise.review for promise in case.promises):
        gates.append("M_EVIDENCE_REQUIRED")
    if ruling.verdict is Verdict.REJECT and _may_be_longer(ruling, case):
        gates.append("M_LAW_UNCERTAIN")
    if ruling.verdict is Verdict.REJECT and case.facts.anchor_is_estimated:
        # Nobody is refused by a day that was guessed.
        gates.append("T_ANCHOR_ESTIMATED")
    if not gates:
        return ruling
    codes = tuple(dict.fromkeys((*ruling.codes, *gates)))
    return replace(ruling, verdict=Verdict.MANUAL_REVIEW, codes=codes)


def _may_be_longer(ruling: Ruling, case: _Case) -> bool:
    """Nobody is refused by a period that the place may have made longer by law of its own."""
    is_over = any(w.finding is Finding.WINDOW_OVER and rule_of(w) for w in ruling.weighed)
    return is_over and case.law is not None and case.facts.ground in case.law.may_be_longer


def _undecided(law: Law | None, verdict: Verdict, codes: tuple[str, ...]) -> Ruling:
    ref, content_hash = (law.ref, law.content_hash) if law is not None else ("", "")
    return Ruling(verdict, None, ref, content_hash, None, None, codes, None, ())


def _ref(one: Weighed | None, law: Law | None) -> tuple[str, str]:
    """Return the reference and the content hash of what a decision rests on."""
    if (promise := promise_of(one)) is not None:
        return promise.ref, promise.content_hash
    return (law.ref, law.content_hash) if law is not None else ("", "")


def _rule_id(one: Weighed | None) -> str | None:
    promise, rule = promise_of(one), rule_of(one)
    if promise is not None:
        return promise.rule_id or promise.id
    return rule.id if rule is not None else None
