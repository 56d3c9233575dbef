"""The world around the demo: shoppers, couriers and warehouses, played through the sandbox."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from sandbox.examples import load_locations, load_order, load_products

EXAMPLES = Path(__file__).parents[2] / "examples"
WAREHOUSE = "MAIN"
_SURVEY_LINK = re.compile(r"/v1/surveys/([A-Za-z0-9_-]+)")

Json = dict[str, Any]


class World:
    """Everything here may be done again: the sandbox takes each scan, order and move once."""

    def __init__(self, http: httpx.AsyncClient, *, commerce_token: str) -> None:
        self._http = http
        self._token = commerce_token

    async def place_order(self, example: str, *, order_id: str, now: datetime) -> Json:
        """Put an order of ``examples/`` into the platform, paid; one that is there stays."""
        path = EXAMPLES / f"{example}.json"
        for sku, product in load_products(path).items():
            await self._put(f"/_control/products/{sku}", product)
        known = await self._http.get(
            f"/commerce/v1/orders/{order_id}", headers={"Authorization": f"Bearer {self._token}"}
        )
        if known.is_success:
            return dict(known.json())
        order = load_order(path, order_id=order_id, now=now)
        # Each shopper lives somewhere else: some couriers come once to an address.
        order["ship_to"] |= {"street2": f"Bell {order_id}"}
        return await self._put(f"/_control/orders/{order_id}", order)

    async def open_warehouse(self) -> None:
        locations = load_locations(EXAMPLES / "locations.json")
        await self._put(f"/_control/locations/{WAREHOUSE}", next(iter(locations.values())))

    async def scan(self, tracking_code: str, status: str) -> None:
        body = {"scan_id": f"{tracking_code}-{status}", "status": status}
        await self._post(f"/_control/parcels/{tracking_code}/scans", body)

    async def courier_collects(self, pickup_ref: str) -> None:
        await self._post(f"/_control/pickups/{pickup_ref}/outcome", {"outcome": "collected"})

    async def courier_fails(self, pickup_ref: str, outcome: str) -> None:
        await self._post(f"/_control/pickups/{pickup_ref}/outcome", {"outcome": outcome})

    async def break_down(self, name: str, **fault: Any) -> None:
        """Let something outside go wrong until it is mended."""
        await self._put(f"/_control/faults/{name}", fault)

    async def mend(self, name: str) -> None:
        (await self._http.delete(f"/_control/faults/{name}")).raise_for_status()

    async def advance_replacement(self, replacement_order_id: str, status: str) -> None:
        path = f"/_control/replacement-orders/{replacement_order_id}/advance"
        await self._post(path, {"status": status})

    async def ledger(self, return_id: str) -> Json:
        """Read what happened outside because of one return."""
        response = await self._http.get("/_ledger", params={"return_id": return_id})
        return dict(response.raise_for_status().json())

    async def survey_token(self, return_id: str) -> str | None:
        """Read the link out of the survey mail, if that mail has come."""
        for mail in (await self.ledger(return_id))["mails"]:
            found = _SURVEY_LINK.search(mail["text"])
            if found:
                return found.group(1)
        return None

    async def _put(self, path: str, body: Json) -> Json:
        return dict((await self._http.put(path, json=body)).raise_for_status().json())

    async def _post(self, path: str, body: Json) -> None:
        (await self._http.post(path, json=body)).raise_for_status()
