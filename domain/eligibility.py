"""May it come back, on whose account and until when: facts and policy in, a decision out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.considered import Considered
from domain.ids import content_hash
from domain.lifecycle import AuthorizationState
from domain.orders import Order, OrderLine
from domain.policies import Policy, Rule, Source, WindowStart
from domain.reasons import Ground
from domain.requests import Resolution


class Verdict(StrEnum):
    APPROVE = "APPROVE"
    APPROVE_ALTERNATIVE = "APPROVE_ALTERNATIVE"
    REJECT = "REJECT"
    MANUAL_REVIEW = "MANUAL_REVIEW"
    NEED_INFO = "NEED_INFO"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one line's decision depends on. ``requested_at`` is when the notice was sent."""

    line: OrderLine
    ground: Ground
    resolution: Resolution
    requested_at: datetime
    contract_at: datetime
    channel: str
    buyer_type: str
    delivery_country: str
    delivery_time_zone: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a granted right means for money: what is refunded, who pays the way back, until when."""

    return_shipping_payer: str
    refund_scope: tuple[str, ...]
    refund_due_days: int
    refund_due_kind: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A line's decision, stored as it is. ``window_end`` is the last local day, inclusive."""

    line_id: str
    verdict: Verdict
    ground: Ground
    policy_ref: str
    content_hash: str
    rule_id: str | None
    window_end: date | None
    remedies: tuple[Resolution, ...]
    terms: Terms | None
    reason_codes: tuple[str, ...]
    sources: tuple[Source, ...]
    explanation: str
    facts_hash: str
    evaluated_at: datetime
    considered: tuple[Considered, ...] = ()

    @property
    def granted(self) -> bool:
        return self.verdict is Verdict.APPROVE


def facts_of(
    order: Order,
    line_id: str,
    *,
    ground: Ground,
    resolution: Resolution,
    requested_at: datetime,
) -> Facts:
    return Facts(
        line=order.line(line_id),
        ground=ground,
        resolution=resolution,
        requested_at=requested_at,
        contract_at=order.contract_at,
        channel=order.channel,
        buyer_type=order.buyer_type,
        delivery_country=order.delivery_country,
        delivery_time_zone=order.delivery_time_zone,
    )


def evaluate(facts: Facts, policy: Policy) -> Decision:
    """Decide one line. Pure: the same facts and policy give the same decision, byte for byte.

    ``facts.requested_at`` is also the moment of decision. A contract date outside the policy's
    dates, a ground no rule covers, or a rule marked for review goes to a person with whatever was
    computed attached; nothing is ever refused for being unclear. A parcel that came back by itself
    is decided by a pack's own rules for that, or as a withdrawal on the day it came: what was never
    delivered has no window yet. What such rules deny goes to a person, for the goods are here.
    """
    rules = _rules(facts, policy)
    zone = ZoneInfo(facts.delivery_time_zone)
    contract_day = facts.contract_at.astimezone(zone).date()
    if not _governs(policy, contract_day):
        return _decision(
            facts,
            policy,
            Verdict.MANUAL_REVIEW,
            ("M_PACK_MISSING",),
            explanation=f"no policy governs a contract of {contract_day}; a person decides",
        )
    if not rules:
        return _decision(
            facts,
            policy,
            Verdict.MANUAL_REVIEW,
            ("M_NO_RULE",),
            explanation=f"no rule covers a {facts.ground} return; a person decides",
        )
    asked_on = facts.requested_at.astimezone(zone).date()
    if facts.ground is Ground.REFUSAL:
        decided = _first_grant(facts, policy, rules, asked_on, asked_on)
        denied = decided.verdict is Verdict.REJECT
        return replace(decided, verdict=Verdict.MANUAL_REVIEW) if denied else decided
    delivered_on = _delivered_on(facts.line, zone)
    if delivered_on is None:
        return _decision(
            facts,
            policy,
            Verdict.NEED_INFO,
            ("M_NOT_DELIVERED",),
            explanation="the goods were not delivered yet: cancel the order instead",
        )
    return _first_grant(facts, policy, rules, delivered_on, asked_on)


def _rules(facts: Facts, policy: Policy) -> list[Rule]:
    rules = [rule for rule in policy.rules if rule.ground is facts.ground]
    if not rules and facts.ground is Ground.REFUSAL:
        return [rule for rule in policy.rules if rule.ground is Ground.WITHDRAWAL]
    return rules


def _first_grant(
    facts: Facts,
    policy: Policy,
    rules: Sequence[Rule],
    delivered_on: date,
    asked_on: date,
) -> Decision:
    refusals: list[Decision] = []
    for rule in rules:
        last_day = _last_day(rule, delivered_on)
        came_back = facts.ground is Ground.REFUSAL
        arithmetic = (
            f"{rule.rule_id}: came back {delivered_on}, before any window began"
            if came_back
            else _arithmetic(rule, delivered_on, last_day, asked_on)
        )
        blocked = [trait for trait in facts.line.traits if trait in rule.exclusions]
        if rule.excludes_final_sale and facts.line.final_sale:
            blocked.append("FINAL_SALE")
        if blocked:
            refusals.append(
                _decision(
                    facts,
                    policy,
                    Verdict.REJECT,
                    tuple(f"X_EXCLUDED_{trait}" for trait in blocked),
                    rule=rule,
                    explanation=f"{rule.rule_id} excludes {', '.join(blocked)}",
                )
            )
        elif asked_on > last_day:
            refusals.append(
                _decision(
                    facts,
                    policy,
                    Verdict.REJECT,
                    ("X_WINDOW_EXPIRED",),
                    rule=rule,
                    window_end=last_day,
                    explanation=arithmetic,
                )
            )
        else:
            return _granted(facts, policy, rule, last_day, arithmetic)
    return refusals[-1]


def _granted(
    facts: Facts,
    policy: Policy,
    rule: Rule,
    last_day: date,
    arithmetic: str,
) -> Decision:
    remedies = rule.remedies
    if policy.credit_bonus_percent is not None and Resolution.REFUND in remedies:
        remedies = (*remedies, Resolution.STORE_CREDIT)
    possible = facts.resolution in remedies
    verdict = Verdict.APPROVE if possible else Verdict.APPROVE_ALTERNATIVE
    reached = "R_PROMISE_APPLIES" if rule.layer in ("MERCHANT", "PLATFORM") else f"R_{rule.ground}"
    codes: tuple[str, ...] = (reached, f"T_RETURN_SHIPPING_{rule.return_shipping_payer}")
    if rule.review:
        verdict, codes = Verdict.MANUAL_REVIEW, (*codes, "M_EVIDENCE_REQUIRED")
    return _decision(
        facts,
        policy,
        verdict,
        codes,
        rule=rule,
        window_end=last_day,
        remedies=remedies,
        terms=Terms(
            return_shipping_payer=rule.return_shipping_payer,
            refund_scope=rule.refund.scope,
            refund_due_days=rule.refund.due_days,
            refund_due_kind=rule.refund.due_kind,
        ),
        explanation=arithmetic,
    )


def _decision(
    facts: Facts,
    policy: Policy,
    verdict: Verdict,
    reason_codes: tuple[str, ...],
    *,
    explanation: str,
    rule: Rule | None = None,
    window_end: date | None = None,
    remedies: tuple[Resolution, ...] = (),
    terms: Terms | None = None,
) -> Decision:
    return Decision(
        line_id=facts.line.line_id,
        verdict=verdict,
        ground=facts.ground,
        policy_ref=policy.ref,
        content_hash=policy.content_hash,
        rule_id=rule.rule_id if rule else None,
        window_end=window_end,
        remedies=remedies,
        terms=terms,
        reason_codes=reason_codes,
        sources=tuple(policy.source(key) for key in rule.sources) if rule else (),
        explanation=explanation,
        facts_hash=content_hash(asdict(facts)),
        evaluated_at=facts.requested_at,
    )


def _governs(policy: Policy, day: date) -> bool:
    return policy.governs_from <= day and (policy.governs_to is None or day < policy.governs_to)


def _delivered_on(line: OrderLine, zone: ZoneInfo) -> date | None:
    days = [p.delivered_at.astimezone(zone).date() for p in line.parcels if p.delivered_at]
    return max(days) if days else None


def _last_day(rule: Rule, anchor: date) -> date:
    days = rule.window_days if rule.window_start is WindowStart.NEXT_DAY else rule.window_days - 1
    return anchor + timedelta(days=days)


def _arithmetic(rule: Rule, delivered_on: date, last_day: date, asked_on: date) -> str:
    side = "on or before" if asked_on <= last_day else "after"
    return (
        f"{rule.rule_id}: delivered {delivered_on}, {rule.window_days} days, last day {last_day}; "
        f"asked {asked_on}, {side} it"
    )


def authorization_of(decisions: Sequence[Decision]) -> AuthorizationState:
    """Merge the lines of one return.

    Any line for a person sends the whole return to that person; otherwise each line stands for
    itself.
    """
    verdicts = [decision.verdict for decision in decisions]
    if any(v in (Verdict.MANUAL_REVIEW, Verdict.APPROVE_ALTERNATIVE) for v in verdicts):
        return AuthorizationState.IN_REVIEW
    if all(verdict is Verdict.APPROVE for verdict in verdicts):
        return AuthorizationState.APPROVED
    if any(verdict is Verdict.APPROVE for verdict in verdicts):
        return AuthorizationState.PARTIALLY_APPROVED
    return AuthorizationState.DENIED
