"""Stripe's API of disputes, and what customers' banks do with payments and refunds."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import Field

from sandbox import stripe_disputes, stripe_payments, stripe_refunds
from sandbox.commerce_models import Contract, Minor
from sandbox.control import from_this_machine
from sandbox.currencies import to_stripe
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.stripe_api import Id
from sandbox.stripe_forms import boolean, nested, read_form, read_query
from sandbox.stripe_refunds import found
from sandbox.world import world_of

router = APIRouter()
_api = APIRouter(prefix="/stripe/v1", route_class=SystemRoute, include_in_schema=False)
_control = APIRouter(
    prefix="/_control", tags=["control"], dependencies=[Depends(from_this_machine)]
)


@_api.get("/disputes/{dispute_id}")
async def get_dispute(request: Request, dispute_id: Id) -> Json:
    read_query(request, ())
    return found(world_of(request), "dispute", dispute_id)


@_api.post("/disputes/{dispute_id}")
async def update_dispute(request: Request, dispute_id: Id) -> Json:
    form = await read_form(request, ("evidence", "submit"))
    world = world_of(request)
    dispute = found(world, "dispute", dispute_id)
    texts = nested(form, "evidence", stripe_disputes.EVIDENCE_TEXTS)
    return stripe_disputes.argue(
        world, dispute, texts, submit=boolean(form, "submit", default=True)
    )


class NewDispute(Contract):
    """``amount_minor`` left out is all that was captured; an inquiry takes no money yet."""

    amount_minor: Minor | None = None
    reason: Literal["credit_not_processed", "fraudulent", "general", "product_not_received"] = (
        "credit_not_processed"
    )
    status: Literal["needs_response", "warning_needs_response"] = "needs_response"
    due_in_s: Annotated[int, Field(ge=1)] = 7 * 24 * 3600


class Decision(Contract):
    outcome: Literal["won", "lost"]


@_control.post("/payments/{payment_ref}/dispute")
async def open_dispute(request: Request, payment_ref: str, body: NewDispute) -> Json:
    """Let the customer's bank dispute a payment of Stripe's."""
    world = world_of(request)
    async with world.ledger.transaction():
        charge = stripe_payments.charge_of(world, payment_ref)
        if charge is None:
            raise HTTPException(404, "no payment has this id")
        amount = body.amount_minor
        return stripe_disputes.open_dispute(
            world,
            charge,
            amount=None if amount is None else to_stripe(amount, charge["currency"].upper()),
            reason=body.reason,
            status=body.status,
            due_in=timedelta(seconds=body.due_in_s),
        )


@_control.post("/disputes/{dispute_id}/escalate")
async def escalate_dispute(request: Request, dispute_id: str) -> Json:
    """Let an inquiry become a chargeback."""
    world = world_of(request)
    async with world.ledger.transaction():
        return stripe_disputes.escalate(world, _dispute(request, dispute_id))


@_control.post("/disputes/{dispute_id}/close")
async def close_dispute(request: Request, dispute_id: str, body: Decision) -> Json:
    """Let the bank decide."""
    world = world_of(request)
    async with world.ledger.transaction():
        return stripe_disputes.close(world, _dispute(request, dispute_id), body.outcome)


@_control.post("/refunds/{refund_id}/ask-customer")
async def ask_customer(request: Request, refund_id: str) -> Json:
    """Let a pending refund wait for the customer, so that it can still be cancelled."""
    world = world_of(request)
    async with world.ledger.transaction():
        refund = world.ledger.get("stripe.refund", refund_id)
        if refund is None:
            raise HTTPException(404, "no refund has this id")
        return stripe_refunds.ask_customer(world, refund)


def _dispute(request: Request, dispute_id: str) -> Json:
    dispute = world_of(request).ledger.get("stripe.dispute", dispute_id)
    if dispute is None:
        raise HTTPException(404, "no dispute has this id")
    return dispute


router.include_router(_api)
router.include_router(_control)
