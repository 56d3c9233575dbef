"""Stripe's API: refunds, payment intents, charges and events."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from sandbox import stripe_holds, stripe_objects, stripe_payments, stripe_refunds
from sandbox.currencies import is_chargeable
from sandbox.errors import stripe_refusal
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.stripe_forms import (
    metadata,
    page_limit,
    period,
    read_form,
    read_query,
    required,
    text,
    whole_number,
)
from sandbox.stripe_refunds import found
from sandbox.world import World, world_of

router = APIRouter(prefix="/stripe/v1", route_class=SystemRoute, include_in_schema=False)

Id = Annotated[str, Path(min_length=1, max_length=300)]

_PAGING = ("limit", "starting_after", "ending_before", "created")
_EXPANDABLE = {
    "charge": "charge",
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
}


@router.post("/refunds")
async def create_refund(request: Request) -> Json:
    form = await read_form(
        request, ("amount", "charge", "currency", "metadata", "payment_intent", "reason")
    )
    world = world_of(request)
    return _expanded(world, stripe_refunds.create(world, form, request), form)


@router.get("/refunds")
async def list_refunds(request: Request) -> Json:
    return _list(request, "refund", filters=("charge", "payment_intent"))


@router.get("/refunds/{refund_id}")
async def get_refund(request: Request, refund_id: Id) -> Json:
    return _get(request, "refund", refund_id)


@router.post("/refunds/{refund_id}")
async def update_refund(request: Request, refund_id: Id) -> Json:
    form = await read_form(request, ("metadata",))
    world = world_of(request)
    refund = found(world, "refund", refund_id)
    return _expanded(world, stripe_refunds.annotate(world, refund, form, request), form)


@router.post("/refunds/{refund_id}/cancel")
async def cancel_refund(request: Request, refund_id: Id) -> Json:
    form = await read_form(request, ())
    world = world_of(request)
    refund = found(world, "refund", refund_id)
    return _expanded(world, stripe_refunds.cancel(world, refund, request), form)


@router.post("/payment_intents")
async def create_payment_intent(request: Request) -> Json:
    form = await read_form(
        request,
        (
            "amount",
            "automatic_payment_methods",
            "capture_method",
            "confirm",
            "currency",
            "customer",
            "description",
            "metadata",
            "off_session",
            "payment_method",
            "payment_method_types",
            "return_url",
        ),
    )
    world = world_of(request)
    required(form, "amount")
    amount = whole_number(form, "amount", at_least=1) or 0
    currency = required(form, "currency").lower()
    if len(currency) != 3 or not currency.isalpha() or not currency.isascii():
        raise stripe_refusal(400, f"Invalid currency: {currency}.", param="currency")
    if not is_chargeable(amount, currency):
        raise stripe_refusal(400, f"Invalid amount for {currency}: {amount}.", param="amount")
    capture_method = text(form, "capture_method") or "automatic"
    if capture_method not in ("automatic", "automatic_async", "manual"):
        raise stripe_refusal(400, "Invalid capture_method.", param="capture_method")
    intent = stripe_objects.payment_intent(
        amount=amount,
        currency=currency,
        metadata=metadata(form),
        payment_method=text(form, "payment_method"),
        description=text(form, "description"),
        customer=text(form, "customer"),
        capture_method=capture_method,
    )
    world.ledger.add("stripe.payment_intent", intent["id"], intent)
    if text(form, "confirm") == "true":
        intent = _confirmed(world, intent, request)
    return _expanded(world, intent, form)


@router.post("/payment_intents/{intent_id}/confirm")
async def confirm_payment_intent(request: Request, intent_id: Id) -> Json:
    form = await read_form(request, ("payment_method", "return_url", "off_session"))
    world = world_of(request)
    intent = found(world, "payment_intent", intent_id, param="intent")
    intent["payment_method"] = text(form, "payment_method") or intent["payment_method"]
    return _expanded(world, _confirmed(world, intent, request), form)


@router.post("/payment_intents/{intent_id}/capture")
async def capture_payment_intent(request: Request, intent_id: Id) -> Json:
    form = await read_form(request, ("amount_to_capture", "final_capture", "metadata"))
    world = world_of(request)
    intent = found(world, "payment_intent", intent_id, param="intent")
    return _expanded(world, stripe_holds.capture(world, intent, form, request), form)


@router.post("/payment_intents/{intent_id}/cancel")
async def cancel_payment_intent(request: Request, intent_id: Id) -> Json:
    form = await read_form(request, ("cancellation_reason",))
    world = world_of(request)
    intent = found(world, "payment_intent", intent_id, param="intent")
    return _expanded(world, stripe_holds.cancel(world, intent, form, request), form)


@router.get("/payment_intents")
async def list_payment_intents(request: Request) -> Json:
    stripe_holds.expire_due(world_of(request), request.query_params.get("customer"))
    return _list(request, "payment_intent", filters=("customer",))


@router.get("/payment_intents/{intent_id}")
async def get_payment_intent(request: Request, intent_id: Id) -> Json:
    world = world_of(request)
    stripe_holds.expire_if_due(world, found(world, "payment_intent", intent_id))
    return _get(request, "payment_intent", intent_id)


@router.get("/charges")
async def list_charges(request: Request) -> Json:
    return _list(request, "charge", filters=("payment_intent",))


@router.get("/charges/{charge_id}")
async def get_charge(request: Request, charge_id: Id) -> Json:
    return _get(request, "charge", charge_id)


@router.get("/events")
async def list_events(request: Request) -> Json:
    return _list(request, "event", filters=("type",))


@router.get("/events/{event_id}")
async def get_event(request: Request, event_id: Id) -> Json:
    return _get(request, "event", event_id)


def _confirmed(world: World, intent: Json, request: Request) -> Json:
    if intent["status"] in ("succeeded", "requires_capture", "canceled"):
        raise stripe_refusal(
            400,
            f"You cannot confirm this PaymentIntent because its status is {intent['status']}.",
            code="payment_intent_unexpected_state",
            kept=True,
        )
    if intent["payment_method"] is None:
        raise stripe_refusal(
            400,
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    if intent["capture_method"] == "manual":
        return stripe_holds.place(world, intent, request=request)
    return stripe_payments.confirm(world, intent, request=request)


def _get(request: Request, kind: str, object_id: str) -> Json:
    form = read_query(request, ())
    world = world_of(request)
    return _expanded(world, found(world, kind, object_id), form)


def _list(request: Request, kind: str, *, filters: tuple[str, ...]) -> Json:
    form = read_query(request, (*filters, *_PAGING))
    world = world_of(request)
    limit = page_limit(form)
    older, newer = text(form, "starting_after"), text(form, "ending_before")
    for param, cursor in (("starting_after", older), ("ending_before", newer)):
        if cursor is not None:
            found(world, kind, cursor, param=param)
    where = {name: value for name in filters if (value := text(form, name)) is not None}
    reading_back = newer is not None and older is None
    data = world.ledger.find(
        f"stripe.{kind}",
        where,
        limit=None if reading_back else limit + 1,
        older_than=older,
        newer_than=newer,
        created=period(form),
    )
    more = len(data) > limit
    # The page before a cursor is the one next to it, still newest first.
    data = data[-limit:] if reading_back else data[:limit]
    paths = (form.get("expand") or {}).values()
    within = {"expand": {path: path.removeprefix("data.") for path in paths}}
    data = [_expanded(world, document, within) for document in data]
    return stripe_objects.page(request.url.path.removeprefix("/stripe"), data, more=more)


def _expanded(world: World, document: Json, form: Json) -> Json:
    """Replace the ids named by ``expand[]`` with their objects, one level deep."""
    for path in (form.get("expand") or {}).values():
        kind = _EXPANDABLE.get(path)
        if kind is None or path not in document:
            raise stripe_refusal(400, f"This property cannot be expanded ({path}).", param="expand")
        if isinstance(document[path], str):
            document = document | {path: found(world, kind, document[path])}
    return document
