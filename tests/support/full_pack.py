"""A merchant's pack in which every setting stands, and what comes of it by one change."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.support.builders import pack

Steps = tuple[str | int, ...]


def full() -> dict[str, Any]:
    """Return a pack in which every setting stands."""
    standard: Any = pack()
    amounts = {"EUR": 2000, "JPY": 300}
    standard["governs"]["to"] = "2030-01-01"
    standard["handling_hours"] |= {
        "wait_for_rest": 300,
        "recovery": 240,
        "not_received": 48,
        "info_answer": 100,
        "counter_offer": 50,
    }
    own = {
        "$schema": "docs/merchant-pack.schema.json",
        "places": ["EU-DE", "CN", "US-NY", "BR"],
        "declares": {
            "withdrawal_right_informed": True,
            "return_cost_informed": True,
            "return_terms_in_ad": True,
            "return_terms_on_final_screen": True,
            "refund_policy_posted": True,
            "offers_collection": True,
        },
        "delivered_after_days": 20,
        "abuse_signals": {
            "returns": {"count": 10, "days": 90},
            "units": {"count": 30, "days": 90},
            "value": {"amount_minor": amounts, "days": 365},
        },
        "info_rounds": 2,
        "offer_rounds": 2,
        "info_default": "deny",
        "offer_default": "deny",
        "review_limits": {"reviewer": amounts, "finance": amounts, "ops": amounts},
        "review_warnings": [50, 80],
        "triggers": {"refund": "first_scan", "replacement": "approval"},
        "recovery": "capture_hold",
        "advance_exchange": {"hold": "required"},
        "keep_item_up_to": amounts,
        "label_valid_days": 30,
        "customs_papers": True,
        "settle": "when_complete",
        "fees": {
            "restocking": {"percent": 9, "per_unit_minor": amounts, "per_return_minor": amounts},
            "handling": {"per_return_minor": amounts},
            "return_shipping": {"per": "PARCEL", "amount_minor": amounts},
            "missed_visit": {"per_visit_minor": amounts},
            "taxable": True,
            "excused_grounds": ["NON_CONFORMITY"],
            "excused_faults": ["CARRIER"],
        },
        "promotion_clawback": True,
        "missing_gift": "deduct",
        "gift_returns": "recipient_credit",
        "uneven_exchange": False,
        "tender_order": [["GIFT_CARD", "STORE_CREDIT", "POINTS", "COUPON"], ["CARD", "WALLET"]],
        "approval_above": amounts,
        "refund_gate_minor": amounts,
        "store_credit": {"bonus_percent": 10},
        "credit_shortfall": "WRITE_OFF",
        "coupons_lapse": True,
    }
    return dict(standard | own)


def parts(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Give every value of a pack below the pack itself, with its path."""
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in inner:
        yield (*path, name), part
        if isinstance(part, dict | list):
            yield from parts(part, (*path, name))


def changed(path: Steps, to: object) -> dict[str, Any]:
    data = deepcopy(FULL)
    _holder(data, path)[path[-1]] = to
    return data


def without(path: Steps) -> dict[str, Any]:
    data = deepcopy(FULL)
    del _holder(data, path)[path[-1]]
    return data


def _holder(data: Any, path: Steps) -> Any:
    for name in path[:-1]:
        data = data[name]
    return data


def written(path: Steps) -> str:
    """Write a path as the schema has it, alike for each row of a list: ``rules[].window.days``."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


FULL = full()
# One row of each list stands for the others.
PARTS = list({written(path): (path, part) for path, part in parts(FULL)}.values())
OBJECTS: list[Steps] = [(), *(path for path, part in PARTS if isinstance(part, dict))]
