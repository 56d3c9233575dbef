"""Labels, courier visits and tracking through UPS.

UPS has no idempotency keys and keeps no drafts. A label is found again by our key, which is its
reference number. A visit is ordered again: its number is answered while it stands for the address.
"""

import uuid
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime

import httpx
from pydantic import ValidationError

from integrations.carriers.port import (
    Label,
    Pickup,
    PickupRequest,
    Shipment,
    ShipmentRequest,
    TrackingEvent,
    TrackingSnapshot,
)
from integrations.carriers.ups import (
    labels,
    quotes,
    scans,
    shipment_wire,
    shipments,
    tracking_wire,
    visit_wire,
    visits,
    wire,
)
from integrations.carriers.ups.sheet import CAPABILITIES
from integrations.errors import (
    AlreadyDoneError,
    NotFoundError,
    RejectedError,
    WebhookMalformedError,
)
from integrations.http import Call, HttpApi, open_client
from integrations.oauth import ClientCredentials
from integrations.webhooks import header

_BY_NUMBER = "02"


class _NamedRequests(ClientCredentials):
    """Puts the id on every request that tracking demands."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["transId"] = uuid.uuid4().hex
        yield from super().auth_flow(request)


def open_ups_client(
    base_url: str,
    client_id: str,
    client_secret: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    token_url = f"{base_url.rstrip('/')}/security/v1/oauth/token"
    return open_client(
        base_url,
        headers={"transactionSrc": "backhaul"},
        auth=_NamedRequests(wire.SYSTEM, token_url, client_id, client_secret),
        transport=transport,
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)


class UpsCarrier:
    """The carrier port on UPS's API, release 2409 (``base_url`` ends before ``/api``)."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        account_number: str,
        account_country: str,
        webhook_credential: str,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal)
        self._account = account_number
        self._country = account_country
        self._credential = webhook_credential
        self._clock = clock

    async def create_shipment(self, request: ShipmentRequest) -> Shipment:
        # Time in transit across a border is told only with the value of the goods.
        inland = request.sender.country == request.recipient.country
        option = shipments.WITH_DAYS if inland else shipments.WITHOUT_DAYS
        call = Call(
            "POST",
            "/api/rating/v2409/{option}",
            ids={"option": option},
            body=shipments.rated(request, account=self._account, option=option),
            repeatable=True,
        )
        try:
            rates = (await self._api.ask(call, shipment_wire.WireRated)).rate_response
            quote = shipments.cheapest(rates, request.recipient.country)
        except RejectedError as refused:
            if refused.code not in {"no_rates", *wire.NO_SERVICE}:
                raise
            return Shipment(request.key, None)
        shipment_ref = quotes.label_ref(request.key, quote)
        return Shipment(shipment_ref, None, offer=shipments.offered(quote))

    async def purchase_label(self, shipment_ref: str, request: ShipmentRequest) -> Label:
        key, quote = quotes.read_label_ref(shipment_ref)
        if quote is None:
            raise shipments.no_rates()
        if await self._found(key) is not None:
            raise AlreadyDoneError(wire.SYSTEM, f"{shipment_ref} has a label")
        call = Call(
            "POST",
            "/api/shipments/v2409/ship",
            body=shipments.shipped(request, quote.service, account=self._account),
        )
        try:
            answer = await self._api.ask(call, shipment_wire.WireShipmentAnswer)
        except RejectedError as refused:
            if refused.code in wire.NO_SERVICE:
                raise shipments.no_rates() from None
            raise
        return shipments.bought(key, quote, answer.shipment_response.shipment_results)

    async def get_shipment(self, shipment_ref: str) -> Shipment:
        key, quote = quotes.read_label_ref(shipment_ref)
        found = await self._found(key)
        if found is None:
            offer = None if quote is None else shipments.offered(quote)
            return Shipment(shipment_ref, None, offer=offer)
        if quote is None:
            raise RejectedError(
                wire.SYSTEM, "a label whose price was never told", field="shipment_ref"
            )
        label = shipments.label(key, quote, found.number, found.url, quote.price)
        return Shipment(shipment_ref, label, "refunded" if found.is_voided else None)

    async def void_label(self, shipment_ref: str) -> str:
        key, _ = quotes.read_label_ref(shipment_ref)
        found = await self._found(key)
        if found is None:
            return "not_applicable"
        if found.is_voided:
            return "refunded"
        call = Call(
            "DELETE",
            "/api/shipments/v2409/void/cancel/{shipment}",
            ids={"shipment": found.number},
            # What was voided before is answered as voided.
            repeatable=True,
        )
        answer = await self._api.ask(call, shipment_wire.WireVoided)
        done = answer.void_shipment_response.summary_result.status.code == "1"
        return "refunded" if done else "rejected"

    async def label_qr_code(self, shipment_ref: str) -> str:
        raise RejectedError(
            wire.SYSTEM, f"{shipment_ref} has no address of a code", code="no_qr_code"
        )

    async def create_pickup(self, request: PickupRequest) -> Pickup:
        call = Call(
            "POST",
            "/api/shipments/v2409/pickup/oncall",
            body=visits.priced(request, account=self._account, country=self._country),
            repeatable=True,
        )
        try:
            price = visits.quoted(await self._api.ask(call, visit_wire.WirePickupQuoted))
        except RejectedError:
            # UPS's codes for it are not published: what it tells no price of is not offered.
            return Pickup(request.key, "unbooked")
        quote = quotes.VisitQuote(visits.day(request), price)
        return Pickup(quotes.visit_ref(request.key, quote), "unbooked")

    async def buy_pickup(self, pickup_ref: str, request: PickupRequest) -> Pickup:
        _, quote = quotes.read_visit_ref(pickup_ref)
        _, label = quotes.read_label_ref(request.shipment_ref)
        now = self._clock()
        if quote is None or label is None:
            raise RejectedError(wire.SYSTEM, "no courier is offered for it", code="no_rates")
        if request.not_after <= now:
            raise RejectedError(wire.SYSTEM, "the window is over", code="slot_gone")
        call = Call(
            "POST",
            "/api/pickupcreation/v2409/pickup",
            body=visits.ordered(request, label, account=self._account, country=self._country),
        )
        try:
            answer = await self._api.ask(call, visit_wire.WirePickupCreated)
        except RejectedError as refused:
            if visits.is_today(request, now):
                # It was offered, and is refused for the rest of today: another day may be had.
                raise RejectedError(
                    wire.SYSTEM,
                    f"no courier for the rest of today: {refused.code}",
                    code="slot_gone",
                ) from None
            raise
        return visits.booked(pickup_ref, quote, answer)

    async def get_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:
        key, quote = quotes.read_visit_ref(pickup_ref)
        found = visits.among(await self._pending(), key=key, confirmation=confirmation)
        return visits.read(pickup_ref, quote, found, confirmation=confirmation, now=self._clock())

    async def cancel_pickup(self, pickup_ref: str, confirmation: str | None = None) -> Pickup:
        if confirmation is None:
            found = await self.get_pickup(pickup_ref)
            if found.status != "scheduled" or found.confirmation is None:
                return found
            confirmation = found.confirmation
        call = Call(
            "DELETE",
            "/api/shipments/v2409/pickup/{by}",
            ids={"by": _BY_NUMBER},
            headers={"Prn": confirmation},
            repeatable=True,
        )
        _, quote = quotes.read_visit_ref(pickup_ref)
        cost = quote.price if quote else None
        try:
            await self._api.ask(call, visit_wire.WirePickupCancelled)
        except RejectedError:
            listed = visits.among(await self._pending(), key="", confirmation=confirmation)
            status = "over" if listed is None else visits.status_of(listed)
            if status == "scheduled":
                raise
            # What UPS neither calls off nor lists does not stand.
            return Pickup(pickup_ref, status, confirmation, cost)
        return Pickup(pickup_ref, "canceled", confirmation, cost)

    async def check(self) -> None:
        await self._pending()

    async def track(self, tracker_ref: str) -> TrackingSnapshot:
        call = Call("GET", "/api/track/v1/details/{number}", ids={"number": tracker_ref})
        for parcel in (await self._api.ask(call, tracking_wire.WireTracked)).parcels:
            if parcel.tracking_number == tracker_ref:
                return scans.snapshot(tracker_ref, parcel)
        raise NotFoundError(wire.SYSTEM, "no parcel has this tracking number")

    def parse_webhook(
        self,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,  # noqa: ARG002 -- a credential carries no time
    ) -> TrackingEvent | None:
        wire.verify_credential(header(headers, "credential"), self._credential)
        try:
            event = tracking_wire.WireEvent.model_validate_json(body)
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no tracking event") from None
        number = event.tracking_number
        return TrackingEvent(scans.event_id(event), "track.alert", number, number)

    async def _found(self, key: str) -> labels.FoundLabel | None:
        return await labels.find(self._api, account=self._account, key=key)

    async def _pending(self) -> tuple[visit_wire.WirePending, ...]:
        """Return the visits to come today and tomorrow."""
        call = Call(
            "GET",
            "/api/shipments/v2409/pickup/oncall",
            headers={"AccountNumber": self._account},
        )
        try:
            answer = await self._api.ask(call, visit_wire.WirePickupsPending)
        except RejectedError:
            # How UPS says that there are none is not published. Believed wrongly, a visit is
            # ordered again, and UPS answers the one that stands.
            return ()
        return answer.pickup_pending_status_response.pending_status
