"""The document that everybody reads: one return as JSON, the same in projection, API and query."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.allowed import allowed_commands
from domain.approving import proposal_parts
from domain.claims import is_claim_open
from domain.clocks import clocks, state_of
from domain.considered import considered_parts
from domain.counters import Counters, counters
from domain.disputing import holds
from domain.doubts import signals_json
from domain.eligibility import Decision
from domain.events import JsonValue
from domain.gift_returns import is_by_recipient
from domain.intents import Intent, Settlement
from domain.invariants import broken
from domain.law.schema import DueKind
from domain.parcels import Delivery
from domain.pickups import told_window
from domain.proposals import Proposal
from domain.recovery import Advance
from domain.requests import RequestedLine
from domain.returns import LineAuthorization, Lot, Return, ReturnLine
from domain.review_view import review_document
from domain.tiers import tier_of
from domain.waiting import missing_wait, next_step, shown, waits
from domain.waiting_for.wait import Waiting

Document = dict[str, JsonValue]


def document(ret: Return) -> Document:
    """Return the whole return as JSON: ids, states, amounts in minor units, times as RFC 3339."""
    waiting = waits(ret)
    return {
        "return_id": ret.return_id,
        "rma_no": ret.rma_no,
        "order_id": ret.request.order_id,
        "version": ret.version,
        "headline": ret.headline,
        "authorization_state": ret.authorization,
        "logistics_state": ret.logistics,
        "settlement_state": ret.settlement,
        "ground": ret.request.ground,
        "currency": ret.currency,
        "requested_at": _time(ret.requested_at),
        "completed_at": _time(ret.completed_at),
        "customs_papers": ret.customs.reference if ret.customs is not None else None,
        "location_id": ret.location_id,
        "time_zone": ret.time_zone,
        "lines": [_line(ret, line) for line in ret.lines]
        or [_undecided(line) for line in ret.request.lines],
        "lots": [_lot(lot) for lot in ret.lots],
        "deliveries": [_delivery(delivery) for delivery in ret.deliveries],
        "receipts": [
            {
                "receipt_id": receipt.receipt_id,
                "parcel": receipt.parcel,
                "location_id": receipt.location_id,
                "received_at": _time(receipt.received_at),
                "entries": [
                    {"sku": e.sku, "quantity": e.quantity, "unexpected": e.unexpected}
                    for e in receipt.entries
                ],
            }
            for receipt in ret.receipts
        ],
        "settlements": [_settlement(settlement) for settlement in ret.settlements],
        "waiting_on": [_waiting(wait) for wait in shown(waiting)],
        "tier": tier_of(ret),
        "next_step": _next_step(waiting),
        "allowed_commands": [*allowed_commands(ret)],
        "broken_invariants": [*broken(ret)],
        "corrections": [
            {
                "field": correction.field,
                "value": [*correction.value]
                if isinstance(correction.value, tuple)
                else correction.value,
            }
            for correction in ret.corrections
        ],
        "refused": {**asdict(ret.refused)} if ret.refused else None,
        "proposed_settlement": _proposed(ret.proposal) if ret.proposal else None,
        **_clocks(ret),
        **_chargebacks(ret),
        **_parcel_links(ret),
        **({"signals": signals_json(ret)} if ret.signals else {}),
        **review_document(ret),
        **({"by": ret.request.by} if is_by_recipient(ret.request) else {}),
    }


def _clocks(ret: Return) -> Document:
    """Show the dates that a law or a promise gives; a return without any does not mention them."""
    running = clocks(ret)
    if not running:
        return {}
    return {
        "clocks": [
            {
                "kind": clock.kind,
                "due_on": clock.due_on.isoformat(),
                "limit_on": clock.limit_on.isoformat() if clock.limit_on is not None else None,
                "basis": clock.basis,
                "state": state_of(ret, clock),
                "lot_ids": [*clock.lot_ids],
            }
            for clock in running
        ]
    }


def _parcel_links(ret: Return) -> Document:
    """Show with which returns parcels were mixed up; others do not mention it."""
    if not ret.links:
        return {}
    return {
        "parcel_links": [
            {
                "tracking_code": link.tracking_code,
                "rma_no": link.rma_no,
                "kind": link.kind,
                "is_own_label": link.is_own_label,
            }
            for link in ret.links
        ],
    }


def _chargebacks(ret: Return) -> Document:
    """Show what a bank took back; a return without such a thing does not mention it."""
    if not ret.chargebacks:
        return {}
    return {
        "on_hold": any(holds(ret, chargeback) for chargeback in ret.chargebacks),
        "chargebacks": [
            {
                "dispute_ref": chargeback.dispute_ref,
                "tender_id": chargeback.tender_id,
                "amount_minor": chargeback.amount_minor,
                "state": chargeback.state,
                "reason": chargeback.reason,
                "since": _time(chargeback.since),
                "evidence_due_by": _time(chargeback.evidence_due_by),
                "refunds_sent": [*chargeback.evidence],
            }
            for chargeback in ret.chargebacks
        ],
    }


def without_run(shown: Mapping[str, Any], *, since: datetime, deadline: datetime) -> dict[str, Any]:
    """Return the document of a return whose run is gone: nothing moves it but a restart."""
    wait = missing_wait(since, deadline)
    return {
        **shown,
        "waiting_on": [_waiting(wait), *shown["waiting_on"]],
        "next_step": _next_step((wait,)),
        "allowed_commands": [*wait.exits],
    }


def _next_step(waiting: tuple[Waiting, ...]) -> JsonValue:
    first = next_step(waiting)
    if first is None:
        return None
    return {
        "waiting_for": first.waiting_for,
        "owner": first.owner,
        "by": _time(first.deadline),
        "then": first.at_deadline,
    }


def _line(ret: Return, line: ReturnLine) -> JsonValue:
    decision = line.decision
    count: dict[str, JsonValue] = {**asdict(counters(ret, line.line_id))}
    return {
        "line_id": line.line_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.requested,
        "resolution": line.resolution,
        "exchange_sku": line.exchange_sku,
        "exchange_price_minor": line.exchange_price_minor,
        "reason": line.reason,
        "reason_detail": line.reason_detail,
        "counters": count,
        "decision": {
            "verdict": decision.verdict,
            "policy_ref": decision.policy_ref,
            "rule_id": decision.rule_id,
            "reason_codes": [*decision.reason_codes],
            "window_end": decision.window_end.isoformat() if decision.window_end else None,
            "remedies": [*decision.remedies],
            "return_shipping_payer": decision.terms.return_shipping_payer
            if decision.terms
            else None,
            "explanation": decision.explanation,
            "sources": [
                {"key": source.key, "title": source.title, "url": source.url}
                for source in decision.sources
            ],
            **refund_due(decision),
            **considered_parts(decision.considered),
            **_otherwise(decision),
        },
        "authorization": _authorization(line.authorization),
        **({"claim_open": True} if is_claim_open(decision, line.reason) else {}),
    }


def _otherwise(decision: Decision) -> Document:
    """Show what the contract's own version of the law says, where a later one counts."""
    own = decision.otherwise
    if own is None:
        return {}
    return {
        "otherwise": {
            "policy_ref": own.policy_ref,
            "verdict": own.verdict,
            "window_end": own.window_end.isoformat() if own.window_end else None,
            "reason_codes": [*own.reason_codes],
        }
    }


def refund_due(decision: Decision) -> Document:
    """Show how soon money is due; what grants none does not mention it."""
    terms = decision.terms
    if terms is None or not terms.refund_due_kind:
        return {}
    by_promise = terms.refund_due_kind == DueKind.PROMISE
    by_law = terms.dues[0] if terms.dues and not by_promise else None
    due: Document = {
        "days": by_law.days if by_law is not None else terms.refund_due_days,
        "counts_from": by_law.counts_from if by_law is not None else "RECEIVED",
        "kind": terms.refund_due_kind,
        "on": terms.due_on.isoformat() if terms.due_on is not None else None,
    }
    return {"refund_due": due}


def _authorization(decided: LineAuthorization | None) -> JsonValue:
    if decided is None:
        return None
    return {
        "granted": decided.granted,
        "by": decided.by,
        "decided_by": decided.decided_by,
        "decided_at": _time(decided.decided_at),
        "reason": decided.reason,
        **({"overrides": True} if decided.overrides else {}),
    }


def _undecided(line: RequestedLine) -> JsonValue:
    """Show a line as it was asked for: what it is and whether it may come back is not known."""
    none: dict[str, JsonValue] = dict.fromkeys(Counters.__slots__, 0)
    return {
        "line_id": line.line_id,
        "sku": "",
        "title": "",
        "quantity": line.quantity,
        "resolution": line.resolution,
        "exchange_sku": line.exchange_sku,
        "exchange_price_minor": None,
        "reason": line.reason,
        "reason_detail": line.reason_detail,
        "counters": none | {"requested": line.quantity},
        "decision": {
            "verdict": "UNDECIDED",
            "policy_ref": "",
            "rule_id": None,
            "reason_codes": [],
            "window_end": None,
            "remedies": [],
            "return_shipping_payer": None,
            "explanation": "not decided: the order could not be read",
            "sources": [],
        },
    }


def _lot(lot: Lot) -> JsonValue:
    replacement = lot.replacement
    return {
        "lot_id": lot.lot_id,
        "line_id": lot.line_id,
        "quantity": lot.quantity,
        "state": lot.state,
        "version": lot.version,
        "since": _time(lot.since),
        "resolution": lot.resolution,
        "grade": lot.finding.grade if lot.finding else None,
        "fault": lot.finding.fault if lot.finding else None,
        "reason_found": lot.finding.reason_found if lot.finding else None,
        "acceptance": lot.acceptance,
        "deduction_percent": lot.deduction_percent,
        "disposition": lot.disposition,
        "settlement_no": lot.settlement_no,
        "replacement_order_id": replacement.replacement_order_id if replacement else None,
        "replacement_due_minor": replacement.due_minor if replacement else 0,
        "replacement_payment_url": replacement.payment_url if replacement else None,
        "replacement_tracking_code": replacement.tracking_code if replacement else None,
        "advance": _advance(lot.advance) if lot.advance else None,
        **({"offered_minor": lot.offered_minor} if lot.offered_minor is not None else {}),
    }


def _advance(advance: Advance) -> JsonValue:
    """Show what went out before the goods: what is owed for it, and what secures it."""
    recovery, hold = advance.recovery, advance.hold
    return {
        "declined": advance.declined or None,
        "recovery": {
            "state": recovery.state,
            "value_minor": recovery.value_minor,
            "since": _time(recovery.since),
            "due_minor": recovery.due_minor,
            "reason": recovery.reason or None,
            "way": recovery.way,
            "collected_minor": recovery.collected_minor,
            "to_give_back_minor": recovery.to_give_back_minor,
        }
        if recovery
        else None,
        "hold": {
            "state": hold.state,
            "number": hold.number,
            "amount_minor": hold.amount_minor,
            "expires_at": _time(hold.expires_at),
            "failure": hold.failure,
        }
        if hold
        else None,
    }


def _delivery(delivery: Delivery) -> JsonValue:
    return {
        "delivery_id": delivery.delivery_id,
        "method": delivery.method,
        "state": delivery.state,
        "ship_back_of": delivery.ship_back_of,
        "carrier": delivery.carrier,
        "tracking_code": delivery.tracking_code,
        "label_url": delivery.label_url,
        "label_valid_until": _time(delivery.label_valid_until),
        "first_scan_at": _time(delivery.first_scan_at),
        "promised_at": _time(delivery.promised_at),
        "expected_at": _time(delivery.expected_at),
        "delivered_at": _time(delivery.delivered_at),
        "trouble": delivery.trouble,
        "bag": delivery.bag,
        "sent_at": _time(delivery.sent_at),
        "qr_url": delivery.qr_url,
        "replaces": delivery.replaces,
        "claim_ref": delivery.claim_ref,
        "wished": delivery.wish[0] if delivery.wish else None,
        "pickups": [
            {
                "attempt": attempt.number,
                **told_window(attempt.window),
                "pickup_ref": attempt.pickup_ref,
                "confirmation": attempt.confirmation,
                "outcome": attempt.outcome,
                "cancel": attempt.cancel,
                "fault": attempt.fault,
                "note": attempt.note,
            }
            for attempt in delivery.attempts
        ],
    }


def _settlement(settlement: Settlement) -> JsonValue:
    return {
        "number": settlement.number,
        "amount_minor": settlement.amount_minor,
        "due_on": settlement.due_on.isoformat() if settlement.due_on else None,
        "sealed_at": _time(settlement.sealed_at),
        "breakdown": [{**row.as_data()} for row in settlement.breakdown],
        "settlement_hash": settlement.settlement_hash,
        "credit_note_no": settlement.credit_note_no,
        "gives_back": settlement.gives_back,
        "refunds": [_refund(intent) for intent in settlement.intents],
    }


def _refund(intent: Intent) -> JsonValue:
    covered = {"covered_minor": intent.covered_minor} if intent.covered_minor else {}
    return {
        "intent_id": intent.intent_id,
        "tender_id": intent.tender_id,
        "amount_minor": intent.amount_minor,
        "state": intent.state,
        "refund_ref": intent.refund_ref,
        "failure": intent.failure,
        "generation": intent.generation,
        "destination": intent.destination,
        "bonus_minor": intent.bonus_minor,
        **covered,
    }


def _proposed(proposal: Proposal) -> JsonValue:
    declined = proposal.declined
    return {
        "number": proposal.number,
        "amount_minor": proposal.amount_minor,
        "settlement_hash": proposal.settlement_hash,
        "proposed_at": _time(proposal.proposed_at),
        "approved_by": proposal.approved_by,
        "declined": {
            "reason": declined.reason,
            "declined_by": declined.declined_by,
            "declined_at": _time(declined.declined_at),
        }
        if declined
        else None,
        **proposal_parts(proposal),
    }


def _waiting(wait: Waiting) -> JsonValue:
    return {
        "key": wait.key,
        "code": wait.code,
        "owner": wait.owner,
        "waiting_for": wait.waiting_for,
        "since": _time(wait.since),
        "deadline": _time(wait.deadline),
        "at_deadline": wait.at_deadline,
        "exits": [*wait.exits],
        "detail": wait.detail,
        "field": wait.field,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
