"""EasyPost's API: shipments, pickups, trackers, label refunds and events."""

import json
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from sandbox import easypost_pickups, easypost_shipments, easypost_trackers
from sandbox.easypost_objects import public
from sandbox.errors import easypost_refusal
from sandbox.gate import SystemRoute
from sandbox.ledger import Json
from sandbox.world import world_of

router = APIRouter(prefix="/easypost/v2", route_class=SystemRoute, include_in_schema=False)

# References hold slashes and stand in place of ids, so an id may be a path.
Id = Annotated[str, Path(min_length=1, max_length=300)]


@router.post("/shipments", status_code=201)
async def create_shipment(request: Request) -> Json:
    world = world_of(request)
    shipment = easypost_shipments.create(world, await _read(request, "shipment"))
    return easypost_shipments.presented(world, shipment)


@router.get("/shipments")
async def list_shipments(request: Request) -> Json:
    """Newest first; like the vendor's, only the purchased ones unless ``purchased=false``."""
    world = world_of(request)
    purchased = request.query_params.get("purchased", "true").lower() != "false"
    found, more = _page(request, "shipment", purchased=purchased)
    shipments = [easypost_shipments.presented(world, shipment) for shipment in found]
    return {"shipments": shipments, "has_more": more}


@router.post("/shipments/{shipment_id:path}/buy")
async def buy_shipment(request: Request, shipment_id: Id) -> Json:
    world = world_of(request)
    shipment = easypost_shipments.find(world, shipment_id)
    bought = easypost_shipments.buy(
        world, shipment, await _read(request), base_url=str(request.base_url).rstrip("/")
    )
    return easypost_shipments.presented(world, bought)


@router.post("/shipments/{shipment_id:path}/forms")
async def create_form(request: Request, shipment_id: Id) -> Json:
    world = world_of(request)
    shipment = easypost_shipments.find(world, shipment_id)
    made = easypost_shipments.add_form(
        world,
        shipment,
        await _read(request, "form"),
        base_url=str(request.base_url).rstrip("/"),
    )
    return easypost_shipments.presented(world, made)


@router.post("/shipments/{shipment_id:path}/refund")
async def refund_shipment(request: Request, shipment_id: Id) -> Json:
    world = world_of(request)
    shipment = easypost_shipments.find(world, shipment_id)
    return easypost_shipments.presented(world, easypost_shipments.refund(world, shipment))


@router.get("/shipments/{shipment_id:path}")
async def get_shipment(request: Request, shipment_id: Id) -> Json:
    world = world_of(request)
    return easypost_shipments.presented(world, easypost_shipments.find(world, shipment_id))


@router.post("/refunds")
async def create_refunds(request: Request) -> Response:
    """Refund labels by tracking code."""
    world = world_of(request)
    given = await _read(request, "refund")
    codes = given.get("tracking_codes")
    if not isinstance(codes, list) or not codes:
        raise easypost_refusal(422, "REFUND.TRACKING_CODES.INVALID", "Tracking codes are needed.")
    refunds: list[Json] = []
    for code in codes:
        shipments = world.ledger.find("easypost.shipment", {"tracking_code": str(code)}, limit=1)
        if not shipments:
            raise easypost_refusal(
                422, "REFUND.TRACKING_CODE.NOT_FOUND", "No label has this tracking code."
            )
        easypost_shipments.refund(world, shipments[0])
        refunds += world.ledger.find("easypost.refund", {"tracking_code": str(code)}, limit=1)
    answer = [easypost_shipments.presented_refund(refund) for refund in refunds]
    return Response(json.dumps(answer), media_type="application/json")


@router.get("/refunds")
async def list_refunds(request: Request) -> Json:
    found, more = _page(request, "refund")
    refunds = [easypost_shipments.presented_refund(refund) for refund in found]
    return {"refunds": refunds, "has_more": more}


@router.get("/refunds/{refund_id}")
async def get_refund(request: Request, refund_id: Id) -> Json:
    refund = world_of(request).ledger.get("easypost.refund", refund_id)
    if refund is None:
        raise easypost_shipments.not_found()
    return easypost_shipments.presented_refund(refund)


@router.post("/pickups")
async def create_pickup(request: Request) -> Json:
    return public(easypost_pickups.create(world_of(request), await _read(request, "pickup")))


@router.get("/pickups")
async def list_pickups(request: Request) -> Json:
    found, more = _page(request, "pickup")
    return {"pickups": [public(pickup) for pickup in found], "has_more": more}


@router.post("/pickups/{pickup_id:path}/buy")
async def buy_pickup(request: Request, pickup_id: Id) -> Json:
    world = world_of(request)
    pickup = easypost_pickups.find(world, pickup_id)
    return public(easypost_pickups.buy(world, pickup, await _read(request)))


@router.post("/pickups/{pickup_id:path}/cancel")
async def cancel_pickup(request: Request, pickup_id: Id) -> Json:
    world = world_of(request)
    return public(easypost_pickups.cancel(world, easypost_pickups.find(world, pickup_id)))


@router.get("/pickups/{pickup_id:path}")
async def get_pickup(request: Request, pickup_id: Id) -> Json:
    return public(easypost_pickups.find(world_of(request), pickup_id))


@router.post("/trackers")
async def create_tracker(request: Request) -> Json:
    given = await _read(request, "tracker")
    code = given.get("tracking_code")
    if not isinstance(code, str) or not code:
        raise easypost_refusal(422, "TRACKER.INVALID_PARAMS", "A tracking code is needed.")
    tracker = easypost_trackers.create(
        world_of(request), tracking_code=code, carrier=str(given.get("carrier") or "USPS")
    )
    return easypost_trackers.presented(tracker)


@router.get("/trackers")
async def list_trackers(request: Request) -> Json:
    code = request.query_params.get("tracking_code")
    found, more = _page(request, "tracker", where={"tracking_code": code} if code else None)
    trackers = [easypost_trackers.presented(tracker) for tracker in found]
    return {"trackers": trackers, "has_more": more}


@router.get("/trackers/{tracker_id}")
async def get_tracker(request: Request, tracker_id: Id) -> Json:
    return easypost_trackers.presented(easypost_trackers.find(world_of(request), tracker_id))


@router.get("/events")
async def list_events(request: Request) -> Json:
    """The list leaves out what happened, as the vendor's does; read one event for that."""
    found, more = _page(request, "event")
    hidden = ("result", "previous_attributes", "pending_urls", "completed_urls", "updated_at")
    events = [{name: event[name] for name in event if name not in hidden} for event in found]
    return {"events": events, "has_more": more}


@router.get("/events/{event_id}")
async def get_event(request: Request, event_id: Id) -> Json:
    event = world_of(request).ledger.get("easypost.event", event_id)
    if event is None:
        raise easypost_shipments.not_found()
    return event


async def _read(request: Request, wrapper: str | None = None) -> Json:
    """Return the JSON object of the body, or the one inside its ``wrapper`` field."""
    body = await request.body()
    try:
        given = json.loads(body) if body else {}
    except ValueError as error:
        raise easypost_refusal(400, "BAD_REQUEST", "The body is not JSON.") from error
    if isinstance(given, dict) and wrapper is not None:
        given = given.get(wrapper)
        if not given:
            raise easypost_refusal(
                422,
                "PARAMETER.REQUIRED",
                "Missing required parameter.",
                fields={wrapper: "cannot be blank"},
            )
    if not isinstance(given, dict):
        raise easypost_refusal(400, "BAD_REQUEST", "The body is not a JSON object.")
    return given


def _page(
    request: Request,
    kind: str,
    *,
    where: dict[str, str] | None = None,
    purchased: bool = False,
) -> tuple[list[Json], bool]:
    query = request.query_params
    size = query.get("page_size", "20")
    if not size.isdecimal() or not 1 <= int(size) <= 100:
        raise easypost_refusal(422, "PARAMETER.FORBIDDEN", "page_size must be within 1 and 100.")
    found = world_of(request).ledger.find(
        f"easypost.{kind}",
        where,
        older_than=query.get("before_id"),
        newer_than=query.get("after_id"),
    )
    if purchased:
        found = [shipment for shipment in found if shipment["postage_label"] is not None]
    # All times are written alike, so that they compare as texts.
    since = query.get("start_datetime", "")
    found = [document for document in found if document["created_at"] > since]
    return found[: int(size)], len(found) > int(size)
