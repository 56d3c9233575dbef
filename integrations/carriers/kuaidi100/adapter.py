"""Couriers, who bring the label, and tracking through Kuaidi100 (快递100).

Kuaidi100 knows our key for 48 hours: the same order is answered again, later it would be placed
anew. An order whose answer was lost cannot be looked up, because it is read and cancelled by
Kuaidi100's own numbers alone. Refusals come with HTTP 200 and ``result: false``.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import parse_qs

import httpx
from pydantic import ValidationError

from domain.money import Money
from integrations.carriers.kuaidi100 import orders, scans, wire
from integrations.carriers.kuaidi100.refs import CURRENCY, OrderRef, read_ref
from integrations.carriers.kuaidi100.sheet import CAPABILITIES
from integrations.carriers.port import (
    Label,
    Offer,
    Pickup,
    PickupRequest,
    Shipment,
    ShipmentRequest,
    TrackingEvent,
    TrackingSnapshot,
)
from integrations.errors import (
    AmbiguousOutcomeError,
    NotFoundError,
    RejectedError,
    WebhookMalformedError,
)
from integrations.http import Call, HttpApi, open_client

_Answer = TypeVar("_Answer", bound=wire.WireAnswer)
_PLACE = "广东省深圳市南山区"
"""Somewhere, for the question whether Kuaidi100 answers at all."""


def open_kuaidi100_client(
    base_url: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    return open_client(base_url, transport=transport)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Kuaidi100Carrier:
    """The carrier port on Kuaidi100's merchant sending (``base_url`` ends before ``/order``)."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        api_key: str,
        secret: str,
        customer: str,
        courier_company: str,
        webhook_url: str,
        webhook_salt: str,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal, key_header=None)
        self._key, self._secret, self._customer = api_key, secret, customer
        self._company, self._webhook_url, self._salt = courier_company, webhook_url, webhook_salt
        self._clock = clock

    async def create_shipment(self, request: ShipmentRequest) -> Shipment:
        nobody = Shipment(request.key, None)
        if request.visit is None or not orders.is_inland(request):
            return nobody
        orders.check_complete(request)
        if request.visit.not_after <= self._clock():
            return nobody
        try:
            orders.window(request.visit, self._clock())
            price = await self._price(orders.priced(request, company=self._company))
        except RejectedError as refused:
            if refused.field is not None:
                raise
            return nobody
        if price is None:
            return nobody
        ref = OrderRef(request.key, price)
        return Shipment(str(ref), None, offer=self._offer(ref))

    async def purchase_label(self, shipment_ref: str, request: ShipmentRequest) -> Label:
        ref = read_ref(shipment_ref)
        if ref.price is None:
            raise orders.no_rates("no courier is offered for it")
        if request.visit is None:
            raise orders.no_rates("it sells no label without a courier")
        param = orders.placed(
            request,
            request.visit,
            company=self._company,
            webhook_url=self._webhook_url,
            salt=self._salt,
            now=self._clock(),
        )
        call = self._order_call("bOrder", param, key=ref.key)
        order = (await self._asked("bOrder", call, wire.WireOrdered)).data
        if order is None:
            raise AmbiguousOutcomeError(wire.SYSTEM, "an order has no numbers", field="data")
        return self._label(ref.placed(order.task_id, order.order_id), order.number)

    async def get_shipment(self, shipment_ref: str) -> Shipment:
        ref = read_ref(shipment_ref)
        if ref.task is None:
            return Shipment(shipment_ref, None, offer=self._offer(ref))
        found = await self._detail(ref)
        ended = scans.pickup_status(found.status) == "canceled"
        return Shipment(shipment_ref, self._label(ref, found.number), "refunded" if ended else None)

    async def void_label(self, shipment_ref: str) -> str:
        ended = await self.cancel_pickup(shipment_ref)
        return "refunded" if ended.status == "canceled" else "not_applicable"

    async def label_qr_code(self, shipment_ref: str) -> str:  # noqa: ARG002 -- nothing to ask
        raise RejectedError(wire.SYSTEM, "it has no codes", code="no_qr_code")

    async def create_pickup(self, request: PickupRequest) -> Pickup:
        return await self.get_pickup(request.shipment_ref)

    async def buy_pickup(self, pickup_ref: str, request: PickupRequest) -> Pickup:  # noqa: ARG002 -- nothing is ordered
        raise orders.no_rates("its courier is ordered with the label alone")

    async def get_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:  # noqa: ARG002 -- in our name of it
        ref = _placed(pickup_ref)
        return _pickup(ref, await self._detail(ref))

    async def cancel_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:  # noqa: ARG002 -- in our name of it
        ref = _placed(pickup_ref)
        standing = await self._cancellable(ref)
        if standing.status != "scheduled":
            return standing
        # What was cancelled before is refused, and read once more.
        call = self._order_call(
            "cancel", {"taskId": ref.task, "orderId": ref.order, "cancelMsg": "不再寄件"}
        )
        answer = await self._api.ask(call, wire.WireAnswer)
        if answer.result:
            return Pickup(pickup_ref, "canceled", standing.confirmation, standing.cost)
        left = await self._cancellable(ref)
        if left.status == "scheduled":
            raise wire.order_error("cancel", answer.return_code, repeatable=True)
        return left

    async def check(self) -> None:
        question: dict[str, object] = {
            "kuaidiCom": self._company,
            "sendManPrintAddr": _PLACE,
            "recManPrintAddr": _PLACE,
            "weight": "1",
        }
        # That it sends nobody there is an answer as well.
        with suppress(RejectedError):
            await self._price(question)

    async def track(self, tracker_ref: str) -> TrackingSnapshot:
        ref, number = read_ref(tracker_ref), tracker_ref
        if ref.task is not None:
            found = await self._detail(ref)
            if not found.number:
                raise NotFoundError(wire.SYSTEM, "the order has no tracking number yet")
            number = found.number
        param = _written({"com": self._company, "num": number, "resultv2": "4", "order": "desc"})
        form = {
            "customer": self._customer,
            "sign": wire.signed(param, self._key, self._customer),
            "param": param,
        }
        call = Call("POST", "/poll/query.do", form=form, repeatable=True)
        track = await self._api.ask(call, wire.WireTrack)
        if not track.result:
            raise wire.query_error(track.return_code)
        return scans.snapshot(number, track)

    def parse_webhook(
        self,
        headers: Mapping[str, str],  # noqa: ARG002 -- the signature is in the body
        body: bytes,
        now: datetime,  # noqa: ARG002 -- the signature carries no time
    ) -> TrackingEvent | None:
        form = _form(body)
        param = form.get("param", "")
        wire.verify_push(form.get("sign"), param, self._salt)
        try:
            push = wire.WirePush.model_validate_json(param)
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no push") from None
        if push.last_result is None:
            return None
        number = push.last_result.number
        # The same push told again is the same text.
        event_id = hashlib.sha256(param.encode()).hexdigest()[:32]
        return TrackingEvent(event_id, f"poll.{push.status or 'told'}", number, number)

    def _offer(self, ref: OrderRef) -> Offer | None:
        return Offer(self._company, "standard", ref.price) if ref.price is not None else None

    def _label(self, ref: OrderRef, number: str | None) -> Label:
        assert ref.price is not None
        return Label(
            shipment_ref=str(ref),
            tracking_code=number or ref.key,
            tracker_ref=str(ref),
            carrier=self._company,
            service="standard",
            # The courier brings it: there is nothing to print.
            label_url="",
            cost=ref.price,
        )

    async def _price(self, param: dict[str, object]) -> Money | None:
        call = self._order_call("price", param)
        return orders.price_of(await self._asked("price", call, wire.WirePriced))

    async def _detail(self, ref: OrderRef) -> wire.WireDetail:
        call = self._order_call("detail", {"taskId": ref.task})
        found = (await self._asked("detail", call, wire.WireDetailed)).data
        if found is None:
            raise NotFoundError(wire.SYSTEM, "no order has this number")
        return found

    async def _cancellable(self, ref: OrderRef) -> Pickup:
        found = await self._detail(ref)
        if found.status in scans.COLLECTED:
            raise RejectedError(wire.SYSTEM, "the parcel was collected", code="collected")
        return _pickup(ref, found)

    async def _asked(self, method: str, call: Call, answer: type[_Answer]) -> _Answer:
        found = await self._api.ask(call, answer)
        if not found.result:
            raise wire.order_error(method, found.return_code, repeatable=call.repeatable)
        return found

    def _order_call(
        self, method: str, param: Mapping[str, object], *, key: str | None = None
    ) -> Call:
        """Return a call of the orders' address; all but one under a key may be repeated."""
        written, moment = _written(param), str(int(self._clock().timestamp() * 1000))
        form = {
            "method": method,
            "key": self._key,
            "t": moment,
            "sign": wire.signed(written, moment, self._key, self._secret),
            "param": written,
        }
        return Call(
            "POST",
            "/order/borderapi.do",
            form=form,
            idempotency_key=key,
            repeatable=key is None,
        )


def _placed(ref: str) -> OrderRef:
    """Read the name of an order that was placed.

    Raises:
        RejectedError: its numbers are not known, so it can neither be read nor cancelled.
    """
    found = read_ref(ref)
    if found.task is None:
        raise RejectedError(
            wire.SYSTEM, "Kuaidi100's numbers of the order are not known", code="order_unknown"
        )
    return found


def _pickup(ref: OrderRef, found: wire.WireDetail) -> Pickup:
    # The price is the label's.
    return Pickup(str(ref), scans.pickup_status(found.status), ref.order, Money(0, CURRENCY))


def _written(param: Mapping[str, object]) -> str:
    return json.dumps(param, ensure_ascii=False, separators=(",", ":"))


def _form(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode(), max_num_fields=20)
    except ValueError:
        raise WebhookMalformedError(wire.SYSTEM, "the body is no form") from None
    return {name: values[0] for name, values in found.items()}
