"""The strings behind the scenes: what is in the shops, where webhooks go, what goes wrong."""

import ipaddress
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import Field

from sandbox import (
    commerce_stock,
    easypost_pickups,
    easypost_trackers,
    holds,
    kuaidi100_orders,
    kuaidi100_parcels,
    payments,
    sf_orders,
    sf_routes,
    ups_parcels,
    ups_pickups,
)
from sandbox.commerce_models import (
    Accepts,
    Address,
    Contract,
    Currency,
    Minor,
    Name,
    Order,
    Tender,
)
from sandbox.easypost_objects import public
from sandbox.errors import RefusalError
from sandbox.faults import Fault, FaultPlan
from sandbox.ledger import Json
from sandbox.signatures import standard_webhook_key
from sandbox.webhooks import is_loopback
from sandbox.world import World, world_of


def from_this_machine(request: Request) -> None:
    host = request.client.host if request.client is not None else ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if world_of(request).local_only and not local:
        raise HTTPException(403, "control is for this machine alone")


Telling = Literal["stripe", "paypal", "wechatpay", "easypost", "ups", "kuaidi100", "commerce"]
router = APIRouter(prefix="/_control", tags=["control"], dependencies=[Depends(from_this_machine)])


class NewTender(Tender):
    """A tender to store; without ``payment_ref`` the payment is made first."""

    payment_ref: Name | None = None  # type: ignore[assignment]  # widened for input alone
    holdable_minor: Minor | None = None
    """What the customer agrees to have held; without a ``hold_method`` one is made for it."""


class NewOrder(Order):
    tenders: Annotated[list[NewTender], Field(min_length=1)]  # type: ignore[assignment]  # as above


class NewProduct(Contract):
    price_minor: Minor
    currency: Currency
    in_stock: Annotated[int, Field(ge=0)]


class NewLocation(Contract):
    time_zone: Name
    address: Address
    accepts: Accepts | None = None


class WebhookTarget(Contract):
    url: Name
    secret: Name


class NewScan(Contract):
    scan_id: Name
    status: Literal[
        "pre_transit",
        "in_transit",
        "out_for_delivery",
        "delivered",
        "return_to_sender",
        "failure",
    ]


class PickupOutcome(Contract):
    outcome: Literal["out", "collected", "customer_absent", "courier_no_show"]


class HoldExpiry(Contract):
    in_seconds: Annotated[int, Field(ge=0, le=10**7)] = 0


class ReplacementStep(Contract):
    status: Literal["created", "shipped", "delivered", "cancelled"]


@router.put("/orders/{order_id}")
async def put_order(request: Request, order_id: str, body: NewOrder) -> Json:
    """Store an order and pay its tenders; a tender paid before under the same id stays paid."""
    if body.order_id != order_id:
        raise HTTPException(422, "order_id differs from the path")
    world = world_of(request)
    order = body.model_dump(mode="json")
    async with world.ledger.transaction():
        known = world.ledger.get("commerce.order", order_id) or {"tenders": []}
        for tender in order["tenders"]:
            if tender["payment_ref"] is None:
                tender["payment_ref"] = _paid_before(known, tender) or _pay(world, order, tender)
            minor = tender.pop("holdable_minor")
            if minor is not None and tender["hold_method"] is None:
                tender["hold_method"] = _agreed_before(known, tender) or _agree(
                    world, order, tender, minor
                )
        world.ledger.save("commerce.order", order_id, order)
    return order


@router.put("/products/{sku}")
async def put_product(request: Request, sku: str, body: NewProduct) -> Json:
    """Set price and free stock."""
    product: Json = {"sku": sku, **body.model_dump()}
    return await _save(world_of(request), "commerce.product", sku, product)


@router.put("/locations/{location_id}")
async def put_location(request: Request, location_id: str, body: NewLocation) -> Json:
    location: Json = {"location_id": location_id, **body.model_dump(exclude_none=True)}
    return await _save(world_of(request), "commerce.location", location_id, location)


@router.delete("/locations/{location_id}", status_code=204)
async def delete_location(request: Request, location_id: str) -> None:
    """Close a place: it is listed no more."""
    world = world_of(request)
    async with world.ledger.transaction():
        world.ledger.delete("commerce.location", location_id)


@router.put("/webhooks/{system}")
async def put_webhook_target(request: Request, system: Telling, body: WebhookTarget) -> Json:
    """Say where a system's webhooks go and how they are signed."""
    world = world_of(request)
    if world.local_only and not is_loopback(body.url):
        raise HTTPException(422, "url must be http(s) on a loopback address")
    if system == "commerce":
        try:
            standard_webhook_key(body.secret)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
    if system == "wechatpay" and len(body.secret.encode()) != 32:
        raise HTTPException(422, "an APIv3 key has 32 bytes")
    async with world.ledger.transaction():
        world.webhooks.set_target(system, body.url, body.secret)
    return {"system": system, "url": body.url}


@router.delete("/webhooks/{system}", status_code=204)
async def delete_webhook_target(request: Request, system: Telling) -> None:
    """Send a system's webhooks nowhere; what is still undelivered is dropped."""
    world = world_of(request)
    async with world.ledger.transaction():
        world.webhooks.remove_target(system)


@router.post("/parcels/{tracking_code}/scans")
async def scan_parcel(request: Request, tracking_code: str, body: NewScan) -> Json:
    """Let a carrier scan a parcel, once per ``scan_id``."""
    world = world_of(request)
    async with world.ledger.transaction():
        shipment = ups_parcels.find(world, tracking_code)
        if shipment is not None:
            ups_parcels.scan(world, shipment, status=body.status, scan_id=body.scan_id)
            world.ledger.save("ups.shipment", shipment["id"], shipment)
            return shipment
        order = kuaidi100_orders.find(world, tracking_code)
        if order is not None:
            return kuaidi100_parcels.scan(world, order, status=body.status, scan_id=body.scan_id)
        by_sf = sf_orders.find(world, tracking_code)
        if by_sf is not None:
            return sf_routes.scan(world, by_sf, status=body.status, scan_id=body.scan_id)
        tracker = _or_404(easypost_trackers.find, world, tracking_code)
        scanned = easypost_trackers.scan(world, tracker, status=body.status, scan_id=body.scan_id)
        return easypost_trackers.presented(scanned)


@router.post("/pickups/{pickup_id}/outcome")
async def finish_pickup(request: Request, pickup_id: str, body: PickupOutcome) -> Json:
    """Let the courier set out, come, find nobody or stay away; 409 unless it is scheduled."""
    world = world_of(request)
    async with world.ledger.transaction():
        visit = ups_pickups.find(world, pickup_id)
        if visit is not None:
            try:
                return ups_pickups.finish(world, visit, body.outcome)
            except ups_pickups.OutcomeConflictError as conflict:
                raise HTTPException(409, str(conflict)) from conflict
        order = kuaidi100_orders.find(world, pickup_id)
        if order is not None:
            try:
                return kuaidi100_orders.finish(world, order, body.outcome)
            except kuaidi100_orders.OutcomeConflictError as conflict:
                raise HTTPException(409, str(conflict)) from conflict
        by_sf = sf_orders.find(world, pickup_id)
        if by_sf is not None:
            try:
                return sf_orders.finish(world, by_sf, body.outcome)
            except sf_orders.OutcomeConflictError as conflict:
                raise HTTPException(409, str(conflict)) from conflict
        pickup = _or_404(easypost_pickups.find, world, pickup_id)
        try:
            finished = easypost_pickups.finish(world, pickup, body.outcome)
        except easypost_pickups.OutcomeConflictError as conflict:
            raise HTTPException(409, str(conflict)) from conflict
        return public(finished) | {"outcome": finished["_outcome"]}


@router.post("/replacement-orders/{replacement_order_id}/advance")
async def advance_replacement(
    request: Request, replacement_order_id: str, body: ReplacementStep
) -> Json:
    """Pay for (``created``), ship, deliver or cancel a replacement; a state reached stays so."""
    world = world_of(request)
    async with world.ledger.transaction():
        replacement = _or_404(commerce_stock.find_replacement, world, replacement_order_id)
        if body.status == "cancelled":
            return commerce_stock.give_up(world, replacement)
        return commerce_stock.advance(world, replacement, body.status)


@router.post("/refunds/{refund_id}/fail")
async def fail_refund(request: Request, refund_id: str) -> Json:
    """Let a refund fail late, as a closed bank account makes it."""
    world = world_of(request)
    async with world.ledger.transaction():
        provider, refund = _refund(world, refund_id)
        return provider.fail(world, refund)


@router.post("/refunds/{refund_id}/succeed")
async def succeed_refund(request: Request, refund_id: str) -> Json:
    """Let a pending refund arrive."""
    world = world_of(request)
    async with world.ledger.transaction():
        provider, refund = _refund(world, refund_id)
        return provider.succeed(world, refund)


@router.post("/holds/{hold_ref}/expiry")
async def move_hold_expiry(request: Request, hold_ref: str, body: HoldExpiry) -> Json:
    """Let a hold end at another time; 404 unless money is held under it."""
    world = world_of(request)
    async with world.ledger.transaction():
        hold = holds.move_expiry(world, hold_ref, seconds=body.in_seconds)
    if hold is None:
        raise HTTPException(404, "no open hold has this id")
    return hold


@router.get("/accounts/{system}")
async def get_account(request: Request, system: Literal["paypal", "wechatpay"]) -> Json:
    """Return what this system's own pages would hand to the merchant: keys and certificates."""
    world = world_of(request)
    async with world.ledger.transaction():
        return payments.PROVIDERS[system].account(world)


@router.get("/faults")
async def list_faults(request: Request) -> dict[str, Fault]:
    return world_of(request).faults.all()


@router.put("/faults/{name}")
async def put_fault(request: Request, name: str, body: FaultPlan) -> Fault:
    """Switch a fault on; the same plan again keeps its count."""
    return await world_of(request).faults.put(name, body)


@router.delete("/faults/{name}", status_code=204)
async def delete_fault(request: Request, name: str) -> None:
    """Switch a fault off and let go of the webhooks it held."""
    world = world_of(request)
    await world.faults.delete(name)
    world.webhooks.wake()


async def _save(world: World, kind: str, document_id: str, document: Json) -> Json:
    async with world.ledger.transaction():
        world.ledger.save(kind, document_id, document)
    return document


def _paid_before(known: Json, tender: Json) -> str | None:
    compared = ("tender_id", "kind", "provider", "captured_minor")
    return next(
        (
            str(paid["payment_ref"])
            for paid in known["tenders"]
            if all(paid[name] == tender[name] for name in compared)
        ),
        None,
    )


def _pay(world: World, order: Json, tender: Json) -> str:
    if tender["provider"] == "issuer":
        return f"{tender['kind'].lower()}-{order['order_id']}-{tender['tender_id']}"
    try:
        return payments.PROVIDERS[tender["provider"]].pay(world, order, tender)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def _agreed_before(known: Json, tender: Json) -> Json | None:
    return next(
        (
            agreed["hold_method"]
            for agreed in known["tenders"]
            if agreed["tender_id"] == tender["tender_id"]
            and agreed["provider"] == tender["provider"]
        ),
        None,
    )


def _agree(world: World, order: Json, tender: Json, minor: int) -> Json:
    try:
        return holds.method_for(world, order, tender, minor)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def _or_404(find: Callable[[World, str], Json], world: World, document_id: str) -> Json:
    try:
        return find(world, document_id)
    except RefusalError as refusal:
        raise HTTPException(404, "no object has this id") from refusal


def _refund(world: World, refund_id: str) -> tuple[payments.Provider, Json]:
    found = payments.find_refund(world, refund_id)
    if found is None:
        raise HTTPException(404, "no refund has this id")
    return found
