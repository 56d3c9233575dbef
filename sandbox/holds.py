"""Holds of all providers, as the control side moves them and the ledger's views count them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox import paypal_holds, stripe_holds, stripe_objects
from sandbox.clock import unix_now, utc_text
from sandbox.currencies import from_stripe
from sandbox.ledger import Json
from sandbox.paypal_refunds import found as paypal_found
from sandbox.world import World


def method_for(world: World, order: Json, tender: Json, minor: int) -> Json:
    """Let a customer agree to a hold at checkout: a saved card, or an approved authorization.

    ``ValueError`` when the tender's provider has no holds or cannot write the amount.
    """
    if tender["provider"] == "stripe":
        method = stripe_objects.new_id("pm")
        return {"method_ref": method, "payer_ref": stripe_objects.new_id("cus")}
    if tender["provider"] == "paypal":
        approved = paypal_holds.approve(
            world, minor=minor, currency=order["currency"], reference=order["order_id"]
        )
        return {"method_ref": approved, "payer_ref": ""}
    raise ValueError(f"{tender['provider']} has no holds")


def move_expiry(world: World, hold_ref: str, *, seconds: int) -> Json | None:
    """Let a hold end ``seconds`` from now; return it, or ``None`` where there is none."""
    intent = world.ledger.get("stripe.payment_intent", hold_ref)
    if intent is not None and intent["status"] == "requires_capture":
        stripe_holds.move_expiry(world, intent, unix_now() + seconds)
        return _stripe_view(world, intent)
    hold = world.ledger.get("paypal.authorization", hold_ref)
    if hold is not None and hold["status"] == "CREATED":
        paypal_holds.move_expiry(world, hold, datetime.now(UTC) + timedelta(seconds=seconds))
        return _paypal_view(world, paypal_found(world, "authorization", hold_ref))
    return None


def holds(
    world: World, *, methods: Iterable[str] | None = None, return_id: str | None = None
) -> list[Json]:
    """Return the holds of all providers, oldest first, or those on ``methods`` or of a return.

    Whatever the engine cannot stamp has no ``hold_id`` and no ``return_id``. ``status`` is
    ``held``, ``captured``, ``voided``, ``expired`` or, where a renewal took its place, ``renewed``.
    """
    seen = [
        kind.view(world, found)
        for kind in _KINDS
        for where in _conditions(kind, methods)
        for found in world.ledger.find(kind.name, where)[::-1]
    ]
    return [
        hold
        for hold in sorted(seen, key=lambda hold: str(hold["created_at"]))
        if return_id in (None, hold["return_id"])
    ]


def _conditions(kind: "_Kind", methods: Iterable[str] | None) -> list[dict[str, str]]:
    if methods is None:
        return [kind.where]
    return [kind.where | {kind.method_path: method_ref} for method_ref in dict.fromkeys(methods)]


def _stripe_view(world: World, intent: Json) -> Json:
    status = {"requires_capture": "held", "succeeded": "captured", "canceled": "voided"}.get(
        intent["status"], intent["status"]
    )
    until = stripe_holds.capture_before(world, intent) if intent["latest_charge"] else None
    if intent["cancellation_reason"] == "expired" or (
        status == "held" and until is not None and until <= unix_now()
    ):
        status = "expired"
    currency = intent["currency"].upper()
    return {
        "hold_ref": intent["id"],
        "provider": "stripe",
        "hold_id": intent["metadata"].get("hold_id"),
        "return_id": intent["metadata"].get("return_id"),
        "method_ref": intent["payment_method"],
        "amount_minor": from_stripe(intent["amount"], currency),
        "captured_minor": from_stripe(intent["amount_received"], currency),
        "currency": currency,
        "status": status,
        "expires_at": None if until is None else utc_text(datetime.fromtimestamp(until, UTC)),
        "created_at": utc_text(datetime.fromtimestamp(intent["created"], UTC)),
    }


def _paypal_view(_world: World, hold: Json) -> Json:
    status = {"CREATED": "held", "VOIDED": "voided"}.get(hold["status"], "captured")
    if status == "held" and paypal_holds.has_expired(hold):
        status = "expired"
    if hold["_renewed"]:
        status = "renewed"
    return {
        "hold_ref": hold["id"],
        "provider": "paypal",
        "hold_id": None,
        "return_id": None,
        "method_ref": hold["_root"],
        "amount_minor": hold["_minor"],
        "captured_minor": hold["_captured_minor"],
        "currency": hold["amount"]["currency_code"],
        "status": status,
        "expires_at": utc_text(datetime.fromisoformat(hold["expiration_time"])),
        "created_at": hold["create_time"],
    }


@dataclass(frozen=True, slots=True)
class _Kind:
    """A provider's holds in the ledger; ``method_path`` is where each names what it is on."""

    name: str
    view: Callable[[World, Json], Json]
    method_path: str
    where: dict[str, str] = field(default_factory=dict)


_KINDS = (
    _Kind("stripe.payment_intent", _stripe_view, "payment_method", {"capture_method": "manual"}),
    _Kind("paypal.authorization", _paypal_view, "_root"),
)
