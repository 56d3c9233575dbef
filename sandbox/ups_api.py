"""UPS's API: tokens, rates, labels, courier visits and tracking."""

import json
import secrets
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request

from sandbox import ups_parcels, ups_pickups, ups_shipments
from sandbox.errors import ups_refusal
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.world import world_of

router = APIRouter(prefix="/ups", route_class=SystemRoute, include_in_schema=False)

Id = Annotated[str, Path(min_length=1, max_length=100)]
_TOKEN_LIVES_S = 4 * 3600


@router.post("/security/v1/oauth/token")
async def create_token(request: Request) -> Json:
    if not request.headers.get("authorization", "").lower().startswith("basic "):
        raise ups_refusal(401, "10401", "ClientId is Invalid")
    token = f"UPS{secrets.token_urlsafe(40)}"
    # UPS writes the seconds as text.
    return {
        "token_type": "Bearer",
        "access_token": token,
        "expires_in": str(_TOKEN_LIVES_S),
        "status": "approved",
    }


@router.post("/api/rating/v2409/{option}")
async def rate(request: Request, option: Id) -> Json:
    if option.lower() not in ("shop", "shoptimeintransit"):
        raise ups_refusal(400, "INVALID", "the sandbox rates all services alone")
    with_days = option.lower() == "shoptimeintransit"
    return ups_shipments.rated(await _body(request), with_days=with_days)


@router.post("/api/shipments/v2409/ship")
async def ship(request: Request) -> Json:
    base_url = str(request.base_url).rstrip("/")
    return ups_shipments.ship(world_of(request), await _body(request), base_url=base_url)


@router.post("/api/labels/v1/recovery")
async def recover_label(request: Request) -> Json:
    return ups_shipments.recover(world_of(request), await _body(request))


@router.delete("/api/shipments/v2409/void/cancel/{shipment}")
async def void_shipment(request: Request, shipment: Id) -> Json:
    return ups_shipments.void(world_of(request), shipment)


@router.post("/api/shipments/v2409/pickup/oncall")
async def rate_pickup(request: Request) -> Json:
    return ups_pickups.rated(await _body(request))


@router.get("/api/shipments/v2409/pickup/oncall")
async def pending_pickups(
    request: Request, account_number: Annotated[str, Header(alias="AccountNumber")] = ""
) -> Json:
    if not account_number:
        raise ups_refusal(400, "MISSING", "AccountNumber is required")
    return ups_pickups.pending(world_of(request), account_number)


@router.delete("/api/shipments/v2409/pickup/{by}")
async def cancel_pickup(
    request: Request, by: Id, prn: Annotated[str, Header(alias="Prn")] = ""
) -> Json:
    if by != "02" or not prn:
        raise ups_refusal(400, "MISSING", "the sandbox cancels by Prn alone")
    return ups_pickups.cancel(world_of(request), prn)


@router.post("/api/pickupcreation/v2409/pickup")
async def create_pickup(request: Request) -> Json:
    return ups_pickups.create(world_of(request), await _body(request))


@router.get("/api/track/v1/details/{number}")
async def track(request: Request, number: Id) -> Json:
    _named(request)
    return ups_parcels.tracked(world_of(request), number)


@router.get("/api/track/v1/reference/details/{reference}")
async def track_by_reference(request: Request, reference: Id) -> Json:
    _named(request)
    account = request.query_params.get("shipperNum")
    return ups_parcels.tracked_by_reference(world_of(request), reference, account)


def _named(request: Request) -> None:
    """Refuse a request for tracking without the headers that name it."""
    for name in ("transId", "transactionSrc"):
        if not request.headers.get(name):
            raise ups_refusal(400, "MISSING", f"{name} is required")


async def _body(request: Request) -> Json:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise ups_refusal(400, "INVALID", "the body is no JSON") from error
    if not isinstance(body, dict):
        raise ups_refusal(400, "INVALID", "the body is no object")
    return body
