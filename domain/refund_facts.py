"""What the event log says of a refund."""

from datetime import datetime

from domain.events import Fact, JsonValue
from domain.intents import Intent
from domain.orders import Destination
from domain.returns import Return


def refund_fact(event: str, ret: Return, number: int, intent: Intent) -> Fact:
    data: dict[str, JsonValue] = {
        "settlement_no": number,
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.sent_minor,
        "currency": ret.currency,
        "refund_ref": intent.refund_ref,
        "failure": intent.failure,
    }
    if intent.destination != Destination.ORIGINAL:
        data["destination"] = intent.destination
    if intent.bonus_minor:
        data["bonus_minor"] = intent.bonus_minor
    return Fact(event, data)


def reversed_fact(
    ret: Return, number: int, intent: Intent, failure: str | None, at: datetime
) -> Fact:
    """Write the entry that mirrors the success: what went out came back (edge 63)."""
    data: dict[str, JsonValue] = {
        "settlement_no": number,
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.sent_minor,
        "currency": ret.currency,
        "refund_ref": intent.refund_ref,
        "failure": failure,
        "next_by": (at + ret.policy.handling.parked).isoformat(),
    }
    return Fact("refund.reversed", data)


def covered_fact(ret: Return, number: int, intent: Intent) -> Fact:
    data: dict[str, JsonValue] = {
        "settlement_no": number,
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.covered_minor,
        "currency": ret.currency,
    }
    return Fact("refund.covered", data)
