"""The bare workflow's activities: the same calls to the outside, and one INSERT for each write."""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from bench.bare_messages import Ask, Label, Moves, Order, Record, Refund, Settle

TABLE = """
CREATE TABLE IF NOT EXISTS steps (
    step_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    return_id text NOT NULL, type text NOT NULL, ref text, document jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS steps_of_return ON steps (return_id);
CREATE INDEX IF NOT EXISTS steps_by_ref ON steps (ref) WHERE ref IS NOT NULL;
"""
_INSERT = text(
    "INSERT INTO steps (return_id, type, ref, document)"
    " VALUES (:return_id, :type, :ref, CAST(:document AS jsonb))"
)
_FIND = text("SELECT return_id FROM steps WHERE ref = :ref LIMIT 1")
_PARCEL = {"length": 30, "width": 20, "height": 10, "weight": 20}
_ADDRESS = ("name", "street1", "street2", "city", "postal_code", "country", "phone")


class Store:
    """Rows of one table, each written by a statement of its own."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def add(
        self, return_id: str, kind: str, *, ref: str | None = None, size: int = 100
    ) -> None:
        document = json.dumps({"type": kind, "filling": "x" * size})
        row = {"return_id": return_id, "type": kind, "ref": ref, "document": document}
        async with self._engine.connect() as connection:
            await connection.execute(_INSERT, row)

    async def find(self, ref: str) -> str | None:
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(_FIND, {"ref": ref})
            return found


@dataclass
class Steps:
    """The activities, and the mails that they leave to be sent afterwards."""

    store: Store
    commerce: httpx.AsyncClient
    easypost: httpx.AsyncClient
    stripe: httpx.AsyncClient
    smtp_port: int
    _mails: set[asyncio.Task[None]] = field(default_factory=set)

    @activity.defn(name="bare_fetch_facts")
    async def fetch_facts(self, ask: Ask) -> Order:
        """Read the order, and keep of it what decisions are made from."""
        order = await self._get(self.commerce, f"/orders/{ask.order_id}")
        return {k: v for k, v in order.items() if k not in ("customer", "ship_to")}

    @activity.defn(name="bare_open")
    async def open(self, ask: Ask) -> None:
        await self.store.add(ask.return_id, "opened")

    @activity.defn(name="bare_record")
    async def record(self, asked: Record) -> None:
        for step in asked.steps:
            await self.store.add(asked.return_id, step, size=asked.document_bytes)
        for kind in asked.mail:
            sending = asyncio.create_task(self._mail(asked, kind))
            self._mails.add(sending)
            sending.add_done_callback(self._mails.discard)

    @activity.defn(name="bare_buy_label")
    async def buy_label(self, ask: Ask) -> Label:
        await self.store.add(ask.return_id, "label.planned")
        customer = (await self._get(self.commerce, f"/orders/{ask.order_id}"))["ship_to"]
        warehouse = (await self._get(self.commerce, f"/locations/{ask.location_id}"))["address"]
        body = {
            "shipment": {
                "reference": f"{ask.return_id}/label-d1/1",
                "is_return": True,
                "from_address": _address(customer),
                "to_address": _address(warehouse),
                "parcel": _PARCEL,
            }
        }
        shipment = await self._post(self.easypost, "/shipments", body)
        path = f"/shipments/{shipment['id']}"
        await self.store.add(ask.return_id, "label.created")
        await self._get(self.easypost, path)
        draft = await self._get(self.easypost, path)
        rate = min(draft["rates"], key=lambda rate: float(rate["rate"]))
        bought = await self._post(self.easypost, f"{path}/buy", {"rate": {"id": rate["id"]}})
        code = bought["tracking_code"]
        await self.store.add(ask.return_id, "label.bought", ref=code)
        return Label(shipment["id"], code)

    @activity.defn(name="bare_book_pickup")
    async def book_pickup(self, ask: Ask) -> None:
        await self.store.add(ask.return_id, "pickup.planned")
        customer = (await self._get(self.commerce, f"/orders/{ask.order_id}"))["ship_to"]
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        body = {
            "pickup": {
                "reference": f"{ask.return_id}/pickup-d1/1",
                "shipment": {"id": ask.ref},
                "address": _address(customer),
                "min_datetime": tomorrow.isoformat(),
                "max_datetime": (tomorrow + timedelta(hours=4)).isoformat(),
            }
        }
        pickup = await self._post(self.easypost, "/pickups", body)
        path = f"/pickups/{pickup['id']}"
        await self.store.add(ask.return_id, "pickup.created")
        await self._get(self.easypost, path)
        draft = await self._get(self.easypost, path)
        rate = min(draft["pickup_rates"], key=lambda rate: float(rate["rate"]))
        body = {"carrier": rate["carrier"], "service": rate["service"]}
        await self._post(self.easypost, f"{path}/buy", body)
        await self.store.add(ask.return_id, "pickup.bought")

    @activity.defn(name="bare_move_stock")
    async def move_stock(self, moves: Moves) -> None:
        for sku in moves.skus:
            move = {
                "move_id": str(uuid.uuid5(uuid.UUID(moves.return_id), sku)),
                "sku": sku,
                "quantity": 1,
                "location_id": "MAIN",
                "disposition": "RESTOCK",
                "return_id": moves.return_id,
            }
            await self._post(self.commerce, "/stock-moves", move)

    @activity.defn(name="bare_start_follow_up")
    async def start_follow_up(self, ask: Ask) -> None:
        await activity.client().start_workflow(
            "BareFollowUp",
            ask.return_id,
            id=f"bare-follow-up/{ask.return_id}",
            task_queue=activity.info().task_queue,
        )

    @activity.defn(name="bare_settle")
    async def settle(self, asked: Settle) -> None:
        await self.store.add(asked.return_id, "sealed")
        await asyncio.gather(*map(self._refund, asked.refunds))

    async def _refund(self, asked: Refund) -> None:
        await self.store.add(asked.return_id, "refund.sending")
        form = {
            "payment_intent"
            if asked.payment_ref.startswith("pi_")
            else "charge": asked.payment_ref,
            "amount": str(asked.amount_minor),
            "metadata[refund_request_id]": asked.intent_id,
            "metadata[return_id]": asked.return_id,
        }
        answer = await self.stripe.post(
            "/v1/refunds", data=form, headers={"Idempotency-Key": asked.intent_id}
        )
        refund_id = answer.raise_for_status().json()["id"]
        await self.store.add(asked.return_id, "refund.done", ref=refund_id)

    async def _mail(self, asked: Record, kind: str) -> None:
        await self.store.add(asked.return_id, "mail.claimed")
        order = await self._get(self.commerce, f"/orders/{asked.order_id}")
        mail = EmailMessage()
        mail["From"] = "returns@shop.example.com"
        mail["To"] = order["customer"]["email"]
        mail["Subject"] = kind
        mail["Message-ID"] = f"<{uuid.uuid4()}@shop.example.com>"
        mail["X-Backhaul-Return"] = asked.return_id
        mail.set_content(f"Hello,\n\nyour return: {kind}.\n")
        await aiosmtplib.send(mail, hostname="127.0.0.1", port=self.smtp_port)
        await self.store.add(asked.return_id, "mail.sent")

    async def read_tracker(self, tracker_ref: str) -> dict[str, Any]:
        return await self._get(self.easypost, f"/trackers/{tracker_ref}")

    async def read_refund(self, refund_ref: str) -> dict[str, Any]:
        return await self._get(self.stripe, f"/v1/refunds/{refund_ref}")

    async def _get(self, http: httpx.AsyncClient, path: str) -> dict[str, Any]:
        return dict((await http.get(path)).raise_for_status().json())

    async def _post(
        self, http: httpx.AsyncClient, path: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        return dict((await http.post(path, json=body)).raise_for_status().json())


def _address(known: dict[str, Any]) -> dict[str, Any]:
    return {
        "zip" if name == "postal_code" else name: known[name] for name in _ADDRESS if known[name]
    }
