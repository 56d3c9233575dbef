"""The world outside during a run: orders, couriers, and whom the sandbox tells."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.examples import load_locations, load_order

_EXAMPLES = Path(__file__).parents[1] / "examples"
_ORDER = _EXAMPLES / "no-reason-return.json"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105  # of nobody: the receiver checks none
WALLET_TENDER = 1

Json = dict[str, Any]


class Outside:
    """Args: ``http`` has the sandbox's address as its base."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def open_warehouse(self) -> None:
        location = next(iter(load_locations(_EXAMPLES / "locations.json").values()))
        await self._put("/_control/locations/MAIN", location)

    async def place_order(self, order_id: str, *, lines: int = 1, tenders: int = 2) -> Json:
        """Place the demo's order (a), cut to so many of its three lines and two tenders."""
        order = load_order(_ORDER, order_id=order_id, now=datetime.now(UTC))
        order["lines"] = order["lines"][:lines]
        paid = order["shipping"]["paid_minor"] + sum(
            line["gross_minor"]
            - line["discount_minor"]
            + sum(tax["amount_minor"] for tax in line["taxes"])
            for line in order["lines"]
        )
        card, wallet = order["tenders"]
        order["tenders"] = [card, wallet][:tenders]
        rest = wallet["captured_minor"] if tenders > WALLET_TENDER else 0
        order["tenders"][0] = {**card, "captured_minor": paid - rest}
        return await self._put(f"/_control/orders/{order_id}", order)

    async def bookings(self, return_id: str) -> tuple[str, str]:
        """Return the tracking code and the pickup booked for a return."""
        found = await self.ledger(return_id)
        return found["labels"][0]["tracking_code"], found["pickups"][0]["pickup_id"]

    async def ledger(self, return_id: str) -> Json:
        response = await self._http.get("/_ledger", params={"return_id": return_id})
        return dict(response.raise_for_status().json())

    async def collect(self, pickup_id: str) -> None:
        path = f"/_control/pickups/{pickup_id}/outcome"
        (await self._http.post(path, json={"outcome": "collected"})).raise_for_status()

    async def scan(self, tracking_code: str, status: str, *, scan_id: str = "") -> None:
        body = {"scan_id": f"{tracking_code}-{scan_id or status}", "status": status}
        path = f"/_control/parcels/{tracking_code}/scans"
        (await self._http.post(path, json=body)).raise_for_status()

    async def calls(self) -> int:
        """Count the calls that the outside systems have had so far."""
        response = await self._http.get("/_ledger/requests", params={"limit": 1})
        last: list[Json] = response.raise_for_status().json()
        return int(last[0]["seq"]) if last else 0

    async def tell_bare(self, url: str) -> None:
        """Send the webhooks of parcels and refunds to the bare receiver."""
        await self.tell({"stripe": (url, _SECRET), "easypost": (url, _SECRET)})

    async def tell(self, targets: dict[str, tuple[str, str]]) -> None:
        for system, (url, secret) in targets.items():
            await self._put(f"/_control/webhooks/{system}", {"url": url, "secret": secret})

    async def _put(self, path: str, body: Json) -> Json:
        answer: Json = (await self._http.put(path, json=body)).raise_for_status().json()
        return answer
