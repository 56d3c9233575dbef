"""A pack's JSON read into a policy: whole, or refused with the path that is wrong.

The form follows policy.md §3.1; what is one subject's alone is read by its own module.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from domain.abuse import read_abuse_signals
from domain.declared import AS_USUAL, read_declared
from domain.fees import NO_FEES, read_fees
from domain.gifts import MissingGift
from domain.ids import content_hash
from domain.inspection import Acceptance, Disposition, Fault, Grade
from domain.law.places import is_place
from domain.law.schema import LONGEST_DAYS, Layer
from domain.orders import Destination, TenderKind
from domain.pack_reading import At, PolicyError
from domain.parcel_terms import read_parcel_terms
from domain.policies import (
    TENDER_ORDER,
    Condition,
    GiftReturns,
    Handling,
    Policy,
    RefundTerms,
    Rule,
    Source,
    WindowStart,
)
from domain.reasons import Ground
from domain.requests import Resolution
from domain.review_terms import read_review_terms
from domain.triggers import read_release
from domain.value_ledger import Shortfall

_SETTINGS = (
    "$schema",
    "id",
    "version",
    "governs",
    "rules",
    "conditions",
    "faults_without_deduction",
    "handling_hours",
    "review_default",
    "sources",
    "pickup_attempts",
    "fees",
    "promotion_clawback",
    "uneven_exchange",
    "tender_order",
    "approval_above",
    "refund_gate_minor",
    "fallback_tenders",
    "triggers",
    "recovery",
    "advance_exchange",
    "credit_shortfall",
    "store_credit",
    "coupons_lapse",
    "keep_item_up_to",
    "label_valid_days",
    "delivered_after_days",
    "customs_papers",
    "settle",
    "declares",
    "abuse_signals",
    "missing_gift",
    "info_rounds",
    "info_default",
    "offer_rounds",
    "offer_default",
    "review_limits",
    "review_warnings",
    "gift_returns",
    "places",
)


def parse_policy(data: Mapping[str, object]) -> Policy:
    """Turn a pack's JSON into a :class:`Policy`.

    Raises:
        PolicyError: something is missing, of the wrong type, out of range, not resolved, or a name
            that nobody reads. What may be left out, and what that means, is in docs/policy.md.
    """
    pack = At("", data)
    pack.only(*_SETTINGS)
    governs = pack.table("governs")
    governs.only("by", "from", "to")
    governs.fixed("by", "CONTRACT_DATE")
    policy = Policy(
        pack_id=pack.text("id"),
        version=pack.text("version"),
        governs_from=governs.day("from"),
        governs_to=governs.day("to") if governs.value("to") is not None else None,
        rules=tuple(_rule(rule) for rule in pack.tables("rules")),
        conditions=tuple(_condition(row) for row in pack.tables("conditions")),
        faults_without_deduction=pack.options("faults_without_deduction", Fault),
        handling=_handling(pack.table("handling_hours")),
        review_default=pack.text("review_default"),
        sources=tuple(_source(row) for row in pack.tables("sources")),
        content_hash=content_hash(data),
        pickup_attempts=_pickup_attempts(pack),
        fees=read_fees(pack.table("fees")) if "fees" in data else NO_FEES,
        promotion_clawback=pack.optional("promotion_clawback", pack.flag, default=False),
        uneven_exchange=pack.optional("uneven_exchange", pack.flag, default=True),
        tender_order=pack.optional(
            "tender_order", lambda name: pack.groups(name, TenderKind), default=TENDER_ORDER
        ),
        approval_above=pack.optional("approval_above", pack.amounts, default=()),
        refund_gate_minor=pack.optional("refund_gate_minor", pack.amounts, default=()),
        fallback_tenders=pack.optional(
            "fallback_tenders", lambda name: pack.options(name, Destination), default=()
        ),
        release=read_release(pack),
        credit_shortfall=pack.option("credit_shortfall", Shortfall, default=Shortfall.RECEIVABLE),
        credit_bonus_percent=_credit_bonus(pack),
        coupons_lapse=pack.optional("coupons_lapse", pack.flag, default=False),
        keep_item_up_to=pack.optional("keep_item_up_to", pack.amounts, default=()),
        label_valid_days=_label_valid_days(pack),
        delivered_after_days=pack.optional(
            "delivered_after_days", lambda name: _days(pack, name), default=None
        ),
        customs_papers=pack.optional("customs_papers", pack.flag, default=False),
        parcels=read_parcel_terms(pack),
        declares=pack.optional(
            "declares", lambda name: read_declared(pack.table(name)), default=AS_USUAL
        ),
        abuse_signals=read_abuse_signals(pack),
        missing_gift=pack.option("missing_gift", MissingGift, default=MissingGift.LEAVE),
        review=read_review_terms(pack),
        gift_returns=pack.option("gift_returns", GiftReturns, default=GiftReturns.PURCHASER_TENDER),
        places=_places(pack),
    )
    _check(policy)
    return policy


def _places(pack: At) -> tuple[str, ...]:
    if "places" not in pack.data:
        return ()
    places = pack.texts("places")
    if not places:
        raise pack.error("places", "wanted one or more; left out, the rules are for everybody")
    for index, place in enumerate(places):
        if not is_place(place):
            raise pack.error(f"places[{index}]", f"no jurisdiction {place!r}, such as EU-DE or CN")
    return places


_MOST_PICKUPS = 5


def _pickup_attempts(pack: At) -> int:
    count = pack.number("pickup_attempts")
    if not 1 <= count <= _MOST_PICKUPS:
        raise PolicyError(f"pickup_attempts: wanted 1 to {_MOST_PICKUPS}")
    return count


_LONGEST_LABEL_DAYS = 365


def _label_valid_days(pack: At) -> int | None:
    if "label_valid_days" not in pack.data:
        return None
    days = pack.number("label_valid_days")
    if not 1 <= days <= _LONGEST_LABEL_DAYS:
        raise PolicyError(f"label_valid_days: wanted 1 to {_LONGEST_LABEL_DAYS}")
    return days


def _credit_bonus(pack: At) -> int | None:
    if "store_credit" not in pack.data:
        return None
    credit = pack.table("store_credit")
    credit.only("bonus_percent")
    return credit.percent("bonus_percent")


def _handling(hours: At) -> Handling:
    names = list(Handling.__dataclass_fields__)
    for name in hours.data:
        if name not in names:
            raise PolicyError(f"handling_hours.{name}: wanted one of {', '.join(names)}")
    wanted = [name for name in names if name not in _MAY_BE_LEFT_OUT or name in hours.data]
    for name in _CUSTOMERS_TURN:
        if hours.data.get(name) == 0:
            raise hours.error(name, "wanted 1 or more: nobody answers at once")
    for name in wanted:
        if hours.number(name) > 24 * LONGEST_DAYS:
            raise hours.error(name, f"wanted 0 to {24 * LONGEST_DAYS}")
    return Handling(**{name: timedelta(hours=hours.number(name)) for name in wanted})


_CUSTOMERS_TURN = ("info_answer", "counter_offer")
_MAY_BE_LEFT_OUT = ("recovery", "not_received", "late_scan", *_CUSTOMERS_TURN)


def _days(data: At, name: str) -> int:
    days = data.number(name)
    if days > LONGEST_DAYS:
        raise data.error(name, f"wanted 0 to {LONGEST_DAYS}")
    return days


def _source(data: At) -> Source:
    data.only("key", "title", "url", "certainty")
    return Source(data.text("key"), data.text("title"), data.text("url"), data.text("certainty"))


_OF_A_RULE = (
    "id",
    "layer",
    "ground",
    "window",
    "exclusions",
    "excludes_final_sale",
    "remedies",
    "refund",
    "return_shipping_payer",
    "sources",
    "review",
)


def _rule(data: At) -> Rule:
    data.only(*_OF_A_RULE)
    window, refund = data.table("window"), data.table("refund")
    window.only("days", "anchor", "start")
    refund.only("scope", "due_days", "due_kind")
    window.fixed("anchor", "DELIVERED")
    return Rule(
        rule_id=data.text("id"),
        layer=data.text("layer"),
        ground=data.option("ground", Ground),
        window_days=_days(window, "days"),
        window_start=window.option("start", WindowStart),
        exclusions=data.texts("exclusions"),
        excludes_final_sale=data.flag("excludes_final_sale"),
        remedies=data.options("remedies", Resolution),
        refund=RefundTerms(
            scope=refund.texts("scope"),
            due_days=_days(refund, "due_days"),
            due_kind=refund.text("due_kind"),
        ),
        return_shipping_payer=data.text("return_shipping_payer"),
        sources=data.texts("sources"),
        review=data.flag("review"),
    )


def _condition(data: At) -> Condition:
    data.only("grade", "acceptance", "deduction_percent", "disposition")
    return Condition(
        grade=data.option("grade", Grade),
        acceptance=data.option("acceptance", Acceptance),
        deduction_percent=data.number("deduction_percent"),
        disposition=data.option("disposition", Disposition),
    )


def _check(policy: Policy) -> None:
    if policy.governs_to is not None and policy.governs_to <= policy.governs_from:
        raise PolicyError("governs.to: wanted a day after governs.from, or null")
    known = {source.key for source in policy.sources}
    for rule in policy.rules:
        _check_rule(rule, known)
    if sorted(condition.grade for condition in policy.conditions) != sorted(Grade):
        raise PolicyError("conditions: wanted each grade once")
    for condition in policy.conditions:
        path = f"conditions.{condition.grade}.deduction_percent"
        if condition.deduction_percent > 100:
            raise PolicyError(f"{path}: wanted 0 to 100")
        if condition.acceptance is Acceptance.ACCEPTED and condition.deduction_percent:
            raise PolicyError(f"{path}: wanted 0, as the grade is accepted in full")
    kinds = sorted(kind for group in policy.tender_order for kind in group)
    if kinds != sorted(TenderKind):
        raise PolicyError(f"tender_order: wanted each of {', '.join(TenderKind)} once")
    if {Destination.ORIGINAL, Destination.LAPSED} & {*policy.fallback_tenders}:
        raise PolicyError("fallback_tenders: wanted store_credit, by_hand or both")
    if policy.review_default not in ("APPROVE", "DENY"):
        raise PolicyError("review_default: wanted APPROVE or DENY")


def _check_rule(rule: Rule, sources: Collection[str]) -> None:
    path = f"rules.{rule.rule_id}"
    for key in rule.sources:
        if key.split("#")[0] not in sources:
            raise PolicyError(f"{path}.sources: unknown source {key!r}")
    if rule.layer not in [*Layer]:
        raise PolicyError(f"{path}.layer: wanted one of {', '.join(Layer)}")
    if rule.return_shipping_payer not in _PAYERS:
        raise PolicyError(f"{path}.return_shipping_payer: wanted one of {', '.join(_PAYERS)}")
    if "PRICE" not in rule.refund.scope or not set(rule.refund.scope) <= _SCOPES:
        raise PolicyError(f"{path}.refund.scope: wanted PRICE, and TAX and SHIPPING if meant")


_PAYERS = ("CONSUMER", "TRADER", "NONE")
_SCOPES = {"PRICE", "TAX", "SHIPPING"}
