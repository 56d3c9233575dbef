"""The platform's stock: reservations, moves and replacement orders, each once per reference."""

import secrets

from sandbox.clock import iso_now
from sandbox.commerce_exchanges import keep_order
from sandbox.errors import commerce_refusal
from sandbox.ledger import Json
from sandbox.world import World

STATUSES = ("awaiting_payment", "created", "shipped", "delivered")
CANCELLED = "cancelled"
_EVENTS = {"created": "replacement.paid"}


def product(world: World, sku: str) -> Json:
    found = world.ledger.get("commerce.product", sku)
    if found is None:
        raise commerce_refusal(404, "product_not_found", "no product has this sku", field="sku")
    return found


def reserve(world: World, wanted: Json) -> Json:
    """Take units off sale for a reference, or return what was reserved for it before."""
    known = _same_reference(world, "commerce.reservation", wanted, ("sku", "quantity"))
    if known is not None:
        return known
    _take(world, wanted)
    reservation: Json = wanted | {
        "reservation_id": f"rsv_{secrets.token_hex(8)}",
        "status": "reserved",
        "created_at": iso_now(),
    }
    world.ledger.add("commerce.reservation", reservation["reservation_id"], reservation)
    return reservation


def release(world: World, reservation_id: str) -> None:
    """Put reserved units back on sale. Releasing again, or what was used, changes nothing."""
    reservation = world.ledger.get("commerce.reservation", reservation_id)
    if reservation is None:
        raise commerce_refusal(404, "reservation_not_found", "no reservation has this id")
    if reservation["status"] == "reserved":
        _put_back(world, reservation["sku"], reservation["quantity"])
        _set_status(world, reservation, "released")


def move(world: World, wanted: Json) -> Json:
    """Apply a disposition once per ``move_id``; RESTOCK puts a known product back on sale."""
    known = world.ledger.get("commerce.stock_move", wanted["move_id"])
    if known is not None:
        if any(known[name] != wanted[name] for name in wanted):
            raise commerce_refusal(
                409, "move_conflict", "this move was applied with other content", field="move_id"
            )
        return known
    moved = wanted | {"created_at": iso_now()}
    world.ledger.add("commerce.stock_move", wanted["move_id"], moved)
    if wanted["disposition"].upper() == "RESTOCK":
        _put_back(world, wanted["sku"], wanted["quantity"])
    return moved


def replace(world: World, wanted: Json) -> Json:
    """Create the replacement order of a reference, from its reservation or from free stock."""
    known = _same_reference(
        world,
        "commerce.replacement",
        wanted,
        ("return_id", "order_id", "sku", "quantity", "due_minor"),
    )
    if known is not None:
        return known
    if wanted["due_minor"] and wanted["currency"] is None:
        raise commerce_refusal(422, "invalid", "what is due has a currency", field="currency")
    if world.ledger.get("commerce.order", wanted["order_id"]) is None:
        raise commerce_refusal(404, "order_not_found", "no order has this id", field="order_id")
    if wanted["reservation_id"] is None:
        _take(world, wanted)
    else:
        _use(world, wanted)
    order_id, due = f"rpl_{secrets.token_hex(8)}", wanted["due_minor"]
    replacement: Json = wanted | {
        "replacement_order_id": order_id,
        "status": "awaiting_payment" if due else "created",
        "payment_url": f"https://shop.example.com/pay/{order_id}" if due else None,
        "value_minor": _price(world, wanted),
        "tracking_code": None,
        "created_at": iso_now(),
    }
    world.ledger.add("commerce.replacement", replacement["replacement_order_id"], replacement)
    return replacement


def advance(world: World, replacement: Json, status: str) -> Json:
    """Move a replacement order on, through every state between, each with its webhook, once.

    ``created`` pays for what waits for it; a cancelled one stays so.
    """
    if replacement["status"] == CANCELLED:
        return replacement
    for step in STATUSES[STATUSES.index(replacement["status"]) + 1 : STATUSES.index(status) + 1]:
        replacement |= {
            "status": step,
            "tracking_code": replacement["tracking_code"]
            or (f"RP{secrets.randbelow(10**12):012d}" if step != "created" else None),
        }
        if step in ("shipped", "delivered"):
            keep_order(world, replacement)
        _tell(world, replacement)
    return replacement


def cancel(world: World, replacement: Json) -> Json:
    """Call off what nobody has paid and put its units back on sale; anything else stays."""
    return _cancel(world, replacement, while_it_is=("awaiting_payment",))


def give_up(world: World, replacement: Json) -> Json:
    """Let the shop itself cancel what has not left."""
    return _cancel(world, replacement, while_it_is=("awaiting_payment", "created"))


def _cancel(world: World, replacement: Json, *, while_it_is: tuple[str, ...]) -> Json:
    if replacement["status"] in while_it_is:
        replacement |= {"status": CANCELLED}
        _put_back(world, replacement["sku"], replacement["quantity"])
        _tell(world, replacement)
    return replacement


def _tell(world: World, replacement: Json) -> None:
    """Keep the order as it stands now, and send its webhook."""
    world.ledger.save("commerce.replacement", replacement["replacement_order_id"], replacement)
    status = replacement["status"]
    event: Json = {
        "type": _EVENTS.get(status, f"replacement.{status}"),
        "timestamp": iso_now(),
        "data": {
            name: replacement[name]
            for name in ("replacement_order_id", "reference", "tracking_code")
        },
    }
    event_id = f"msg_{secrets.token_hex(12)}"
    world.webhooks.enqueue("commerce", event_id, event["type"], event)


def find_replacement(world: World, replacement_order_id: str) -> Json:
    found = world.ledger.get("commerce.replacement", replacement_order_id)
    if found is None:
        raise commerce_refusal(404, "replacement_not_found", "no replacement order has this id")
    return found


def _same_reference(
    world: World, kind: str, wanted: Json, compared: tuple[str, ...]
) -> Json | None:
    found = world.ledger.find(kind, {"reference": wanted["reference"]}, limit=1)
    if not found:
        return None
    if any(found[0][name] != wanted[name] for name in compared):
        raise commerce_refusal(
            409,
            "reference_conflict",
            "this reference was used with other content",
            field="reference",
        )
    return found[0]


def _price(world: World, wanted: Json) -> int:
    """Return what the units cost now: what the replacement is worth from here on."""
    return int(product(world, wanted["sku"])["price_minor"]) * int(wanted["quantity"])


def _take(world: World, wanted: Json) -> None:
    found = product(world, wanted["sku"])
    if found["in_stock"] < wanted["quantity"]:
        raise commerce_refusal(409, "out_of_stock", f"{found['in_stock']} left", field="quantity")
    world.ledger.save(
        "commerce.product",
        wanted["sku"],
        found | {"in_stock": found["in_stock"] - wanted["quantity"]},
    )


def _put_back(world: World, sku: str, quantity: int) -> None:
    found = world.ledger.get("commerce.product", sku)
    if found is not None:
        world.ledger.save(
            "commerce.product", sku, found | {"in_stock": found["in_stock"] + quantity}
        )


def _use(world: World, wanted: Json) -> None:
    reservation = world.ledger.get("commerce.reservation", wanted["reservation_id"])
    same = reservation is not None and all(
        reservation[name] == wanted[name] for name in ("sku", "quantity")
    )
    if reservation is None or not same or reservation["status"] != "reserved":
        raise commerce_refusal(
            409,
            "reservation_not_usable",
            "wanted an open reservation of the same units",
            field="reservation_id",
        )
    _set_status(world, reservation, "used")


def _set_status(world: World, reservation: Json, status: str) -> None:
    world.ledger.save(
        "commerce.reservation", reservation["reservation_id"], reservation | {"status": status}
    )
