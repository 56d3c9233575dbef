"""The decision of one line as it is stored: what was granted, by which right, on which terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.considered import Considered, Finding
from domain.ids import content_hash, stated
from domain.law.considering import Weighed
from domain.law.deciding import Given, Ruling
from domain.law.facts import LineFacts
from domain.law.promises import Promise
from domain.law.refunds import Kept, is_barred
from domain.law.schema import Anchor, DeductionKind, Due, Remedy, Rule, Window
from domain.law.schema import Source as LawSource
from domain.law.verdicts import Verdict
from domain.law.windows import requested_on
from domain.policies import Source
from domain.reasons import Ground


@dataclass(frozen=True, slots=True)
class Terms:
    """What a granted right means for money: what is refunded, who pays the way back, until when.

    ``refund_due_days`` are those of a promise, from the receipt of the goods or the proof that they
    were sent; ``dues`` are the law's. The earliest counts. ``hard_limit`` is the line behind the
    law's date that has consequences of its own. ``collection_offered``: the seller's courier is
    sent at his own cost.
    A right ``by_law`` bears no restocking and no handling fee, and where ``use_is_free`` nothing is
    deducted for what was used; one that ``survives_use`` is not lost by it. With one of
    ``not_intact_if`` among the findings it is. ``may_keep`` is what the right lets be kept back,
    ``kept`` what of it is already, in minor units.
    """

    return_shipping_payer: str
    refund_scope: tuple[str, ...]
    refund_due_days: int | None
    refund_due_kind: str
    dues: tuple[Due, ...] = ()
    hard_limit: Due | None = None
    collection_offered: bool = False
    by_law: bool = False
    use_is_free: bool = False
    survives_use: bool = False
    not_intact_if: tuple[str, ...] = ()
    free_use_code: str = ""
    may_keep: tuple[DeductionKind, ...] = ()
    kept: tuple[Kept, ...] = ()
    restocking_percent: int | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Otherwise:
    """The result that did not count, kept beside the one that did."""

    policy_ref: str
    content_hash: str
    verdict: Verdict
    window_end: date | None
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A line's decision, stored as it is. ``window_end`` is the last local day, inclusive.

    ``policy_ref`` is the pack of law where the law grants or refuses, else the promise.
    ``considered`` is every right that was weighed, those of the law first. ``answer_by`` is the
    last local day on which the law wants the request handled and the address told. ``otherwise`` is
    what the contract's own version says, where a later one is better for the consumer.
    """

    line_id: str
    verdict: Verdict
    ground: Ground
    policy_ref: str
    content_hash: str
    rule_id: str | None
    window_end: date | None
    remedies: tuple[Remedy, ...]
    terms: Terms | None
    reason_codes: tuple[str, ...]
    sources: tuple[Source, ...]
    explanation: str
    facts_hash: str
    evaluated_at: datetime
    considered: tuple[Considered, ...] = ()
    answer_by: date | None = None
    otherwise: Otherwise | None = None

    @property
    def granted(self) -> bool:
        return self.verdict is Verdict.APPROVE


_EVENTS: Mapping[Anchor, str] = {
    Anchor.DELIVERED: "delivered",
    Anchor.LAST_DELIVERED: "delivered",
    Anchor.INSTALLED: "delivered",
    Anchor.PURCHASE: "bought",
    Anchor.DISCOVERED: "found",
}


def decision_of(
    facts: LineFacts,
    ruling: Ruling,
    *,
    of_law: Mapping[str, LawSource],
    of_shop: Sequence[Source],
    answer_by: date | None = None,
    own: Ruling | None = None,
) -> Decision:
    """Turn a ruling into the decision that is stored, its sources looked up in those of both.

    ``own`` is the ruling of the contract's own version where it is not the one that counts.
    """
    deciding = _deciding(ruling)
    return Decision(
        line_id=facts.line_id,
        verdict=ruling.verdict,
        ground=facts.ground,
        policy_ref=ruling.ref,
        content_hash=ruling.content_hash,
        rule_id=ruling.rule_id,
        window_end=ruling.window_end,
        remedies=ruling.given.remedies if ruling.given else (),
        terms=_terms(facts, ruling.given) if ruling.given else None,
        reason_codes=ruling.codes,
        sources=_sources(ruling, of_law, of_shop),
        explanation=_explanation(facts, ruling, deciding),
        facts_hash=content_hash(stated(facts)),
        evaluated_at=facts.agreed_at,
        considered=tuple(_considered(one, ruling) for one in ruling.weighed),
        answer_by=answer_by,
        otherwise=(
            Otherwise(own.ref, own.content_hash, own.verdict, own.window_end, own.codes)
            if own is not None
            else None
        ),
    )


def _terms(facts: LineFacts, given: Given) -> Terms:
    refund = given.law.refund if given.law is not None else None
    # What a law says of use and gifts is of a right to what was asked, not of one beside it.
    rule = given.law if given.by_law else None
    days = [p.refund_days for p in given.promises if p.refund_days is not None]
    return Terms(
        return_shipping_payer=given.payer,
        refund_scope=tuple(given.scope),
        refund_due_days=min(days, default=None),
        refund_due_kind=given.due.kind if given.due else "",
        dues=(refund.due,) if refund is not None and refund.due is not None else (),
        hard_limit=refund.hard_limit if refund is not None else None,
        collection_offered=facts.seller.offers_collection,
        by_law=given.by_law,
        use_is_free=rule is not None and _use_is_free(rule, facts),
        survives_use=rule is not None and rule.condition is None,
        not_intact_if=_fails(rule) if not given.promises else (),
        free_use_code=_free_use_code(rule, facts) if rule is not None else "",
        may_keep=_may_keep(rule),
        kept=given.kept,
        restocking_percent=given.restocking_percent or None,
        due_on=given.due.on if given.due else None,
    )


def _fails(rule: Rule | None) -> tuple[str, ...]:
    return rule.condition.fails if rule is not None and rule.condition is not None else ()


def _may_keep(rule: Rule | None) -> tuple[DeductionKind, ...]:
    refund = rule.refund if rule is not None else None
    return tuple(one.kind for one in refund.deductions) if refund is not None else ()


def _use_is_free(rule: Rule, facts: LineFacts) -> bool:
    """Say whether the law forbids to deduct what goods lost by their use.

    Of faulty goods it does unless it says otherwise; of others where it bars what it allows.
    """
    deductions = rule.refund.deductions if rule.refund is not None else ()
    uses = [one for one in deductions if one.kind is DeductionKind.DIMINISHED_VALUE]
    if not uses:
        return rule.ground is Ground.NON_CONFORMITY
    return all(is_barred(one, facts) for one in uses)


def _free_use_code(rule: Rule, facts: LineFacts) -> str:
    deductions = rule.refund.deductions if rule.refund is not None else ()
    barred = (one.note for one in deductions if one.note and is_barred(one, facts))
    return next(barred, "")


def _deciding(ruling: Ruling) -> Weighed | None:
    return next((one for one in ruling.weighed if _id(one.right) == ruling.rule_id), None)


def _id(right: Rule | Promise) -> str:
    return (right.rule_id or right.id) if isinstance(right, Promise) else right.id


def _sources(
    ruling: Ruling, of_law: Mapping[str, LawSource], of_shop: Sequence[Source]
) -> tuple[Source, ...]:
    """Return the sources of every right that applied, those of the deciding one first."""
    deciding = _deciding(ruling)
    applied = [w for w in ruling.weighed if w.finding is not Finding.DOES_NOT_APPLY]
    keys = [key for w in ([deciding] if deciding else []) + applied for key in w.right.sources]
    shop = {source.key: source for source in of_shop}
    found: dict[str, Source] = {}
    for key in keys:
        name = key.partition("#")[0]
        if (law := of_law.get(name)) is not None:
            found[name] = Source(name, law.title, law.url, law.certainty)
        elif name in shop:
            found[name] = shop[name]
    return tuple(found.values())


def _considered(one: Weighed, ruling: Ruling) -> Considered:
    right, dates = one.right, one.span
    return Considered(
        rule_id=_id(right),
        policy_ref=ruling.law_ref if isinstance(right, Rule) else right.ref,
        layer=right.layer,
        finding=one.finding,
        codes=one.codes,
        anchored_on=dates.anchored_on if dates else None,
        last_day=dates.last_day if dates else None,
        rolled_from=dates.rolled_from if dates else None,
        sources=right.sources,
        certainty=right.certainty if isinstance(right, Rule) else "",
    )


def _explanation(facts: LineFacts, ruling: Ruling, deciding: Weighed | None) -> str:
    if ruling.missing == "delivery.delivered_at":
        return "the goods were not delivered yet: cancel the order instead"
    if ruling.missing is not None:
        return f"nobody stated {ruling.missing}, which decides"
    if deciding is None:
        return f"{', '.join(ruling.codes)}; a person decides"
    name = _id(deciding.right)
    if deciding.finding is Finding.EXCLUDED:
        traits = (code.removeprefix("X_EXCLUDED_") for code in deciding.codes)
        return f"{name} excludes {', '.join(traits)}"
    if facts.ground is Ground.REFUSAL:
        return f"{name}: came back {requested_on(facts)}, before any window began"
    if deciding.span is None:
        return f"{name}: {', '.join(deciding.codes) or deciding.finding}"
    dates, asked_on = deciding.span, requested_on(facts)
    window = deciding.right.window
    length = _length(window) if window is not None else ""
    rolled = f", rolled from {dates.rolled_from}" if dates.rolled_from else ""
    side = "on or before" if asked_on <= dates.last_day else "after"
    return (
        f"{name}: {_EVENTS[window.anchor] if window else 'from'} {dates.anchored_on}, {length}, "
        f"last day {dates.last_day}{rolled}; asked {asked_on}, {side} it"
    )


def _length(window: Window) -> str:
    if window.days is not None:
        return f"{window.days} days"
    return "the goods' own validity" if window.validity_of_goods else f"{window.months} months"
