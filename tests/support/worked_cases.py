"""Worked policy cases, each a change of one plain order of its place, run as a file of them is."""

from copy import deepcopy
from typing import Any

from activities.policies import load_policy
from domain.eligibility import Decision
from packs.cases import Case, CaseRefund
from packs.library import shipped
from packs.trying import evaluate_case, refund_of

_OFFSETS = {"CN": "+08:00", "EU": "+02:00", "UK": "+01:00", "US": "-04:00", "JP": "+09:00"}
_CURRENCIES = {"CN": "CNY", "EU": "EUR", "UK": "GBP", "US": "USD", "JP": "JPY"}


def case(place: str, **changes: object) -> Case:
    """Return a withdrawal three days after a delivery on Monday 2026-09-07, with these changes.

    ``request__remedy="REPAIR"`` changes one fact; times may be written without their offset.
    """
    area = place[:2]
    facts = _plain(place, _CURRENCIES[area])
    for path, value in changes.items():
        *way, name = path.split("__")
        inner = facts
        for step in way:
            inner = inner[step]
        inner[name] = value
    timed = _with_offsets(facts, _OFFSETS[area])
    return Case.model_validate(
        {"case_id": place, "input": timed, "expected": {"decision": "APPROVE"}}
    )


def _plain(place: str, currency: str) -> dict[str, Any]:
    return deepcopy(
        {
            "evaluated_at": "2026-09-10T10:00:00",
            "jurisdiction": place,
            "buyer_type": "CONSUMER",
            "channel": "DISTANCE",
            "order": {
                "contract_at": "2026-09-01T10:00:00",
                "currency": currency,
                "items_total": 100,
                "outbound_shipping_paid": 0,
                "outbound_shipping_standard": 0,
                "free_shipping_threshold": None,
                "tenders": [{"type": "CARD", "amount": 100}],
            },
            "item": {"category": "HOME", "price_paid": 100, "traits": [], "sanbao": None},
            "delivery": {"delivered_at": "2026-09-07T10:00:00"},
            "disclosures": {
                "exclusion_marked": False,
                "exclusion_confirmed": False,
                "withdrawal_right_informed": True,
                "return_cost_informed": True,
                "return_terms_in_ad": False,
                "return_terms_on_final_screen": False,
                "refund_policy_posted": True,
            },
            "promises": [],
            "seller": {"same_model_in_stock": True},
            "request": {
                "requested_at": "2026-09-10T09:59:00",
                "ground": "WITHDRAWAL",
                "remedy": "REFUND",
            },
            "return_leg": {},
            "inspection": None,
            "history": {"failed_repairs": 0, "repair_days": 0, "abuse_signal": False},
        }
    )


def _with_offsets(value: Any, offset: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _with_offsets(inner, offset, key) for key, inner in value.items()}
    if isinstance(value, str) and name.endswith("_at") and len(value) == len("2026-09-10T10:00:00"):
        return value + offset
    return value


def promise(days: int, **terms: object) -> dict[str, object]:
    """Return a promise of the shop in the form of the case files, in force in 2026."""
    return {
        "id": "SHOP",
        "version": "v1",
        "layer": "MERCHANT",
        "effective_from": "2026-01-01",
        "effective_to": None,
        "ground": "WITHDRAWAL",
        "window_days": days,
        **terms,
    }


def inspected(*findings: str, diminished: int = 0, gifts: int = 0) -> dict[str, object]:
    return {
        "findings": [*findings],
        "diminished_value": diminished,
        "missing_gifts": [{"name": "gift", "marked_price": gifts}] if gifts else [],
    }


def decide(one: Case) -> Decision:
    return evaluate_case(one.input, shipped(), load_policy())


def refund(one: Case) -> CaseRefund | None:
    """Return what settling the case gives back."""
    return refund_of(one.input, decide(one), load_policy())


def codes(one: Case) -> set[str]:
    return set(decide(one).reason_codes)
