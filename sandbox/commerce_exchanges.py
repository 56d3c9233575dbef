"""A replacement that was sent is an order of its own, which may come back as any other.

It costs what was carried over: what the goods that came back for it had been paid with, more or
less by the difference. The payments that paid those have paid it, and one more pays a difference.
"""

from sandbox import payments
from sandbox.clock import iso_now
from sandbox.ledger import Json
from sandbox.world import World


def keep_order(world: World, replacement: Json) -> None:
    """Keep the order of a replacement as it stands; telling it again changes no payment."""
    order_id = replacement["replacement_order_id"]
    known = world.ledger.get("commerce.order", order_id)
    order = known or _order(world, replacement)
    if order is None:
        return
    (line,) = order["lines"]
    (parcel,) = line["parcels"]
    if replacement["status"] == "delivered" and parcel["delivered_at"] is None:
        parcel["delivered_at"] = iso_now()
    world.ledger.save("commerce.order", order_id, order)


def _order(world: World, replacement: Json) -> Json | None:
    bought = world.ledger.get("commerce.order", replacement["order_id"])
    if bought is None:
        return None
    order_id, value = replacement["replacement_order_id"], replacement["value_minor"]
    order: Json = bought | {
        "order_id": order_id,
        "shipping": {"paid_minor": 0, "standard_minor": 0, "refunded_minor": 0},
        "promotions": [],
        "tenders": [],
        "lines": [_line(bought["lines"][0], replacement, value)],
    }
    return order | {"tenders": _tenders(world, bought, order, replacement["due_minor"])}


def _line(like: Json, replacement: Json, value: int) -> Json:
    """Return the only line, taxed at the rate of the order's first one."""
    paid = like["gross_minor"] - like["discount_minor"] + _tax(like)
    tax = value * _tax(like) // paid if paid else 0
    taxes = [{**like["taxes"][0], "amount_minor": tax}] if tax else []
    parcel = {
        "parcel_id": f"{replacement['replacement_order_id']}-1",
        "quantity": replacement["quantity"],
        "fulfilled_at": iso_now(),
        "delivered_at": None,
    }
    return like | {
        "line_id": "line-1",
        "sku": replacement["sku"],
        "title": replacement["sku"],
        "quantity": replacement["quantity"],
        "gross_minor": value - tax,
        "discount_minor": 0,
        "taxes": taxes,
        "parcels": [parcel],
        "refunded_minor": 0,
        "gift_of": "",
        "gift_value_minor": 0,
    }


def _tax(line: Json) -> int:
    return sum(int(tax["amount_minor"]) for tax in line["taxes"])


def _tenders(world: World, bought: Json, order: Json, due_minor: int) -> list[Json]:
    """Carry over what the order's tenders paid, and let the difference be paid like the first."""
    left = sum(line["gross_minor"] + _tax(line) for line in order["lines"]) - due_minor
    tenders: list[Json] = []
    for tender in bought["tenders"]:
        part = min(left, tender["captured_minor"])
        left -= part
        if part:
            tenders.append(tender | {"captured_minor": part, "refunded_minor": 0})
    if due_minor:
        more = bought["tenders"][0] | {
            "tender_id": "difference",
            "kind": "CARD",
            "provider": "stripe",
            "captured_minor": due_minor,
            "refunded_minor": 0,
            "hold_method": None,
        }
        ref = payments.PROVIDERS["stripe"].pay(world, order, more)
        tenders.append(more | {"payment_ref": ref})
    return tenders
