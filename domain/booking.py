"""What is booked for a parcel, with which carrier, and what the log says of the choice."""

from collections.abc import Sequence

from domain.events import Fact, JsonValue
from domain.lifecycle import DeliveryState
from domain.money import Money
from domain.returns import Change, Return

_LABEL, _VISIT = "label-", "pickup-"


def label_purpose(delivery_id: str) -> str:
    return f"{_LABEL}{delivery_id}"


def visit_purpose(delivery_id: str) -> str:
    return f"{_VISIT}{delivery_id}"


def is_visit(purpose: str) -> bool:
    """Say whether a courier's visit was booked; else it was a label."""
    return purpose.startswith(_VISIT)


def carrier_chosen(
    ret: Return,
    delivery_id: str,
    carrier: str,
    *,
    cost: Money | None,
    passed_over: Sequence[tuple[str, str]],
) -> Change:
    """One of several carriers was chosen; ``passed_over`` are the others, each with its reason."""
    others: list[JsonValue] = [{"carrier": name, "reason": reason} for name, reason in passed_over]
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "carrier": carrier,
        "cost_minor": cost.minor if cost is not None else None,
        "currency": cost.currency if cost is not None else None,
        "passed_over": others,
    }
    return ret, (Fact("carrier.chosen", data),)


def carrier_failed(ret: Return, delivery_id: str, carrier: str, reason: str) -> Change:
    """A chosen carrier sold nothing: the next one is asked."""
    data: dict[str, JsonValue] = {
        "delivery_id": delivery_id,
        "carrier": carrier,
        "reason": reason,
    }
    return ret, (Fact("carrier.failed_over", data),)


def wants_label(ret: Return, delivery_id: str) -> bool:
    return ret.delivery(delivery_id).state is DeliveryState.LABEL_PENDING
