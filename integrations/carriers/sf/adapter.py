"""Couriers, who bring the label, and tracking through SF Express (顺丰, 丰桥).

Our key is SF's order number, for good: used again it answers the first order, or is refused as a
duplicate, so it is sent without looking first. A lost answer is looked up under it. One order is
label and courier, and its cancellation ends both.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import httpx
from pydantic import BaseModel

from domain.tracking import HANDED_OVER
from integrations.carriers.clocks import local
from integrations.carriers.port import (
    Label,
    Pickup,
    PickupRequest,
    Shipment,
    ShipmentRequest,
    TrackingEvent,
    TrackingSnapshot,
)
from integrations.carriers.sf import answers, refs, requests, wire
from integrations.carriers.sf.sheet import CAPABILITIES
from integrations.errors import (
    AmbiguousOutcomeError,
    NotFoundError,
    RejectedError,
    WebhookSignatureError,
)
from integrations.http import Call, HttpApi, open_client

_Answer = TypeVar("_Answer", bound=BaseModel)
_NOBODY = "0" * 32
"""The number of no order, for the question whether SF answers at all."""


def open_sf_client(
    base_url: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    return open_client(base_url, transport=transport)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SfCarrier:
    """The carrier port on SF's express API (``base_url`` ends before ``/std/service``)."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        partner_id: str,
        check_word: str,
        monthly_card: str,
        product: str,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal)
        self._partner_id, self._check_word = partner_id, check_word
        self._card, self._product = monthly_card, product
        self._clock = clock

    async def create_shipment(self, request: ShipmentRequest) -> Shipment:
        visit = request.visit
        if visit is None or not requests.is_inland(request):
            return Shipment(request.key, None)
        requests.check_addresses(request)
        begins = local(wire.SYSTEM, visit.not_before, visit.time_zone)
        asked = requests.priced(request, visit, product=self._product, monthly_card=self._card)
        try:
            rates = await self._ask("EXP_RECE_QUERY_DELIVERTM", asked, wire.WireRates)
        except RejectedError:
            # Its codes are not published: what it tells no price of is not offered.
            return Shipment(request.key, None)
        quote = answers.quoted(rates, self._product, begins=begins)
        return Shipment(refs.written(request.key, quote), None, offer=answers.offered(quote))

    async def purchase_label(self, shipment_ref: str, request: ShipmentRequest) -> Label:
        key, quote = refs.read(shipment_ref)
        visit, now = request.visit, self._clock()
        if quote is None or visit is None:
            raise wire.no_rates("it is offered with a courier, inside China, or not at all")
        if visit.not_after <= now:
            raise RejectedError(wire.SYSTEM, "the window is over", code="slot_gone")
        asked = requests.ordered(
            request, visit, product=quote.product, monthly_card=self._card, now=now
        )
        order = await self._ask("EXP_RECE_CREATE_ORDER", asked, wire.WireOrder, repeatable=False)
        if order.order_id != key:
            raise AmbiguousOutcomeError(wire.SYSTEM, "another order was answered", field="orderId")
        if not order.is_served:
            raise wire.no_rates("no courier goes there")
        return answers.label(key, quote, order.number)

    async def get_shipment(self, shipment_ref: str) -> Shipment:
        key, quote = refs.read(shipment_ref)
        visit = await self._found(key)
        if visit.status == "unbooked":
            return Shipment(shipment_ref, None, offer=answers.offered(quote))
        if quote is None:
            raise RejectedError(
                wire.SYSTEM, "an order whose price was never told", field="shipment_ref"
            )
        found = answers.label(key, quote, visit.confirmation)
        return Shipment(shipment_ref, found, "refunded" if visit.status == "canceled" else None)

    async def void_label(self, shipment_ref: str) -> str:
        ended = await self.cancel_pickup(shipment_ref)
        return "refunded" if ended.status == "canceled" else "not_applicable"

    async def label_qr_code(self, shipment_ref: str) -> str:
        raise RejectedError(wire.SYSTEM, f"{shipment_ref} has no code", code="no_qr_code")

    async def create_pickup(self, request: PickupRequest) -> Pickup:
        return await self.get_pickup(request.shipment_ref)

    async def buy_pickup(self, pickup_ref: str, request: PickupRequest) -> Pickup:  # noqa: ARG002 -- nothing is ordered
        raise wire.no_rates("a courier is ordered with the label alone")

    async def get_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:
        key, _ = refs.read(pickup_ref)
        visit = await self._found(key)
        if visit.status == "scheduled" and await self._is_collected(key):
            visit = replace(visit, status="over")
        number = visit.confirmation or confirmation
        return replace(visit, pickup_ref=pickup_ref, confirmation=number)

    async def cancel_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:
        visit = await self.get_pickup(pickup_ref, confirmation)
        if visit.status == "over":
            raise RejectedError(wire.SYSTEM, "the parcel was collected", code="collected")
        if visit.status != "scheduled":
            return visit
        key, _ = refs.read(pickup_ref)
        try:
            asked = requests.cancelled(key)
            ended = await self._ask("EXP_RECE_UPDATE_ORDER", asked, wire.WireCancelled)
        except RejectedError as refused:
            if refused.code not in wire.CANCELLED_ORDER:
                raise
        else:
            if not ended.is_done:
                raise RejectedError(wire.SYSTEM, "the order still stands", code="not_canceled")
        return replace(visit, status="canceled")

    async def check(self) -> None:
        await self._found(_NOBODY)

    async def track(self, tracker_ref: str) -> TrackingSnapshot:
        asked = requests.tracked(tracker_ref, is_key=refs.is_key(tracker_ref))
        return answers.snapshot(await self._ask("EXP_RECE_SEARCH_ROUTES", asked, wire.WireTracked))

    def parse_webhook(
        self,
        headers: Mapping[str, str],  # noqa: ARG002 -- nothing in it proves anything
        body: bytes,  # noqa: ARG002 -- as above
        now: datetime,  # noqa: ARG002 -- as above
    ) -> TrackingEvent | None:
        raise WebhookSignatureError(wire.SYSTEM, "its pushes bear no signature: they are not taken")

    async def _found(self, key: str) -> Pickup:
        """Return an order as a visit named by the key, without asking whether it took place.

        SF may tell a cancelled order as if it stood: it is cancelled once more, then, which
        changes nothing.
        """
        asked = requests.looked_up(key)
        try:
            order = await self._ask("EXP_RECE_SEARCH_ORDER_RESP", asked, wire.WireOrder)
        except RejectedError as refused:
            if refused.code in wire.UNKNOWN_ORDER:
                return Pickup(key, "unbooked")
            if refused.code in wire.CANCELLED_ORDER:
                return Pickup(key, "canceled", cost=answers.FREE)
            raise
        if not order.is_served:
            return Pickup(key, "unbooked")
        return Pickup(key, "scheduled", order.number or key, answers.FREE)

    async def _is_collected(self, key: str) -> bool:
        try:
            known = await self.track(key)
        except NotFoundError:
            return False
        return any(scan.status in HANDED_OVER for scan in known.scans)

    async def _ask(
        self,
        service: str,
        data: Mapping[str, object],
        answer: type[_Answer],
        *,
        repeatable: bool = True,
    ) -> _Answer:
        form = wire.form(
            service,
            data,
            partner_id=self._partner_id,
            check_word=self._check_word,
            now=self._clock(),
        )
        call = Call("POST", "/std/service", form=form, repeatable=repeatable)
        opened = partial(wire.opened, service=service, repeatable=repeatable)
        return await self._api.ask(call, answer, amended=opened)
