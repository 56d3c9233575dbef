"""Example files as the control interface takes them; ``examples/README.md`` has the format."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from sandbox.ledger import Json


def load_order(path: Path, *, order_id: str, now: datetime) -> Json:
    """Return the body of ``PUT /_control/orders/{order_id}`` with times counted back from ``now``.

    ``now`` is aware; ``KeyError`` or ``ValueError`` when the file breaks the format.
    """
    if now.tzinfo is None:
        raise ValueError("now must carry its offset")
    order: Json = _read(path)["order"]
    return {
        "order_id": order_id,
        **{name: value for name, value in order.items() if name != "contract_days_ago"},
        "contract_at": _before(now, order["contract_days_ago"]),
        "lines": [
            line | {"parcels": [_parcel(parcel, now) for parcel in line["parcels"]]}
            for line in order["lines"]
        ],
    }


def load_products(path: Path) -> dict[str, Json]:
    """Return the bodies of ``PUT /_control/products/{sku}`` by SKU."""
    return {product.pop("sku"): product for product in _read(path)["products"]}


def load_locations(path: Path) -> dict[str, Json]:
    """Return the bodies of ``PUT /_control/locations/{location_id}`` by id."""
    return {location.pop("location_id"): location for location in _read(path)["locations"]}


def _parcel(parcel: Json, now: datetime) -> Json:
    delivered = parcel["delivered_days_ago"]
    return {
        "parcel_id": parcel["parcel_id"],
        "quantity": parcel["quantity"],
        "fulfilled_at": _before(now, parcel["fulfilled_days_ago"]),
        "delivered_at": None if delivered is None else _before(now, delivered),
    }


def _before(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).isoformat()


def _read(path: Path) -> Json:
    content: Json = json.loads(path.read_text(encoding="utf-8"))
    return content
