"""Labels, courier visits and tracking through EasyPost.

EasyPost has no idempotency keys: drafts are free and may be made twice, purchases are looked up
before anything is repeated.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import httpx
from pydantic import ValidationError

from integrations.carriers.easypost import answers, requests, wire
from integrations.carriers.easypost.sheet import CAPABILITIES
from integrations.carriers.port import (
    Booked,
    Label,
    Pickup,
    PickupRequest,
    Shipment,
    ShipmentRequest,
    TrackingEvent,
    TrackingSnapshot,
)
from integrations.errors import (
    AlreadyDoneError,
    AmbiguousOutcomeError,
    NotFoundError,
    RejectedError,
    WebhookMalformedError,
)
from integrations.http import Call, HttpApi, open_client
from integrations.webhooks import header

_Page = TypeVar("_Page", wire.WireShipmentPage, wire.WirePickupPage)
_FOLLOWED = frozenset({"tracker.created", "tracker.updated"})


def open_easypost_client(
    base_url: str, api_key: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    return open_client(base_url, auth=httpx.BasicAuth(api_key, ""), transport=transport)


class EasyPostCarrier:
    """The carrier port on EasyPost's API, version 2 (``base_url`` ends in ``/v2``)."""

    capabilities = CAPABILITIES

    def __init__(self, http: httpx.AsyncClient, *, webhook_secret: str) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal)
        self._webhook_secret = webhook_secret

    async def create_shipment(self, request: ShipmentRequest) -> Shipment:
        body = requests.shipment(request)
        call = Call("POST", "/shipments", body=body, repeatable=True)
        return answers.shipment(await self._api.ask(call, wire.WireShipment))

    async def purchase_label(self, shipment_ref: str, request: ShipmentRequest) -> Label:  # noqa: ARG002 -- the draft has it all
        draft = await self._shipment(shipment_ref)
        if draft.postage_label or draft.selected_rate:
            raise AlreadyDoneError(wire.SYSTEM, f"{shipment_ref} has a label")
        rate = answers.cheapest(draft.rates, draft.messages)
        call = Call(
            "POST",
            "/shipments/{shipment}/buy",
            ids={"shipment": shipment_ref},
            body={"rate": {"id": rate.id}},
        )
        label = answers.label(await self._api.ask(call, wire.WireShipment))
        if label is None:
            raise AmbiguousOutcomeError(
                wire.SYSTEM, "a bought shipment has no label", field="postage_label"
            )
        return label

    async def get_shipment(self, shipment_ref: str) -> Shipment:
        return answers.shipment(await self._shipment(shipment_ref))

    async def void_label(self, shipment_ref: str) -> str:
        call = Call(
            "POST", "/shipments/{shipment}/refund", ids={"shipment": shipment_ref}, repeatable=True
        )
        try:
            answer = await self._api.ask(call, wire.WireShipment)
        except RejectedError:
            # A second request is refused, like one for a label that was never bought.
            answer = await self._shipment(shipment_ref)
            if answer.refund_status is None and answer.postage_label is not None:
                raise
        return answer.refund_status or "not_applicable"

    async def label_qr_code(self, shipment_ref: str) -> str:
        made = answers.qr_code(await self._shipment(shipment_ref))
        if made is not None:
            return made
        call = Call(
            "POST",
            "/shipments/{shipment}/forms",
            ids={"shipment": shipment_ref},
            body={"form": {"type": wire.QR_CODE}},
            # One more of them costs nothing, and all of them print the same label.
            repeatable=True,
        )
        made = answers.qr_code(await self._api.ask(call, wire.WireShipment))
        if made is None:
            raise RejectedError(wire.SYSTEM, "the label has no code", code="no_qr_code")
        return made

    async def create_pickup(self, request: PickupRequest) -> Pickup:
        call = Call("POST", "/pickups", body=requests.pickup(request), repeatable=True)
        return answers.pickup(await self._api.ask(call, wire.WirePickup))

    async def buy_pickup(self, pickup_ref: str, request: PickupRequest) -> Pickup:  # noqa: ARG002 -- the draft has it all
        draft = await self._pickup(pickup_ref)
        _refuse_booked(draft)
        rate = answers.cheapest(draft.pickup_rates, draft.messages)
        call = Call(
            "POST",
            "/pickups/{pickup}/buy",
            ids={"pickup": pickup_ref},
            body={"carrier": rate.carrier, "service": rate.service},
        )
        try:
            return answers.pickup(await self._api.ask(call, wire.WirePickup))
        except RejectedError:
            # PICKUP.BUY.FORBIDDEN is also the answer to a visit that was just booked.
            _refuse_booked(await self._pickup(pickup_ref))
            raise

    async def get_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:  # noqa: ARG002 -- drafts have names
        return answers.pickup(await self._pickup(pickup_ref))

    async def cancel_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:  # noqa: ARG002 -- drafts have names
        call = Call("POST", "/pickups/{pickup}/cancel", ids={"pickup": pickup_ref}, repeatable=True)
        try:
            return answers.pickup(await self._api.ask(call, wire.WirePickup))
        except RejectedError:
            found = await self.get_pickup(pickup_ref)
            if found.status == "scheduled":
                raise
            return found

    async def list_bookings(self, *, since: datetime) -> tuple[Booked, ...]:
        """List what was sold of drafts made since then, newest first, a hundred a page."""
        labels = await self._pages(_labels_after, wire.WireShipmentPage, since)
        visits = await self._pages(_visits_after, wire.WirePickupPage, since)
        found = [answers.booked_label(s) for page in labels for s in page.shipments]
        found += [answers.booked_visit(p) for page in visits for p in page.pickups]
        return tuple(one for one in found if one is not None)

    async def _pages(
        self, asking: Callable[[dict[str, str]], Call], model: type[_Page], since: datetime
    ) -> list[_Page]:
        query = {"page_size": "100", "start_datetime": requests.utc(since)}
        pages: list[_Page] = []
        while True:
            page = await self._api.ask(asking(query), model)
            pages.append(page)
            last = page.last_id
            if not page.has_more or last is None:
                return pages
            query = {**query, "before_id": last}

    async def check(self) -> None:
        await self._api.ask(
            Call("GET", "/trackers", query={"page_size": "1"}), wire.WireTrackerPage
        )

    async def track(self, tracker_ref: str) -> TrackingSnapshot:
        if tracker_ref.startswith("trk_"):
            call = Call("GET", "/trackers/{tracker}", ids={"tracker": tracker_ref})
            return answers.snapshot(await self._api.ask(call, wire.WireTracker))
        call = Call("GET", "/trackers", query={"tracking_code": tracker_ref})
        page = await self._api.ask(call, wire.WireTrackerPage)
        # Newest first: carriers use tracking codes again after some months.
        for tracker in page.trackers:
            if tracker.tracking_code == tracker_ref:
                return answers.snapshot(tracker)
        raise NotFoundError(wire.SYSTEM, "no tracker has this tracking code")

    def parse_webhook(
        self,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,  # noqa: ARG002 -- the signature carries no time
    ) -> TrackingEvent | None:
        wire.verify_signature(header(headers, "X-Hmac-Signature"), body, self._webhook_secret)
        try:
            kind = wire.WireEventKind.model_validate_json(body)
            if kind.description not in _FOLLOWED:
                return None
            event = wire.WireTrackerEvent.model_validate_json(body)
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no event") from None
        return TrackingEvent(
            event.id, event.description, event.result.id, event.result.tracking_code
        )

    async def _shipment(self, shipment_ref: str) -> wire.WireShipment:
        call = Call("GET", "/shipments/{shipment}", ids={"shipment": shipment_ref})
        return await self._api.ask(call, wire.WireShipment)

    async def _pickup(self, pickup_ref: str) -> wire.WirePickup:
        call = Call("GET", "/pickups/{pickup}", ids={"pickup": pickup_ref})
        return await self._api.ask(call, wire.WirePickup)


def _labels_after(query: dict[str, str]) -> Call:
    return Call("GET", "/shipments", query=query)


def _visits_after(query: dict[str, str]) -> Call:
    return Call("GET", "/pickups", query=query)


def _refuse_booked(pickup: wire.WirePickup) -> None:
    if pickup.status == "scheduled":
        raise AlreadyDoneError(wire.SYSTEM, f"{pickup.id} is booked")
