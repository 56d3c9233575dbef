"""What happened, counted from the providers' side: the answers of ``/_ledger``."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from sandbox import easypost_shipments, holds, kuaidi100_ledger, payments, sf_ledger, ups_ledger
from sandbox.ledger import Json
from sandbox.world import World, world_of

router = APIRouter(prefix="/_ledger", tags=["ledger"])


_NEWEST_REQUESTS = (
    "SELECT * FROM (SELECT * FROM requests WHERE :system IS NULL OR system = :system"
    " ORDER BY seq DESC LIMIT :limit) ORDER BY seq"
)
_NEXT_REQUESTS = (
    "SELECT * FROM requests WHERE (:system IS NULL OR system = :system) AND seq > :after"
    " ORDER BY seq LIMIT :limit"
)


@router.get("")
async def read_ledger(
    request: Request, order_id: str | None = None, return_id: str | None = None
) -> Json:
    """Return all effects, or those of one order or return, oldest first."""
    world = world_of(request)
    async with world.ledger.transaction():
        return effects(world, order_id=order_id, return_id=return_id)


@router.get("/requests")
async def read_requests(
    request: Request,
    system: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    after: Annotated[int | None, Query(ge=0)] = None,
) -> list[Json]:
    """Return what was asked, oldest first; ``fault`` names what struck the request.

    The newest ``limit`` of them, or the first ``limit`` whose ``seq`` is above ``after``.
    """
    world = world_of(request)
    async with world.ledger.transaction():
        rows = world.ledger.sql.execute(
            _NEWEST_REQUESTS if after is None else _NEXT_REQUESTS,
            {"system": system, "after": after, "limit": limit},
        ).fetchall()
        return [dict(row) for row in rows]


@router.get("/webhooks")
async def read_webhooks(request: Request, system: str | None = None) -> list[Json]:
    """Return the deliveries of events and how they went, oldest first."""
    world = world_of(request)
    async with world.ledger.transaction():
        rows = world.ledger.sql.execute(
            "SELECT seq, system, event_id, event_type, state, tries, held_by, last_answer, at"
            " FROM deliveries WHERE ? IS NULL OR system = ? ORDER BY seq",
            (system, system),
        ).fetchall()
        return [dict(row) for row in rows]


def effects(world: World, *, order_id: str | None, return_id: str | None) -> Json:
    """Collect the effects; an order's are its refunds and all of the returns stamped on them."""
    refunds = _refunds(world, order_id, return_id)
    replacements = _stamped(world, "commerce.replacement", order_id, return_id)
    returns: list[str] | None = None
    if return_id is not None:
        returns = [return_id]
    elif order_id is not None:
        stamps = [found["return_id"] for found in (*refunds, *replacements)]
        returns = list(dict.fromkeys(stamp for stamp in stamps if stamp is not None))
    labels = _booked(world, "easypost.shipment", returns)
    visits = _booked(world, "easypost.pickup", returns)
    orders = _booked(world, "kuaidi100.order", returns)
    of_sf = sf_ledger.sold(_booked(world, "sf.order", returns))
    return {
        "refunds": refunds,
        "holds": _holds(world, order_id, return_id),
        "labels": [_label(found) for found in labels if found["postage_label"] is not None]
        + [ups_ledger.label(found) for found in _booked(world, "ups.shipment", returns)]
        + [kuaidi100_ledger.label(order) for order in orders]
        + [sf_ledger.label(order) for order in of_sf],
        "pickups": [_pickup(found) for found in visits if found["status"] != "unknown"]
        + ups_ledger.visits(world, returns)
        + [kuaidi100_ledger.visit(order) for order in orders]
        + [sf_ledger.visit(order) for order in of_sf],
        "stock_moves": _of_returns(world, "commerce.stock_move", returns),
        "replacements": replacements,
        "reservations": _booked(world, "commerce.reservation", returns),
        "mails": _of_returns(world, "mail", returns),
    }


def _refunds(world: World, order_id: str | None, return_id: str | None) -> list[Json]:
    if order_id is None:
        return payments.refunds(world, return_id=return_id)
    order = world.ledger.get("commerce.order", order_id) or {"tenders": []}
    paid_by = [str(tender["payment_ref"]) for tender in order["tenders"]]
    return payments.refunds(world, payments=paid_by, return_id=return_id)


def _holds(world: World, order_id: str | None, return_id: str | None) -> list[Json]:
    """Return the holds on what an order's tenders name, which is all that some providers show."""
    if order_id is None:
        return holds.holds(world, return_id=return_id)
    order = world.ledger.get("commerce.order", order_id) or {"tenders": []}
    agreed = [tender["hold_method"] for tender in order["tenders"] if tender.get("hold_method")]
    return holds.holds(
        world, methods=[method["method_ref"] for method in agreed], return_id=return_id
    )


def _stamped(world: World, kind: str, order_id: str | None, return_id: str | None) -> list[Json]:
    wanted = {"order_id": order_id, "return_id": return_id}
    where = {name: value for name, value in wanted.items() if value is not None}
    return world.ledger.find(kind, where)[::-1]


def _of_returns(world: World, kind: str, returns: list[str] | None) -> list[Json]:
    if returns is None:
        return world.ledger.find(kind)[::-1]
    return [
        found
        for return_id in returns
        for found in world.ledger.find(kind, {"return_id": return_id})[::-1]
    ]


def _booked(world: World, kind: str, returns: list[str] | None) -> list[Json]:
    """Return what was booked under the reference ``<return_id>/…``."""
    if returns is None:
        return world.ledger.find(kind)[::-1]
    return [
        found
        for return_id in returns
        for found in world.ledger.find_booked_for(kind, return_id)[::-1]
    ]


def _label(shipment: Json) -> Json:
    status = easypost_shipments.refund_status(shipment)
    rate = shipment["selected_rate"]
    return {
        "system": "easypost",
        "shipment_id": shipment["id"],
        "tracking_code": shipment["tracking_code"],
        "reference": shipment["reference"],
        "is_return": shipment["is_return"],
        "status": {None: "bought", "submitted": "refund_submitted"}.get(status, status),
        "cost_minor": _cents(rate["rate"]),
        "currency": rate["currency"],
        "created_at": shipment["_bought_at"],
    }


def _pickup(pickup: Json) -> Json:
    return {
        "system": "easypost",
        "pickup_id": pickup["id"],
        "shipment_id": pickup["_shipment_id"],
        "reference": pickup["reference"],
        "status": pickup["status"],
        "confirmation": pickup["confirmation"],
        "outcome": pickup["_outcome"],
        "min_datetime": pickup["min_datetime"],
        "max_datetime": pickup["max_datetime"],
        "cost_minor": _cents(pickup["_bought"]["rate"]),
        "currency": pickup["_bought"]["currency"],
        "created_at": pickup["created_at"],
    }


def _cents(amount: str) -> int:
    """Postage is billed with two decimals in every currency."""
    return int(amount.replace(".", ""))
