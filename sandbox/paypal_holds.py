"""Authorizations: approved by the customer, renewed, captured or voided; no renewal is renewed.

What was renewed and its renewal are one hold: a capture or void of it ends both.
"""

from datetime import UTC, datetime, timedelta

from sandbox import paypal_objects
from sandbox.clock import iso_now
from sandbox.errors import RefusalError, paypal_refusal
from sandbox.ledger import Json
from sandbox.paypal_refunds import Amount, CaptureAsked, checked, found
from sandbox.world import World

LASTS = timedelta(days=29)


def approve(world: World, *, minor: int, currency: str, reference: str) -> str:
    """Let a customer approve a hold at checkout; return the authorization."""
    order_id = paypal_objects.new_id()
    hold = _authorization(minor, currency, order_id, reference)
    paid = paypal_objects.order(order_id=order_id, captures=[], reference=reference)
    world.ledger.add("paypal.authorization", hold["id"], hold)
    world.ledger.add("paypal.order", order_id, paid | {"intent": "AUTHORIZE"})
    return str(hold["id"])


def renew(world: World, authorization_id: str, amount: Amount | None) -> Json:
    """Make an authorization that takes the place of its parent."""
    parent = found(world, "authorization", authorization_id)
    if parent["_root"] != parent["id"]:
        raise _refused(
            "REAUTHORIZATION_NOT_SUPPORTED", "It is the result of a prior reauthorization."
        )
    _refuse_ended(parent)
    minor = parent["_minor"] if amount is None else checked(amount, parent["amount"])
    hold = _authorization(
        minor,
        parent["amount"]["currency_code"],
        parent["supplementary_data"]["related_ids"]["order_id"],
        parent["custom_id"],
        root=parent["id"],
    )
    world.ledger.add("paypal.authorization", hold["id"], hold)
    _change(world, parent, _renewed=True)
    return hold


def capture(world: World, authorization_id: str, asked: CaptureAsked) -> Json:
    """Take what is held, or a part; a final capture releases the rest."""
    hold = found(world, "authorization", authorization_id)
    root = found(world, "authorization", hold["_root"])
    for one in (root, hold):
        _refuse_ended(one)
    minor = hold["_minor"] if asked.amount is None else checked(asked.amount, hold["amount"])
    if minor > hold["_minor"]:
        raise _refused(
            "MAX_CAPTURE_AMOUNT_EXCEEDED",
            "Capture amount exceeds allowable limit.",
            field="/amount/value",
        )
    if asked.invoice_id is not None and world.ledger.find(
        "paypal.capture", {"invoice_id": asked.invoice_id}, limit=1
    ):
        raise _refused(
            "DUPLICATE_INVOICE_ID",
            "Requested invoice_id has been previously captured. Possible duplicate transaction.",
            field="/invoice_id",
        )
    order_id = hold["supplementary_data"]["related_ids"]["order_id"]
    taken = paypal_objects.capture(
        minor=minor,
        currency=hold["amount"]["currency_code"],
        order_id=order_id,
        reference=hold["custom_id"],
    )
    if asked.invoice_id is not None:
        taken["invoice_id"] = asked.invoice_id
    taken |= {"final_capture": asked.final_capture, "_authorization_id": hold["id"]}
    world.ledger.add("paypal.capture", taken["id"], taken)
    order = found(world, "order", order_id)
    order["_captures"].append(taken["id"])
    world.ledger.save("paypal.order", order_id, order)
    whole = minor == hold["_minor"]
    for one in family(world, hold):
        status = "CAPTURED" if whole or asked.final_capture else "PARTIALLY_CAPTURED"
        _change(world, one, status=status, _captured_minor=minor)
    return taken


def void(world: World, authorization_id: str) -> Json:
    """Release what is held under an authorization and its renewal."""
    hold = found(world, "authorization", authorization_id)
    if hold["_root"] != hold["id"]:
        raise _refused(
            "CANNOT_BE_VOIDED",
            "A reauthorization cannot be voided. Please void the original parent authorization.",
        )
    if hold["status"] == "VOIDED":
        raise _refused(
            "PREVIOUSLY_VOIDED",
            "Authorization has been previously voided and hence cannot be voided again.",
        )
    if hold["status"] != "CREATED":
        raise _refused(
            "PREVIOUSLY_CAPTURED",
            "Authorization has been previously captured and hence cannot be voided.",
        )
    for one in family(world, hold):
        _change(world, one, status="VOIDED")
    return found(world, "authorization", authorization_id)


def family(world: World, hold: Json) -> list[Json]:
    """Return an authorization and its renewals."""
    return world.ledger.find("paypal.authorization", {"_root": hold["_root"]})


def has_expired(hold: Json) -> bool:
    expires_at = datetime.fromisoformat(hold["expiration_time"])
    return hold["status"] == "CREATED" and expires_at <= datetime.now(UTC)


def move_expiry(world: World, hold: Json, at: datetime) -> None:
    for one in family(world, hold):
        _change(world, one, expiration_time=at.isoformat())


def _refuse_ended(hold: Json) -> None:
    status = hold["status"]
    if status == "VOIDED":
        raise _refused("AUTHORIZATION_VOIDED", "A voided authorization cannot be captured.")
    if status != "CREATED":
        raise _refused(
            "AUTHORIZATION_ALREADY_CAPTURED", "Authorization has previously been captured."
        )
    if has_expired(hold):
        raise _refused("AUTHORIZATION_EXPIRED", "An expired authorization cannot be captured.")


def _authorization(
    minor: int, currency: str, order_id: str, reference: str, *, root: str | None = None
) -> Json:
    now = iso_now()
    hold_id = paypal_objects.new_id()
    return {
        "id": hold_id,
        "status": "CREATED",
        "amount": paypal_objects.money(minor, currency),
        "custom_id": reference,
        "expiration_time": (datetime.now(UTC) + LASTS).isoformat(),
        "supplementary_data": {"related_ids": {"order_id": order_id}},
        "create_time": now,
        "update_time": now,
        "_root": root or hold_id,
        "_minor": minor,
        "_captured_minor": 0,
        "_renewed": False,
    }


def _refused(issue: str, description: str, *, field: str | None = None) -> RefusalError:
    return paypal_refusal(422, issue, description, field=field)


def _change(world: World, hold: Json, **values: object) -> None:
    hold |= {**values, "update_time": iso_now()}
    world.ledger.save("paypal.authorization", hold["id"], hold)
