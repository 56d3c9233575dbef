"""What was bought at UPS, counted as the other carrier's: the rows of ``/_ledger``."""

from sandbox.ledger import Json
from sandbox.world import World


def label(shipment: Json) -> Json:
    return {
        "system": "ups",
        "shipment_id": shipment["id"],
        "tracking_code": shipment["tracking_code"],
        "reference": shipment["reference"],
        "is_return": shipment["is_return"],
        "status": "refunded" if shipment["voided"] else "bought",
        "cost_minor": _cents(shipment["cost"]),
        "currency": shipment["currency"],
        "created_at": shipment["created_at"],
    }


def visits(world: World, returns: list[str] | None) -> list[Json]:
    """Return the visits, oldest first; one that several returns share is a row of each of them.

    Their rows have the same ``confirmation``.
    """
    found = world.ledger.find("ups.pickup")[::-1]
    return [
        _visit(visit, booking["reference"])
        for visit in found
        for booking in visit["bookings"]
        if returns is None or str(booking["reference"]).partition("/")[0] in returns
    ]


def _visit(visit: Json, reference: str | None) -> Json:
    return {
        "system": "ups",
        "pickup_id": visit["id"],
        "shipment_id": None,
        "reference": reference,
        "status": visit["status"],
        "confirmation": visit["id"],
        "outcome": visit["outcome"],
        "min_datetime": f"{visit['day']}T{visit['ready'][:2]}:{visit['ready'][2:]}",
        "max_datetime": f"{visit['day']}T{visit['close'][:2]}:{visit['close'][2:]}",
        "cost_minor": _cents(visit["cost"]),
        "currency": visit["currency"],
        "created_at": visit["created_at"],
    }


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))
