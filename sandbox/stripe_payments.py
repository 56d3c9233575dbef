"""Money in: payment intents and the charges behind them."""

from fastapi import Request

from sandbox import stripe_objects
from sandbox.ledger import Json
from sandbox.stripe_events import emit
from sandbox.world import World


def confirm(world: World, intent: Json, *, request: Request | None = None) -> Json:
    """Let a payment intent succeed with one captured charge; return the intent."""
    charge = stripe_objects.charge(
        amount=intent["amount"],
        currency=intent["currency"],
        metadata=intent["metadata"],
        method_type="card",
        payment_intent_id=intent["id"],
        payment_method=intent["payment_method"],
    )
    world.ledger.add("stripe.charge", charge["id"], charge)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "payment_method": charge["payment_method"],
    }
    world.ledger.save("stripe.payment_intent", intent["id"], intent)
    emit(world, "payment_intent.succeeded", intent, request=request)
    return intent


def pay_by_card(world: World, *, amount: int, currency: str, order_id: str) -> str:
    """Create a succeeded payment intent for an order and return its id."""
    intent = stripe_objects.payment_intent(
        amount=amount,
        currency=currency.lower(),
        metadata={"order_id": order_id},
        payment_method=stripe_objects.new_id("pm"),
    )
    return str(confirm(world, intent)["id"])


def pay_by_wallet(world: World, *, amount: int, currency: str, order_id: str) -> str:
    """Create a captured wallet charge without a payment intent and return its id."""
    charge = stripe_objects.charge(
        amount=amount,
        currency=currency.lower(),
        metadata={"order_id": order_id},
        method_type="alipay",
    )
    world.ledger.add("stripe.charge", charge["id"], charge)
    return str(charge["id"])


def charge_of(world: World, payment_ref: str) -> Json | None:
    """Return the charge that a payment is or has."""
    intent = world.ledger.get("stripe.payment_intent", payment_ref)
    charge_id = payment_ref if intent is None else intent["latest_charge"]
    return None if charge_id is None else world.ledger.get("stripe.charge", charge_id)


def order_of(world: World, payment_ref: str) -> str | None:
    """Return the order a payment intent or charge was made for."""
    kind = "stripe.charge" if payment_ref.startswith("ch_") else "stripe.payment_intent"
    payment = world.ledger.get(kind, payment_ref)
    return None if payment is None else payment["metadata"].get("order_id")
