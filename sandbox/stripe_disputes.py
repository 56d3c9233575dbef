"""Chargebacks: a customer's bank takes a payment back, and decides whether it keeps it."""

from datetime import timedelta

from fastapi import HTTPException

from sandbox import stripe_objects
from sandbox.clock import unix_now
from sandbox.errors import stripe_refusal
from sandbox.ledger import Json
from sandbox.stripe_events import emit
from sandbox.world import World

EVIDENCE_TEXTS = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
_EVIDENCE_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
_TO_BE_ANSWERED = ("needs_response", "warning_needs_response")
_FOR_MERCHANT = ("won", "warning_closed", "prevented")
_DECIDED = ("lost", *_FOR_MERCHANT)


def open_dispute(
    world: World, charge: Json, *, amount: int | None, reason: str, status: str, due_in: timedelta
) -> Json:
    """Let the customer's bank dispute a charge; 409 while another dispute of it is open."""
    if standing_dispute(world, charge) is not None:
        raise HTTPException(409, "the charge is disputed already")
    due_by = unix_now() + int(due_in.total_seconds())
    dispute = {
        "id": stripe_objects.new_id("du"),
        "object": "dispute",
        "amount": amount or charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": unix_now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {
            **dict.fromkeys((*EVIDENCE_TEXTS, *_EVIDENCE_FILES)),
            "enhanced_evidence": {},
        },
        "evidence_details": {
            "due_by": due_by,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        # An inquiry takes no money yet, and a refund settles it.
        "is_charge_refundable": status.startswith("warning_"),
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": status,
    }
    world.ledger.add("stripe.dispute", dispute["id"], dispute)
    charge["disputed"] = True
    world.ledger.save("stripe.charge", charge["id"], charge)
    emit(world, "charge.dispute.created", dispute)
    return dispute


def standing_dispute(world: World, charge: Json) -> Json | None:
    """Return the dispute of a charge that is not decided for the merchant."""
    return next((one for one in _of(world, charge) if one["status"] not in _FOR_MERCHANT), None)


def left_after_disputes(world: World, charge: Json) -> int:
    """Return what can still be refunded of a charge, or refuse: not what the bank took back.

    While it decides that is nothing. That a charge which was lost in part can be refunded in the
    rest is not confirmed by the documentation.
    """
    standing = [one for one in _of(world, charge) if not one["is_charge_refundable"]]
    lost: int = sum(one["amount"] for one in standing)
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    decided = all(one["status"] == "lost" for one in standing)
    if standing and (not decided or lost >= left):
        raise stripe_refusal(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            kept=True,
        )
    return left - lost


def _of(world: World, charge: Json) -> list[Json]:
    return world.ledger.find("stripe.dispute", {"charge": charge["id"]})


def escalate(world: World, dispute: Json) -> Json:
    """Make a chargeback of an inquiry; one that is closed stays so. Repeats change nothing."""
    if dispute["status"] in ("warning_needs_response", "warning_under_review"):
        before = {"status": dispute["status"], "is_charge_refundable": True}
        dispute |= {"status": "needs_response", "is_charge_refundable": False}
        world.ledger.save("stripe.dispute", dispute["id"], dispute)
        emit(world, "charge.dispute.updated", dispute, before=before)
    return dispute


def close(world: World, dispute: Json, outcome: str) -> Json:
    """Let the bank decide. Repeats change nothing; 409 when it decided otherwise."""
    if dispute["status"] == outcome:
        return dispute
    if dispute["status"] in _DECIDED:
        raise HTTPException(409, f"the dispute is {dispute['status']}")
    before = {"status": dispute["status"]}
    dispute |= {"status": outcome, "is_charge_refundable": outcome != "lost"}
    world.ledger.save("stripe.dispute", dispute["id"], dispute)
    emit(world, "charge.dispute.closed", dispute, before=before)
    return dispute


def argue(world: World, dispute: Json, texts: Json, *, submit: bool) -> Json:
    """Lay evidence beside a dispute; what was submitted is the bank's and changes no more."""
    if dispute["status"] not in _TO_BE_ANSWERED:
        raise stripe_refusal(400, "This dispute is already closed", param="id", kept=True)
    before = {"evidence": dict(dispute["evidence"])}
    dispute["evidence"] |= texts
    dispute["evidence_details"]["has_evidence"] = any(
        dispute["evidence"][name] for name in EVIDENCE_TEXTS
    )
    if submit:
        dispute["evidence_details"]["submission_count"] += 1
        warned = dispute["status"].startswith("warning_")
        dispute["status"] = "warning_under_review" if warned else "under_review"
    world.ledger.save("stripe.dispute", dispute["id"], dispute)
    emit(world, "charge.dispute.updated", dispute, before=before)
    return dispute
