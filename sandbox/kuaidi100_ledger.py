"""What was ordered at Kuaidi100, as the rows of ``/_ledger``: each order is a label and a visit."""

from sandbox.ledger import Json

_VISITS = {"9": "canceled", "99": "canceled"}


def label(order: Json) -> Json:
    return _common(order) | {
        "tracking_code": order["tracking_code"],
        "is_return": True,
        "status": "refunded" if order["status"] in _VISITS else "bought",
        "cost_minor": int(order["cost"].replace(".", "")),
    }


def visit(order: Json) -> Json:
    return _common(order) | {
        "pickup_id": order["id"],
        "status": _VISITS.get(order["status"], "scheduled"),
        "confirmation": order["id"],
        "outcome": order["outcome"],
        "min_datetime": f"{order['day']}T{order['ready']}",
        "max_datetime": f"{order['day']}T{order['close']}",
        "cost_minor": 0,
    }


def _common(order: Json) -> Json:
    return {
        "system": "kuaidi100",
        "shipment_id": order["id"],
        "reference": order["reference"],
        "currency": "CNY",
        "created_at": order["created_at"],
    }
