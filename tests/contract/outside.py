"""The outside world as a test arranges and counts it: the sandbox's control side and ledger."""

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

import httpx

from domain.money import Money
from domain.orders import HoldMethod

Json = dict[str, Any]


def unique(name: str) -> str:
    """Return an id no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


def order_document(
    order_id: str, *, total: Money, kind: str = "CARD", provider: str = "stripe"
) -> Json:
    """Return an order of one unit at ``total``, without tax or shipping, paid by one tender."""
    return {
        "order_id": order_id,
        "currency": total.currency,
        "channel": "DISTANCE",
        "buyer_type": "CONSUMER",
        "contract_at": "2026-05-01T09:30:00+02:00",
        "customer": {
            "customer_ref": "customer-1",
            "email": "kim@example.com",
            "name": "Kim Example",
            "locale": "de-DE",
        },
        "ship_to": {
            "name": "Kim Example",
            "street1": "Example Street 1",
            "street2": "",
            "city": "Berlin",
            "region": "",
            "postal_code": "10115",
            "country": "DE",
            "phone": "",
            "time_zone": "Europe/Berlin",
        },
        "shipping": {"paid_minor": 0, "standard_minor": 0, "refunded_minor": 0},
        "tenders": [
            {
                "tender_id": "tender-1",
                "kind": kind,
                "provider": provider,
                "captured_minor": total.minor,
                "refunded_minor": 0,
            }
        ],
        "lines": [
            {
                "line_id": "line-1",
                "sku": "sku-1",
                "title": "A lamp",
                "category": "lamps",
                "quantity": 1,
                "gross_minor": total.minor,
                "discount_minor": 0,
                "taxes": [],
                "parcels": [
                    {
                        "parcel_id": "parcel-1",
                        "quantity": 1,
                        "fulfilled_at": "2026-05-02T10:00:00Z",
                        "delivered_at": "2026-05-04T12:00:00Z",
                    }
                ],
                "weight_grams": 900,
                "traits": ["fragile"],
                "final_sale": False,
                "refunded_minor": 0,
            }
        ],
    }


class Outside:
    """What happens around Backhaul, and what did happen, counted on the other side."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def close(self) -> None:
        self._http.close()

    def put_order(self, document: Json) -> Json:
        return self._json("PUT", f"/_control/orders/{document['order_id']}", document)

    def paid(self, amount: Money, *, kind: str = "CARD", provider: str = "stripe") -> str:
        """Let a customer pay ``amount``; return the provider's payment."""
        order = self.put_order(
            order_document(unique("order"), total=amount, kind=kind, provider=provider)
        )
        return str(order["tenders"][0]["payment_ref"])

    def agreed(self, amount: Money, *, provider: str) -> HoldMethod:
        """Let a customer agree at checkout that ``amount`` may be held; return on what."""
        document = order_document(unique("order"), total=amount, provider=provider)
        document["tenders"][0]["holdable_minor"] = amount.minor
        agreed = self.put_order(document)["tenders"][0]["hold_method"]
        return HoldMethod(agreed["method_ref"], agreed["payer_ref"])

    def let_hold_end(self, hold_ref: str, *, in_seconds: int = 0) -> None:
        self._json("POST", f"/_control/holds/{hold_ref}/expiry", {"in_seconds": in_seconds})

    def holds_on(self, method: HoldMethod) -> list[Json]:
        """Return what the provider counts on one method, oldest first."""
        return self.effects("holds", method_ref=method.method_ref)

    def put_product(self, sku: str, *, in_stock: int) -> None:
        document = {"price_minor": 2_500, "currency": "EUR", "in_stock": in_stock}
        self._json("PUT", f"/_control/products/{sku}", document)

    def put_location(
        self, location_id: str, *, time_zone: str, address: Json, accepts: Json | None = None
    ) -> None:
        document = {"time_zone": time_zone, "address": address, "accepts": accepts}
        self._json("PUT", f"/_control/locations/{location_id}", document)

    def close_location(self, location_id: str) -> None:
        self._http.delete(f"/_control/locations/{location_id}").raise_for_status()

    def scan(self, tracking_code: str, status: str) -> None:
        document = {"scan_id": unique("scan"), "status": status}
        self._json("POST", f"/_control/parcels/{tracking_code}/scans", document)

    def courier_came(self, pickup_id: str) -> None:
        self._json("POST", f"/_control/pickups/{pickup_id}/outcome", {"outcome": "collected"})

    def courier_found_nobody(self, pickup_id: str) -> None:
        outcome = {"outcome": "customer_absent"}
        self._json("POST", f"/_control/pickups/{pickup_id}/outcome", outcome)

    def advance_replacement(self, replacement_order_id: str, status: str) -> None:
        path = f"/_control/replacement-orders/{replacement_order_id}/advance"
        self._json("POST", path, {"status": status})

    def fail_refund(self, refund_id: str) -> None:
        self._json("POST", f"/_control/refunds/{refund_id}/fail", {})

    def settle_refund(self, refund_id: str) -> None:
        self._json("POST", f"/_control/refunds/{refund_id}/succeed", {})

    def account(self, system: str) -> Json:
        """Return what the provider's own pages hand to the merchant."""
        return self._json("GET", f"/_control/accounts/{system}")

    @contextlib.contextmanager
    def webhooks_to(self, url: str, system: str, *, secret: str) -> Iterator[None]:
        """Send a system's webhooks there; afterwards nowhere, and what is undelivered is dropped.

        Events of later tests would else queue for an address that is gone, before those of others.
        """
        path = f"/_control/webhooks/{system}"
        self._json("PUT", path, {"url": url, "secret": secret})
        try:
            yield
        finally:
            self._http.delete(path).raise_for_status()

    @contextlib.contextmanager
    def fault(self, system: str, operation: str, kind: str, **details: object) -> Iterator[None]:
        """Let the next request like ``operation`` go wrong; nothing is left of it afterwards."""
        path = f"/_control/faults/{unique('fault')}"
        self._json("PUT", path, {"system": system, "operation": operation, "kind": kind, **details})
        try:
            yield
        finally:
            self._http.delete(path).raise_for_status()

    def effects(self, kind: str, **where: object) -> list[Json]:
        """Return what the providers' ledger holds of ``kind`` with these values."""
        found = self._json("GET", "/_ledger")[kind]
        return [effect for effect in found if all(effect[n] == v for n, v in where.items())]

    def _json(self, method: str, path: str, document: Json | None = None) -> Json:
        response = self._http.request(method, path, json=document)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        body = response.json()
        assert isinstance(body, dict)
        return body
