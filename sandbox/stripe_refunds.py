"""Money back: refunds of a charge, never more than was captured."""

from fastapi import Request

from sandbox import stripe_disputes, stripe_objects
from sandbox.currencies import is_chargeable
from sandbox.errors import stripe_refusal
from sandbox.faults import FaultKind
from sandbox.ledger import Json
from sandbox.stripe_events import emit
from sandbox.stripe_forms import metadata, text, whole_number
from sandbox.world import World

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
_UNDONE = ("failed", "canceled")


def create(world: World, form: Json, request: Request) -> Json:
    charge = _charge_to_refund(world, form)
    left = stripe_disputes.left_after_disputes(world, charge)
    amount = whole_number(form, "amount", at_least=1)
    reason = text(form, "reason")
    if reason is not None and reason not in _REASONS:
        raise stripe_refusal(
            400,
            "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
            param="reason",
        )
    stamped = metadata(form)
    if left == 0:
        raise stripe_refusal(
            400,
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            kept=True,
        )
    if amount is not None and amount > left:
        raise stripe_refusal(
            400,
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
            kept=True,
        )
    if amount is not None and not is_chargeable(amount, charge["currency"]):
        raise stripe_refusal(
            400,
            f"Invalid amount: {amount} cannot be paid in {charge['currency']}",
            code="parameter_invalid_integer",
            param="amount",
        )
    waits = FaultKind.PENDING_REFUND in request.state.hits
    refund = stripe_objects.refund(
        of=charge,
        amount=amount or left,
        reason=reason,
        metadata=stamped,
        status="pending" if waits else "succeeded",
    )
    world.ledger.add("stripe.refund", refund["id"], refund)
    before = _count(world, charge, refund["amount"])
    emit(world, "refund.created", refund, request=request)
    emit(world, "charge.refunded", charge, request=request, before=before)
    return refund


def cancel(world: World, refund: Json, request: Request) -> Json:
    """Cancel a refund that waits for the customer; money already on its way stays so."""
    if refund["status"] != "requires_action":
        raise stripe_refusal(
            400,
            f"This refund cannot be canceled because its status is {refund['status']}.",
            kept=True,
        )
    _undo(world, refund, {"status": "canceled"}, request=request)
    return refund


def fail(world: World, refund: Json) -> Json:
    """Let a refund fail after all: the money is back with the merchant. Repeats change nothing."""
    if refund["status"] in _UNDONE:
        return refund
    failure = {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": stripe_objects.new_id("txn"),
    }
    _undo(world, refund, failure, request=None)
    emit(world, "refund.failed", refund)
    return refund


def succeed(world: World, refund: Json) -> Json:
    """Let a refund that was under way arrive. Repeats change nothing."""
    before = refund["status"]
    if before in ("pending", "requires_action"):
        refund.pop("pending_reason", None)
        refund["status"] = "succeeded"
        world.ledger.save("stripe.refund", refund["id"], refund)
        emit(world, "refund.updated", refund, before={"status": before})
    return refund


def ask_customer(world: World, refund: Json) -> Json:
    """Let a pending refund wait for the customer to say where to. Repeats change nothing."""
    if refund["status"] == "pending":
        refund.pop("pending_reason", None)
        refund["status"] = "requires_action"
        world.ledger.save("stripe.refund", refund["id"], refund)
        emit(world, "refund.updated", refund, before={"status": "pending"})
    return refund


def annotate(world: World, refund: Json, form: Json, request: Request) -> Json:
    """Merge metadata; empty values remove their key."""
    before = {"metadata": refund["metadata"]}
    merged = refund["metadata"] | metadata(form)
    refund["metadata"] = {key: value for key, value in merged.items() if value}
    world.ledger.save("stripe.refund", refund["id"], refund)
    emit(world, "refund.updated", refund, request=request, before=before)
    return refund


def _charge_to_refund(world: World, form: Json) -> Json:
    charge_id, intent_id = text(form, "charge"), text(form, "payment_intent")
    if charge_id is None and intent_id is None:
        raise stripe_refusal(
            400,
            "One of the following params should be provided for this request:"
            " payment_intent or charge.",
            code="parameter_missing",
        )
    if intent_id is not None:
        intent = found(world, "payment_intent", intent_id, param="payment_intent")
        if intent["latest_charge"] is None:
            raise stripe_refusal(
                400,
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
            )
        charge_id = intent["latest_charge"]
    return found(world, "charge", str(charge_id), param="charge")


def found(world: World, kind: str, object_id: str, *, param: str = "id") -> Json:
    """Return a Stripe object by id, or raise its 404."""
    document = world.ledger.get(f"stripe.{kind}", object_id)
    if document is None:
        raise stripe_refusal(
            404, f"No such {kind}: '{object_id}'", code="resource_missing", param=param
        )
    return document


def _undo(world: World, refund: Json, change: Json, *, request: Request | None) -> None:
    before = {name: refund.get(name) for name in change}
    refund.pop("pending_reason", None)
    refund |= change
    world.ledger.save("stripe.refund", refund["id"], refund)
    _count(world, found(world, "charge", refund["charge"]), -refund["amount"])
    emit(world, "refund.updated", refund, request=request, before=before)


def _count(world: World, charge: Json, amount: int) -> Json:
    """Add to what a charge gave back; return the values it had before."""
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    world.ledger.save("stripe.charge", charge["id"], charge)
    return before
