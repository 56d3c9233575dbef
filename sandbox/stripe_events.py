"""Stripe's events: kept, readable, and queued as webhooks."""

from fastapi import Request

from sandbox.clock import unix_now
from sandbox.gate import STRIPE_VERSION
from sandbox.ledger import Json
from sandbox.stripe_objects import new_id
from sandbox.world import World


def emit(
    world: World,
    event_type: str,
    subject: Json,
    *,
    request: Request | None = None,
    before: Json | None = None,
) -> None:
    """Keep an event about ``subject`` and queue its webhook, inside the caller's transaction.

    ``before`` holds the previous values of what changed; ``request`` is the API call that caused
    it, ``None`` for what happened by itself.
    """
    event_id = new_id("evt")
    data: Json = {"object": subject}
    if before is not None:
        data["previous_attributes"] = before
    event: Json = {
        "id": event_id,
        "object": "event",
        "api_version": STRIPE_VERSION,
        "created": unix_now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {
            "id": request.state.request_id if request is not None else None,
            "idempotency_key": request.headers.get("idempotency-key") if request else None,
        },
        "type": event_type,
    }
    world.ledger.add("stripe.event", event_id, event)
    world.webhooks.enqueue("stripe", event_id, event_type, event)
