"""Money held by a payment intent that is captured later: placed, captured, canceled, expired."""

from fastapi import Request

from sandbox import stripe_objects
from sandbox.clock import unix_now
from sandbox.currencies import is_chargeable
from sandbox.errors import stripe_refusal
from sandbox.ledger import Json
from sandbox.stripe_events import emit
from sandbox.stripe_forms import metadata, text, whole_number
from sandbox.stripe_refunds import found
from sandbox.world import World

LASTS_S = 7 * 24 * 3600
# Stripe's own test payment methods for what issuers say.
_DECLINED = {
    "pm_card_chargeDeclined": ("card_declined", "Your card was declined."),
    "pm_card_authenticationRequired": (
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def place(world: World, intent: Json, *, request: Request | None) -> Json:
    """Hold the amount of a payment intent on its card."""
    declined = _DECLINED.get(intent["payment_method"])
    if declined is not None:
        code, message = declined
        raise stripe_refusal(402, message, code=code, kind="card_error", kept=True)
    charge = stripe_objects.charge(
        amount=intent["amount"],
        currency=intent["currency"],
        metadata=intent["metadata"],
        method_type="card",
        payment_intent_id=intent["id"],
        payment_method=intent["payment_method"],
        capture_before=unix_now() + LASTS_S,
    )
    world.ledger.add("stripe.charge", charge["id"], charge)
    _change(
        world,
        intent,
        status="requires_capture",
        amount_capturable=intent["amount"],
        latest_charge=charge["id"],
    )
    emit(world, "payment_intent.amount_capturable_updated", intent, request=request)
    return intent


def capture(world: World, intent: Json, form: Json, request: Request) -> Json:
    """Take what is held, or a part; the rest is released."""
    amount = whole_number(form, "amount_to_capture", at_least=1)
    stamped = metadata(form)
    expire_if_due(world, intent)
    if intent["status"] != "requires_capture":
        raise _unexpected(intent, "captured")
    if amount is not None and amount > intent["amount_capturable"]:
        raise stripe_refusal(
            400,
            f"The amount_to_capture ({amount}) is greater than the authorized amount"
            f" ({intent['amount_capturable']}).",
            code="amount_too_large",
            param="amount_to_capture",
            kept=True,
        )
    if amount is not None and not is_chargeable(amount, intent["currency"]):
        raise stripe_refusal(
            400,
            f"Invalid amount: {amount} cannot be paid in {intent['currency']}",
            code="parameter_invalid_integer",
            param="amount_to_capture",
        )
    taken = amount or intent["amount_capturable"]
    charge = found(world, "charge", intent["latest_charge"])
    charge |= {
        "captured": True,
        "amount_captured": taken,
        "balance_transaction": stripe_objects.new_id("txn"),
    }
    world.ledger.save("stripe.charge", charge["id"], charge)
    _change(
        world,
        intent,
        status="succeeded",
        amount_capturable=0,
        amount_received=taken,
        metadata=intent["metadata"] | stamped,
    )
    emit(world, "payment_intent.succeeded", intent, request=request)
    return intent


def cancel(world: World, intent: Json, form: Json, request: Request) -> Json:
    """Release what is held."""
    reason = text(form, "cancellation_reason")
    if reason is not None and reason not in _REASONS:
        raise stripe_refusal(400, "Invalid cancellation_reason.", param="cancellation_reason")
    expire_if_due(world, intent)
    if intent["status"] in ("succeeded", "canceled"):
        raise _unexpected(intent, "canceled")
    _cancel(world, intent, reason)
    emit(world, "payment_intent.canceled", intent, request=request)
    return intent


def expire_due(world: World, customer: str | None) -> None:
    """Let go of what was held for too long, of one customer's or of all."""
    where = {"status": "requires_capture"}
    if customer is not None:
        where["customer"] = customer
    for intent in world.ledger.find("stripe.payment_intent", where):
        expire_if_due(world, intent)


def expire_if_due(world: World, intent: Json) -> None:
    if intent["status"] == "requires_capture" and capture_before(world, intent) <= unix_now():
        _cancel(world, intent, "expired")
        emit(world, "payment_intent.canceled", intent)


def capture_before(world: World, intent: Json) -> int:
    """Return the Unix time until which a payment intent's charge can be captured."""
    charge = found(world, "charge", intent["latest_charge"])
    until: int = charge["payment_method_details"]["card"]["capture_before"]
    return until


def move_expiry(world: World, intent: Json, at: int) -> None:
    charge = found(world, "charge", intent["latest_charge"])
    charge["payment_method_details"]["card"]["capture_before"] = at
    world.ledger.save("stripe.charge", charge["id"], charge)


def _cancel(world: World, intent: Json, reason: str | None) -> None:
    _change(
        world,
        intent,
        status="canceled",
        amount_capturable=0,
        canceled_at=unix_now(),
        cancellation_reason=reason,
    )


def _change(world: World, intent: Json, **values: object) -> None:
    intent |= values
    world.ledger.save("stripe.payment_intent", intent["id"], intent)


def _unexpected(intent: Json, how: str) -> Exception:
    return stripe_refusal(
        400,
        f"This PaymentIntent could not be {how} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        kept=True,
    )
