"""Run a worked case through evaluation and settlement, and say how it differs from its expectation.

The case becomes the order that it describes, in the way that the platform would tell of it: the
item, and what else was bought with it as a second line.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from domain.eligibility import Decision, evaluate
from domain.law.facts import (
    Amounts,
    Disclosures,
    History,
    LineFacts,
    ReturnLeg,
    Sanbao,
    Seen,
    Seller,
)
from domain.law.promises import Promise
from domain.law.schema import Payer, Remedy, Scope
from domain.law.verdicts import Verdict
from domain.money import exponent
from domain.opening import open_return
from domain.orders import Order, OrderLine, Parcel, Shipping, Tender, TenderKind
from domain.policies import Policy
from domain.requests import RequestedLine, Resolution, ReturnRequest
from domain.returns import Return
from domain.settlement import settle
from domain.tenders import TenderLeft, split_over_tenders
from packs.cases import Case, CaseInput, CasePromise, CaseRefund
from packs.library import Library

_LINE, _REST = "item", "rest"
# The law gives each part back in the form it was paid: all tenders share in proportion.
_TOGETHER = (tuple(TenderKind),)


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that was not met; both sides as they would stand in the case's file."""

    field: str
    expected: object
    found: object


def facts_of_case(case: CaseInput, library: Library) -> LineFacts:
    """Return the facts of a case; days are those of its jurisdiction."""
    told, leg = case.disclosures, case.return_leg
    return LineFacts(
        line_id=_LINE,
        place=case.jurisdiction,
        time_zone=library.time_zone_of(case.jurisdiction) or "UTC",
        channel=case.channel,
        buyer=case.buyer_type,
        ground=case.request.ground,
        remedy=case.request.remedy,
        contract_at=case.order.contract_at,
        requested_at=case.request.requested_at,
        agreed_at=case.evaluated_at,
        amounts=_amounts(case),
        delivered_at=case.delivery.delivered_at,
        last_delivered_at=case.delivery.last_delivered_at,
        installed_at=case.delivery.installed_at,
        discovered_at=case.request.defect_discovered_at,
        traits=case.item.traits,
        sanbao=_sanbao(case),
        disclosures=Disclosures(**told.model_dump()),
        seller=Seller(**case.seller.model_dump()),
        leg=ReturnLeg(leg.dispatch_proof_at, leg.received_at),
        seen=_seen(case),
        history=History(case.history.failed_repairs, case.history.repair_days),
        abuse_signal=case.history.abuse_signal,
    )


def evaluate_case(case: CaseInput, library: Library, policy: Policy) -> Decision:
    """Decide a case under the law of its place and its own promises; ``policy`` adds nothing."""
    facts = facts_of_case(case, library)
    governing = library.governing(case.jurisdiction, facts.contract_at, facts.came_at)
    facts = replace(facts, closed_days=governing.closed_days)
    promises = tuple(_promise(p) for p in case.promises)
    return evaluate(facts, replace(policy, rules=()), governing, more=promises)


def differences(case: Case, library: Library, policy: Policy) -> tuple[Difference, ...]:
    """Compare what comes out with what the case expects, under the file's ``match_rules``.

    Only what the case states is compared.
    """
    decision = evaluate_case(case.input, library, policy)
    refund = refund_of(case.input, decision, policy)
    expected = case.expected
    found: dict[str, tuple[object, object]] = {
        "decision": (expected.decision, decision.verdict),
        "ground": (expected.ground, decision.ground if decision.terms is not None else None),
        "policy_ref": (expected.policy_ref, _ref(decision)),
        "window_end": (expected.window_end, decision.window_end),
        "remedies": (expected.remedies, tuple(remedy.value for remedy in decision.remedies)),
        "return_shipping_payer": (
            expected.return_shipping_payer,
            decision.terms.return_shipping_payer if decision.terms is not None else None,
        ),
        "refund": (expected.refund, refund),
        "reason_codes": _codes(expected.reason_codes, decision.reason_codes),
    }
    stated = expected.model_fields_set
    return tuple(
        Difference(name, wanted, got)
        for name, (wanted, got) in found.items()
        if name in stated and wanted != got
    )


def _ref(decision: Decision) -> str | None:
    """Return what decided; nothing did where no version governs the contract."""
    return None if "M_PACK_MISSING" in decision.reason_codes else decision.policy_ref


def _codes(expected: tuple[str, ...], found: tuple[str, ...]) -> tuple[object, object]:
    """Every expected code must be there; of R_, X_ and M_ no other may be."""
    more = [c for c in found if c[:2] in ("R_", "X_", "M_") and c not in expected]
    missing = [c for c in expected if c not in found]
    if not more and not missing:
        return (), ()
    return tuple(sorted(expected)), tuple(sorted(found))


def refund_of(case: CaseInput, decision: Decision, policy: Policy) -> CaseRefund | None:
    """Settle the case as it stands: what is due if the goods pass, or what the inspection left."""
    terms, money = decision.terms, (Remedy.REFUND, Remedy.STORE_CREDIT)
    wanted = case.request.remedy
    if terms is None or wanted not in money or wanted not in decision.remedies:
        return None
    if decision.verdict is Verdict.APPROVE_ALTERNATIVE:
        return None
    ret, order = _opened(case, decision, policy)
    (row,) = settle(ret, [replace(ret.lots[0], receipt_id="case")])
    tenders = [TenderLeft(t.tender_id, t.captured_minor, 0, t.kind) for t in order.tenders]
    currency = case.order.currency
    if sum(tender.captured_minor for tender in order.tenders) < row.refund_minor:
        raise ValueError("order.tenders: less was paid than is due")
    parts = split_over_tenders(tenders, row.refund_minor, _TOGETHER)
    by_tender: dict[TenderKind, Decimal] = {}
    for tender, minor in zip(order.tenders, parts, strict=True):
        by_tender[tender.kind] = by_tender.get(tender.kind, Decimal(0)) + _decimal(minor, currency)
    return CaseRefund(
        amount=_decimal(row.refund_minor, currency),
        currency=currency,
        by_tender=by_tender if len(by_tender) > 1 else None,
        due_by=terms.due_on,
        due_kind=terms.refund_due_kind or None,
    )


def order_of_case(case: CaseInput) -> Order:
    """Return the order that a case describes, as a platform tells of it."""
    amounts, currency = _amounts(case), case.order.currency
    lines = [_line(_LINE, case, amounts.price_minor)]
    if amounts.items_minor > amounts.price_minor:
        lines.append(_line(_REST, case, amounts.items_minor - amounts.price_minor))
    country, _, region = case.jurisdiction.partition("-")
    return Order(
        order_id=case.order.order_id or "case",
        currency=currency,
        channel=case.channel,
        buyer_type=case.buyer_type,
        contract_at=case.order.contract_at,
        delivery_country=region if country == "EU" else country,
        delivery_region=region if country == "US" else "",
        delivery_time_zone="UTC",
        lines=tuple(lines),
        tenders=tuple(
            Tender(f"t{number}", tender.type, f"case-{number}", _minor(tender.amount, currency))
            for number, tender in enumerate(case.order.tenders, start=1)
        ),
        shipping=Shipping(amounts.shipping_paid_minor, amounts.shipping_standard_minor),
    )


def _line(line_id: str, case: CaseInput, paid: int) -> OrderLine:
    sent = Parcel("p1", 1, case.order.contract_at, case.delivery.delivered_at)
    return OrderLine(
        line_id=line_id,
        sku=case.item.sku or line_id,
        title=case.item.category or line_id,
        category=case.item.category,
        quantity=1,
        gross_minor=paid,
        discount_minor=0,
        taxes=(),
        parcels=(sent,),
        weight_grams=0,
        traits=case.item.traits,
    )


def _opened(case: CaseInput, decision: Decision, policy: Policy) -> tuple[Return, Order]:
    order, at = order_of_case(case), case.request.requested_at
    credit = case.request.remedy is Remedy.STORE_CREDIT
    resolution = Resolution.STORE_CREDIT if credit else Resolution.REFUND
    request = ReturnRequest(order.order_id, (RequestedLine(_LINE, 1, resolution),))
    opened = open_return(
        tenant_id="case",
        return_id="case",
        rma_no="case",
        request=request,
        request_hash="",
        order=order,
        policy=replace(policy, promotion_clawback=False),
        decisions=(decision,),
        units={_LINE: (0,)},
        at=at,
    )
    return opened, order


def _amounts(case: CaseInput) -> Amounts:
    order, currency = case.order, case.order.currency
    free_from = order.free_shipping_threshold
    return Amounts(
        price_minor=_minor(case.item.price_paid, currency),
        items_minor=_minor(order.items_total, currency),
        shipping_paid_minor=_minor(order.outbound_shipping_paid, currency),
        shipping_standard_minor=_minor(order.outbound_shipping_standard, currency),
        tenders=len(order.tenders),
        free_shipping_from_minor=None if free_from is None else _minor(free_from, currency),
    )


def _sanbao(case: CaseInput) -> Sanbao | None:
    goods = case.item.sanbao
    return Sanbao(goods.validity_months, str(goods.daily_depreciation)) if goods else None


def _seen(case: CaseInput) -> Seen | None:
    found, currency = case.inspection, case.order.currency
    if found is None:
        return None
    gifts = sum((gift.marked_price for gift in found.missing_gifts), Decimal(0))
    return Seen(found.findings, _minor(found.diminished_value, currency), _minor(gifts, currency))


def _promise(promise: CasePromise) -> Promise:
    return Promise(
        id=promise.id,
        version=promise.version,
        layer=promise.layer,
        ground=promise.ground,
        first=promise.effective_from,
        last=promise.effective_to,
        window_days=promise.window_days,
        payer=Payer.TRADER if promise.free_return_shipping else Payer.CONSUMER,
        scope=(Scope.PRICE, Scope.TAX),
        refund_days=promise.refund_days_after_receipt,
        restocking_percent=promise.restocking_fee_pct,
        takes_any_condition=promise.condition == "NONE",
    )


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(exponent(currency)))


def _decimal(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-exponent(currency))
