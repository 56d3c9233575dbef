"""What was ordered at SF, as the rows of ``/_ledger``: each order is a label and a visit."""

from sandbox.ledger import Json


def sold(orders: list[Json]) -> list[Json]:
    """Return the orders that SF took; where it goes to nobody, it sells nothing."""
    return [order for order in orders if order["state"] != "not_served"]


def label(order: Json) -> Json:
    return _common(order) | {
        "tracking_code": order["tracking_code"],
        # SF knows no returns: a parcel is a parcel.
        "is_return": None,
        "status": "refunded" if order["state"] == "cancelled" else "bought",
        "cost_minor": order["cost_minor"],
    }


def visit(order: Json) -> Json:
    return _common(order) | {
        "pickup_id": order["id"],
        "status": "canceled" if order["state"] == "cancelled" else "scheduled",
        "confirmation": order["tracking_code"],
        "outcome": order["outcome"],
        "min_datetime": order["begins"],
        "max_datetime": order["ends"],
        "cost_minor": 0,
    }


def _common(order: Json) -> Json:
    return {
        "system": "sf",
        "shipment_id": order["id"],
        "reference": order["reference"],
        "currency": "CNY",
        "created_at": order["created_at"],
    }
