"""Facts for storage tests: everything has a default but what the test is about."""

from datetime import UTC, date, datetime
from typing import Any

from domain.eligibility import evaluate
from domain.ids import return_id_for
from domain.opening import asked_facts
from domain.policy_versions import PolicyVersion
from domain.requests import RequestedLine
from storage.records import (
    ArrivalRecord,
    DecisionOnLine,
    DeliveryRecord,
    EventRecord,
    NoticeRecord,
    Opened,
    Opening,
    TenderFacts,
    Transition,
)
from storage.returns import Returns
from tests.support.builders import NOW, order, order_line, policy, request

TENANT = "acme"
OTHER = "other"
ACCOUNT = "00000000-0000-4000-8000-0000000000aa"
OTHER_ACCOUNT = "00000000-0000-4000-8000-0000000000bb"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CARD = TenderFacts("card", "pi_1", captured_minor=10_000)
WALLET = TenderFacts("wallet", "ch_1", captured_minor=2_000)


def return_id(name: str, tenant_id: str = TENANT) -> str:
    return return_id_for(tenant_id, name)


def opening(name: str = "first", **changes: Any) -> Opening:
    """Two units of the line shoes, three of which were fulfilled, on order O-1."""
    tenant_id = changes.pop("tenant_id", TENANT)
    facts: dict[str, Any] = {
        "tenant_id": tenant_id,
        "return_id": return_id(name, tenant_id),
        "order_id": "O-1",
        "currency": "EUR",
        "request_hash": f"sha256:{name}",
        "fulfilled": (("shoes", 3),),
        "tenders": (CARD, WALLET),
        "wanted": (("shoes", 2),),
    }
    return Opening(**facts | changes)


def event(sequence: int, **changes: Any) -> EventRecord:
    facts: dict[str, Any] = {
        "sequence": sequence,
        "type": "return.requested",
        "occurred_at": NOON,
        "actor": "platform",
        "cause_id": None,
        "data": {"number": sequence},
        "versions": {"policy": "standard/1"},
    }
    return EventRecord(**facts | changes)


def transition(name: str = "first", *, version: int = 1, **changes: Any) -> Transition:
    """The step to ``version`` with its one event."""
    tenant_id = changes.pop("tenant_id", TENANT)
    facts: dict[str, Any] = {
        "tenant_id": tenant_id,
        "return_id": return_id(name, tenant_id),
        "version": version,
        "snapshot": {"version": version},
        "order_id": "O-1",
        "rma_no": "RMA-0000-01-7",
        "headline": "APPROVED",
        "authorization_state": "APPROVED",
        "logistics_state": "LABEL_PENDING",
        "settlement_state": "NONE",
        "events": (event(version),),
    }
    return Transition(**facts | changes)


def delivery(delivery_id: str = "D1", **changes: Any) -> DeliveryRecord:
    facts: dict[str, Any] = {
        "delivery_id": delivery_id,
        "purpose": "label",
        "tracking_code": "TRACK1",
        "tracker_ref": "trk_1",
        "shipment_ref": "shp_1",
    }
    return DeliveryRecord(**facts | changes)


def arrival(delivery_id: str = "d1", **changes: Any) -> ArrivalRecord:
    facts: dict[str, Any] = {
        "delivery_id": delivery_id,
        "location_id": "MAIN",
        "expected_on": NOON.date(),
        "basis": "policy",
        "method": "DROP_OFF",
        "state": "IN_TRANSIT",
        "carrier": "USPS",
        "tracking_code": "TRACK1",
        "units": (("LAMP", 2),),
    }
    return ArrivalRecord(**facts | changes)


def drafted(version: str, **changes: Any) -> PolicyVersion:
    """A version of the pack OWN, for contracts from 2026-01-01 on, drafted by the key k1."""
    facts: dict[str, Any] = {
        "pack_id": "OWN",
        "version": version,
        "content_hash": f"sha256:{version}",
        "governs_from": date(2026, 1, 1),
        "governs_to": None,
        "drafted_by": "admin:k1",
        "drafted_at": NOON,
    }
    return PolicyVersion(**facts | changes)


def on_line(line_id: str = "shoes", **changes: Any) -> DecisionOnLine:
    """What the standard policy says of two units of a line that was delivered in time."""
    wanted = request(RequestedLine(line_id, 2))
    bought, at = order(order_line(line_id)), changes.pop("at", NOW)
    facts = asked_facts(wanted, bought, policy(), at=at)[0]
    told: dict[str, Any] = {
        "facts": facts,
        "decision": evaluate(facts, policy()),
        "quantity": 2,
        "pack_hash": policy().content_hash,
        "decided_at": NOON,
    }
    return DecisionOnLine(**told | changes)


def notice(number: int = 1, name: str = "first") -> NoticeRecord:
    return NoticeRecord(return_id(f"notice {number} of {name}"), "approved", {"number": number})


async def opened(returns: Returns, name: str = "first", **changes: Any) -> Opened:
    answer = await returns.open_return(opening(name, **changes))
    assert isinstance(answer, Opened)
    return answer
