"""PayPal's API: tokens, holds, captures with their refunds, and the orders that show them."""

import secrets
from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Path, Request

from sandbox import paypal_holds, paypal_refunds
from sandbox.errors import paypal_refusal
from sandbox.faults import FaultKind
from sandbox.gate import SystemRoute
from sandbox.idempotency import StoredAnswer
from sandbox.ledger import Json
from sandbox.paypal_objects import shown
from sandbox.paypal_refunds import (
    CaptureAsked,
    RefundRequest,
    RenewalAsked,
    found,
    refunds_of,
)
from sandbox.world import World, world_of

router = APIRouter(prefix="/paypal", route_class=SystemRoute, include_in_schema=False)

Id = Annotated[str, Path(min_length=1, max_length=300)]

_TOKEN_LIVES_S = 9 * 3600


@router.post("/v1/oauth2/token")
async def create_token(request: Request) -> Json:
    form = dict(parse_qsl((await request.body()).decode()))
    if not request.headers.get("authorization", "").lower().startswith("basic "):
        raise paypal_refusal(401, "invalid_client", "Client Authentication failed")
    if form.get("grant_type") != "client_credentials":
        raise paypal_refusal(400, "unsupported_grant_type", "Grant Type is not supported")
    token = f"A21AA{secrets.token_urlsafe(40)}"
    return {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_LIVES_S}


@router.post("/v2/payments/captures/{capture_id}/refund", status_code=201)
async def refund_capture(
    request: Request, capture_id: Id, body: RefundRequest | None = None
) -> Json:
    waits = FaultKind.PENDING_REFUND in request.state.hits

    def give_back(world: World) -> Json:
        return paypal_refunds.create(world, capture_id, body or RefundRequest(), waits=waits)

    return _once(request, "refund", give_back)


@router.get("/v2/payments/authorizations/{authorization_id}")
async def get_authorization(request: Request, authorization_id: Id) -> Json:
    hold = found(world_of(request), "authorization", authorization_id)
    return shown(hold, base=_base(request))


@router.post("/v2/payments/authorizations/{authorization_id}/capture", status_code=201)
async def capture_authorization(
    request: Request, authorization_id: Id, body: CaptureAsked | None = None
) -> Json:
    def take(world: World) -> Json:
        return paypal_holds.capture(world, authorization_id, body or CaptureAsked())

    return _once(request, "capture", take)


@router.post("/v2/payments/authorizations/{authorization_id}/reauthorize", status_code=201)
async def reauthorize(
    request: Request, authorization_id: Id, body: RenewalAsked | None = None
) -> Json:
    def renew(world: World) -> Json:
        return paypal_holds.renew(world, authorization_id, (body or RenewalAsked()).amount)

    return _once(request, "authorization", renew)


@router.post("/v2/payments/authorizations/{authorization_id}/void")
async def void_authorization(request: Request, authorization_id: Id) -> Json:
    """Release a hold; the specification gives this call no request id."""
    hold = paypal_holds.void(world_of(request), authorization_id)
    return shown(hold, base=_base(request), full=_wants_all(request))


@router.get("/v2/payments/captures/{capture_id}")
async def get_capture(request: Request, capture_id: Id) -> Json:
    return shown(found(world_of(request), "capture", capture_id), base=_base(request))


@router.get("/v2/payments/refunds/{refund_id}")
async def get_refund(request: Request, refund_id: Id) -> Json:
    return shown(found(world_of(request), "refund", refund_id), base=_base(request))


@router.get("/v2/checkout/orders/{order_id}")
async def get_order(request: Request, order_id: Id) -> Json:
    world, base = world_of(request), _base(request)
    order = found(world, "order", order_id)
    captures = [found(world, "capture", capture_id) for capture_id in order["_captures"]]
    payments = {
        "captures": [shown(capture, base=base) for capture in captures],
        "refunds": _refunds(world, captures, base),
    }
    (unit,) = order["purchase_units"]
    return {
        **{name: value for name, value in order.items() if not name.startswith("_")},
        "purchase_units": [unit | {"payments": payments}],
    }


def _refunds(world: World, captures: list[Json], base: str) -> list[Json]:
    return [
        shown(refund, base=base)
        for capture in captures
        for refund in refunds_of(world, capture["id"])
    ]


def _once(request: Request, kind: str, make: Callable[[World], Json]) -> Json:
    """Make an object; a known request id is answered by the latest state of what it made."""
    world, key = world_of(request), request.headers.get("paypal-request-id")
    done = world.keys.stored("paypal", key, "") if key else None
    if done is not None:
        made = found(world, kind, done.body)
    else:
        made = make(world)
        if key:
            kept = StoredAnswer(201, made["id"], request.state.request_id)
            world.keys.keep("paypal", key, "", kept)
    return shown(made, base=_base(request), full=_wants_all(request))


def _wants_all(request: Request) -> bool:
    return "return=representation" in request.headers.get("prefer", "")


def _base(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/paypal"
