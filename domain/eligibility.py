"""May it come back, on whose account and until when: facts and packs in, a decision out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from domain.decisions import Decision, Terms, decision_of
from domain.declared import AS_USUAL, Declared, told_to
from domain.law.deciding import Law, Ruling, decide
from domain.law.facts import Amounts, LineFacts
from domain.law.favouring import is_better
from domain.law.governing import GoverningLaw
from domain.law.places import place_of
from domain.law.promises import Promise
from domain.law.schema import DueFrom, Layer, Payer, Remedy, Scope, Start
from domain.law.verdicts import Verdict
from domain.law.windows import local_day
from domain.lifecycle import AuthorizationState
from domain.money import allocated
from domain.orders import Order, OrderLine, Parcel
from domain.policies import Policy, Rule
from domain.reasons import Ground
from domain.requests import Resolution

__all__ = [
    "Decision",
    "Facts",
    "Terms",
    "Verdict",
    "authorization_of",
    "evaluate",
    "facts_of",
]

Facts = LineFacts


def facts_of(
    order: Order,
    line_id: str,
    *,
    ground: Ground,
    resolution: Resolution,
    requested_at: datetime,
    quantity: int | None = None,
    exchange_sku: str | None = None,
    declares: Declared = AS_USUAL,
    closed_days: tuple[date, ...] = (),
    delivered_after_days: int | None = None,
) -> LineFacts:
    """Gather the facts of one line, or of ``quantity`` of it.

    The request is also the moment of decision. Of several parcels of the line the last counts, for
    nobody knows which unit came in which. What the order does not state of the shop is as it
    ``declares``; ``closed_days`` are the public holidays of the place. Goods whose delivery nobody
    ever told count as delivered ``delivered_after_days`` after they were sent, where that is given.
    """
    line = order.line(line_id)
    arrivals = [p.delivered_at for p in line.parcels if p.delivered_at is not None]
    buffer = timedelta(days=delivered_after_days) if delivered_after_days is not None else None
    guessed = [at for p in line.parcels if (at := _guessed(p, requested_at, buffer)) is not None]
    estimated = max(guessed, default=None) if not arrivals else None
    installed = [p.installed_at for p in line.parcels if p.installed_at is not None]
    return LineFacts(
        line_id=line_id,
        place=place_of(order.delivery_country, order.delivery_region),
        time_zone=order.delivery_time_zone,
        channel=order.channel,
        buyer=order.buyer_type,
        ground=ground,
        remedy=_remedy(resolution, line, exchange_sku),
        contract_at=order.contract_at,
        requested_at=requested_at,
        agreed_at=requested_at,
        amounts=_amounts(order, line, line.quantity if quantity is None else quantity),
        delivered_at=max(arrivals, default=None) or estimated,
        anchor_is_estimated=estimated is not None,
        last_delivered_at=_last_delivery(order, requested_at, buffer),
        installed_at=max(installed, default=None),
        traits=line.traits,
        is_final_sale=line.final_sale,
        sanbao=line.sanbao,
        disclosures=told_to(order.told, declares),
        seller=replace(declares.seller, same_model_in_stock=line.same_model_in_stock),
        history=line.repaired,
        closed_days=closed_days,
    )


def _guessed(parcel: Parcel, requested_at: datetime, buffer: timedelta | None) -> datetime | None:
    """Return when a parcel will have come whose delivery nobody told; ``None`` until then."""
    if parcel.delivered_at is not None or buffer is None:
        return None
    at = parcel.fulfilled_at + buffer
    return at if at <= requested_at else None


def _last_delivery(order: Order, requested_at: datetime, buffer: timedelta | None) -> datetime:
    """Return when the last goods of the order came; now, while any of them are on their way."""
    parcels = [parcel for line in order.lines for parcel in line.parcels]
    return max(
        (p.delivered_at or _guessed(p, requested_at, buffer) or requested_at for p in parcels),
        default=requested_at,
    )


def _remedy(resolution: Resolution, line: OrderLine, exchange_sku: str | None) -> str:
    if resolution is Resolution.EXCHANGE and exchange_sku == line.sku:
        return Remedy.REPLACE
    return resolution.value


def _amounts(order: Order, line: OrderLine, quantity: int) -> Amounts:
    return Amounts(
        price_minor=allocated(line.paid_minor, units=quantity, of_units=line.quantity),
        items_minor=sum(one.paid_minor for one in order.lines),
        shipping_paid_minor=order.shipping.paid_minor,
        shipping_standard_minor=order.shipping.standard_minor,
        tenders=len(order.tenders),
        free_shipping_from_minor=order.free_shipping_from_minor,
    )


def promises_of(policy: Policy) -> tuple[Promise, ...]:
    """Return a merchant's rules as promises on top of the law."""
    return tuple(_promise(policy, rule) for rule in policy.rules)


def _promise(policy: Policy, rule: Rule) -> Promise:
    ends = policy.governs_to
    return Promise(
        id=policy.pack_id,
        version=policy.version,
        layer=Layer(rule.layer),
        ground=rule.ground,
        first=policy.governs_from,
        last=ends - timedelta(days=1) if ends is not None else None,
        window_days=rule.window_days,
        payer=Payer(rule.return_shipping_payer),
        remedies=_remedies(policy, rule),
        start=Start(rule.window_start),
        scope=tuple(map(Scope, rule.refund.scope)),
        refund_days=rule.refund.due_days,
        refund_from=DueFrom.RECEIVED_OR_PROOF,
        exclusions=rule.exclusions,
        excludes_final_sale=rule.excludes_final_sale,
        sources=rule.sources,
        content_hash=policy.content_hash,
        rule_id=rule.rule_id,
        review=rule.review,
    )


def _remedies(policy: Policy, rule: Rule) -> tuple[Remedy, ...]:
    remedies = tuple(Remedy(one.value) for one in rule.remedies)
    credit = policy.credit_bonus_percent is not None and Remedy.REFUND in remedies
    return (*remedies, Remedy.STORE_CREDIT) if credit else remedies


def evaluate(
    facts: LineFacts,
    policy: Policy,
    governing: GoverningLaw | None = None,
    *,
    more: Sequence[Promise] = (),
) -> Decision:
    """Decide one line. Pure: the same facts and packs give the same decision, byte for byte.

    Without ``governing`` no law is consulted, and the merchant's own rules decide alone. A contract
    that no version governs, a ground no rule covers, or a rule marked for review goes to a person
    with whatever was computed attached; nothing is ever refused for being unclear. A parcel that
    came back by itself is decided by the merchant's rules for that, or as a withdrawal on the day
    it came: what was never delivered has no window yet. What such rules deny goes to a person, for
    the goods are here. ``more`` are promises beside the merchant's own, which are nobody's outside
    the policy's places.
    """
    own = promises_of(policy) if policy.promises_in(facts.place) else ()
    promises = (*own, *more)
    law = governing.law if governing is not None else None
    later = governing.later if governing is not None else ()
    if policy.rules and not _governs(policy, facts):
        of_contract = decide(facts, Law(policy.ref, policy.content_hash, is_missing=True), ())
        later = ()
    elif facts.ground is Ground.REFUSAL:
        of_contract, later = _came_back(facts, promises), ()
    else:
        of_contract = decide(facts, law, promises)
    ruling = of_contract
    for version in later:
        other = decide(facts, version, promises)
        ruling = other if is_better(other, ruling) else ruling
    if not ruling.ref:
        ruling = replace(ruling, ref=policy.ref, content_hash=policy.content_hash)
    of_law = governing.sources if governing is not None else {}
    days = law.answer_days if law is not None else None
    asked_on = local_day(facts.requested_at, facts.time_zone)
    return decision_of(
        facts,
        ruling,
        of_law=of_law,
        of_shop=policy.sources,
        answer_by=asked_on + timedelta(days=days) if days is not None else None,
        own=of_contract if of_contract.law_ref != ruling.law_ref else None,
    )


def _governs(policy: Policy, facts: LineFacts) -> bool:
    day = local_day(facts.contract_at, facts.time_zone)
    return policy.governs_from <= day and (policy.governs_to is None or day < policy.governs_to)


def _came_back(facts: LineFacts, promises: Sequence[Promise]) -> Ruling:
    own = any(promise.ground is Ground.REFUSAL for promise in promises)
    ground = Ground.REFUSAL if own else Ground.WITHDRAWAL
    arrived = replace(facts, ground=ground, delivered_at=facts.requested_at, last_delivered_at=None)
    ruling = decide(arrived, None, promises)
    denied = ruling.verdict is Verdict.REJECT
    return replace(ruling, verdict=Verdict.MANUAL_REVIEW) if denied else ruling


def authorization_of(decisions: Sequence[Decision]) -> AuthorizationState:
    """Merge the lines of one return.

    Any line for a person sends the whole return to that person; otherwise each line stands for
    itself.
    """
    verdicts = [decision.verdict for decision in decisions]
    if any(verdict in _FOR_A_PERSON for verdict in verdicts):
        return AuthorizationState.IN_REVIEW
    if all(verdict is Verdict.APPROVE for verdict in verdicts):
        return AuthorizationState.APPROVED
    if any(verdict is Verdict.APPROVE for verdict in verdicts):
        return AuthorizationState.PARTIALLY_APPROVED
    return AuthorizationState.DENIED


_FOR_A_PERSON = (Verdict.MANUAL_REVIEW, Verdict.APPROVE_ALTERNATIVE, Verdict.NEED_INFO)
