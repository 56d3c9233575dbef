"""The merchant platform's API: orders, products, locations, stock and replacement orders.

``python -m sandbox.commerce_api`` writes its contract.
"""

import json
import sys
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Security
from fastapi.openapi.utils import get_openapi
from fastapi.security import HTTPBearer

from sandbox import commerce_stock
from sandbox.commerce_models import (
    ErrorAnswer,
    Location,
    Locations,
    Order,
    Product,
    ReplacementEvent,
    ReplacementOrder,
    ReplacementRequest,
    Reservation,
    ReservationRequest,
    StockMove,
    StockMoveRequest,
)
from sandbox.errors import commerce_refusal
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.world import world_of

# The gate checks the token before any route runs; this only states it in the contract.
_TOKEN = HTTPBearer(auto_error=False, description="the token of the connection")


def _answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": ErrorAnswer} for status in (401, 422, *statuses)}


router = APIRouter(prefix="/commerce/v1", route_class=SystemRoute, dependencies=[Security(_TOKEN)])
webhooks = APIRouter()

PathText = Annotated[str, Path(min_length=1, max_length=200)]


@router.get(
    "/orders/{order_id}", operation_id="get_order", response_model=Order, responses=_answers(404)
)
async def get_order(request: Request, order_id: PathText) -> Json:
    """Return the facts of one order.

    A replacement that was sent is one under its `replacement_order_id`: it costs what was carried
    over, which is what the goods that came back for it had been paid with, more or less by the
    difference, and names the payments that paid it. Its contract is that of the first order.
    """
    order = world_of(request).ledger.get("commerce.order", order_id)
    if order is None:
        raise commerce_refusal(404, "order_not_found", "no order has this id")
    return order


@router.get(
    "/products/{sku}", operation_id="get_product", response_model=Product, responses=_answers(404)
)
async def get_product(request: Request, sku: PathText) -> Json:
    """Return price and free stock of a product."""
    return commerce_stock.product(world_of(request), sku)


@router.get(
    "/locations",
    operation_id="list_locations",
    response_model=Locations,
    response_model_exclude_unset=True,
    responses=_answers(),
)
async def list_locations(request: Request) -> Json:
    """List the places that receive returns. A platform with one place need not have this path."""
    newest_first = world_of(request).ledger.find("commerce.location")
    return {"locations": newest_first[::-1]}


@router.get(
    "/locations/{location_id}",
    operation_id="get_location",
    response_model=Location,
    response_model_exclude_unset=True,
    responses=_answers(404),
)
async def get_location(request: Request, location_id: PathText) -> Json:
    """Return the address of a place that receives returns."""
    location = world_of(request).ledger.get("commerce.location", location_id)
    if location is None:
        raise commerce_refusal(404, "location_not_found", "no location has this id")
    return location


@router.post(
    "/stock-reservations",
    status_code=201,
    operation_id="reserve_stock",
    responses=_answers(404, 409),
)
async def reserve_stock(request: Request, body: ReservationRequest) -> Reservation:
    """Hold units for a replacement. The same reference repeats the answer; 409 `out_of_stock`."""
    found = commerce_stock.reserve(world_of(request), body.model_dump())
    return Reservation(reservation_id=found["reservation_id"], status=found["status"])


@router.delete(
    "/stock-reservations/{reservation_id}",
    status_code=204,
    operation_id="release_stock",
    responses=_answers(404),
)
async def release_stock(request: Request, reservation_id: PathText) -> None:
    """Give held units back. Repeating it changes nothing."""
    commerce_stock.release(world_of(request), reservation_id)


@router.post("/stock-moves", operation_id="move_stock", responses=_answers(409))
async def move_stock(request: Request, body: StockMoveRequest) -> StockMove:
    """Apply a disposition to stock, once per `move_id`; other content is a 409 `move_conflict`."""
    return StockMove(move_id=commerce_stock.move(world_of(request), body.model_dump())["move_id"])


@router.post(
    "/replacement-orders",
    status_code=201,
    operation_id="create_replacement_order",
    responses=_answers(404, 409),
)
async def create_replacement_order(request: Request, body: ReplacementRequest) -> ReplacementOrder:
    """Send new goods. The same reference repeats the answer; 409 `out_of_stock`.

    With `due_minor` above zero the order is `awaiting_payment`, until the customer has paid.
    """
    return _replacement(commerce_stock.replace(world_of(request), body.model_dump()))


@router.get(
    "/replacement-orders/{replacement_order_id}",
    operation_id="get_replacement_order",
    responses=_answers(404),
)
async def get_replacement_order(
    request: Request, replacement_order_id: PathText
) -> ReplacementOrder:
    """Return a replacement order as it stands."""
    return _replacement(commerce_stock.find_replacement(world_of(request), replacement_order_id))


@router.post(
    "/replacement-orders/{replacement_order_id}/cancel",
    operation_id="cancel_replacement_order",
    responses=_answers(404),
)
async def cancel_replacement_order(
    request: Request, replacement_order_id: PathText
) -> ReplacementOrder:
    """Call off an order that is not paid. One that was paid stays, and the answer says so."""
    world = world_of(request)
    found = commerce_stock.find_replacement(world, replacement_order_id)
    return _replacement(commerce_stock.cancel(world, found))


@webhooks.post(
    "replacement",
    operation_id="replacement_moved",
    responses={422: {"description": "not understood"}},
)
async def replacement_moved(body: ReplacementEvent) -> None:
    """A replacement order was paid, cancelled, shipped or delivered.

    Answer 2xx, or it is sent again.
    """


def contract() -> Json:
    """Return the OpenAPI document of the contract a merchant platform implements."""
    document = get_openapi(
        title="Backhaul commerce platform contract",
        version="1",
        summary="What Backhaul asks of a merchant's platform.",
        description="Amounts are integers in minor units of their ISO 4217 currency. Every request"
        " may come again: references and move ids of the caller say that it is the same one. Texts"
        " hold no control characters, except tab and line breaks.",
        routes=router.routes,
        webhooks=webhooks.routes,
        servers=[{"url": "https://shop.example.com/commerce/v1", "description": "an example"}],
    )
    paths = document["paths"].items()
    document["paths"] = {path.removeprefix(router.prefix): item for path, item in paths}
    return document


def _replacement(found: Json) -> ReplacementOrder:
    return ReplacementOrder(**{name: found[name] for name in ReplacementOrder.model_fields})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(contract(), indent=2, ensure_ascii=False) + "\n")
