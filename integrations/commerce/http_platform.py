"""The commerce port on our HTTP contract, which a merchant's platform implements.

Every write carries a reference of ours and is applied once by the platform, so all of them may be
repeated.
"""

import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import httpx
from pydantic import ValidationError
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from domain.corrections import Correction, NoSuchPlaceError, corrected
from domain.locations import ReceivingLocation
from domain.money import Money
from domain.orders import Order, OrderFactsError, check_order
from integrations.carriers.port import Address
from integrations.commerce import wire
from integrations.commerce.port import (
    Contact,
    LocationAddress,
    Product,
    ReplacementEvent,
    ReplacementOrder,
    ReplacementRequest,
    StockMove,
)
from integrations.errors import (
    ConfigurationError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    WebhookMalformedError,
    WebhookSignatureError,
)
from integrations.http import Call, HttpApi, open_client
from integrations.webhooks import header

_FOLLOWED = frozenset(
    f"replacement.{step}" for step in ("paid", "cancelled", "shipped", "delivered")
)
_TOLERANCE = timedelta(minutes=5)
_OUT_OF_STOCK = "out_of_stock"
_Part = TypeVar("_Part", bound=wire.WirePart)


def open_commerce_client(
    base_url: str, token: str, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    return open_client(base_url, headers={"Authorization": f"Bearer {token}"}, transport=transport)


class HttpCommercePlatform:
    """The commerce port over HTTP."""

    def __init__(self, http: httpx.AsyncClient, *, webhook_secret: str) -> None:
        self._api = HttpApi(http, wire.SYSTEM, wire.read_refusal)
        self._webhook_secret = webhook_secret

    async def get_order(self, order_id: str, corrections: Sequence[Correction] = ()) -> Order:
        found = await self._read_order(order_id, wire.WireOrder, corrections)
        try:
            return check_order(found.facts())
        except OrderFactsError as error:
            raise ProtocolError(wire.SYSTEM, str(error), field=error.field) from error

    async def get_address(self, order_id: str, corrections: Sequence[Correction] = ()) -> Address:
        return (await self._read_order(order_id, wire.WireAddressee, corrections)).address()

    async def get_contact(self, order_id: str) -> Contact:
        return (await self._read_order(order_id, wire.WireCorrespondent, ())).contact()

    async def get_recipient(self, order_id: str) -> Contact:
        return (await self._read_order(order_id, wire.WireGiven, ())).contact()

    async def _read_order(
        self, order_id: str, part: type[_Part], corrections: Sequence[Correction]
    ) -> _Part:
        call = Call("GET", "/orders/{order}", ids={"order": order_id})
        amended = partial(corrected, corrections=corrections) if corrections else None
        try:
            found = await self._api.ask(call, part, amended=amended)
        except NoSuchPlaceError as error:
            raise ProtocolError(wire.SYSTEM, str(error), field=error.field) from error
        _same(found.order_id, order_id, "order_id")
        return found

    async def get_product(self, sku: str) -> Product:
        call = Call("GET", "/products/{sku}", ids={"sku": sku})
        found = await self._api.ask(call, wire.WireProduct)
        _same(found.sku, sku, "sku")
        return Product(found.sku, Money(found.price_minor, found.currency), found.in_stock)

    async def get_location(self, location_id: str) -> LocationAddress:
        call = Call("GET", "/locations/{location}", ids={"location": location_id})
        found = await self._api.ask(call, wire.WireLocation)
        _same(found.location_id, location_id, "location_id")
        return LocationAddress(found.location_id, found.address.address(), found.time_zone)

    async def list_locations(self) -> tuple[ReceivingLocation, ...]:
        try:
            found = await self._api.ask(Call("GET", "/locations"), wire.WireLocations)
        except NotFoundError:
            # Listing them came into the contract later than asking for one.
            return ()
        return tuple(place.location() for place in found.locations)

    async def reserve_stock(self, *, reference: str, sku: str, quantity: int) -> str | None:
        body = {"reference": reference, "sku": sku, "quantity": quantity}
        call = Call("POST", "/stock-reservations", body=body, repeatable=True)
        try:
            return (await self._api.ask(call, wire.WireReservation)).reservation_id
        except RejectedError as error:
            if error.code == _OUT_OF_STOCK:
                return None
            raise

    async def release_stock(self, reservation_id: str) -> None:
        call = Call(
            "DELETE",
            "/stock-reservations/{reservation}",
            ids={"reservation": reservation_id},
            repeatable=True,
        )
        try:
            await self._api.tell(call)
        except NotFoundError:
            # What the platform does not know it does not hold.
            return

    async def move_stock(self, move: StockMove) -> None:
        body = {
            "move_id": move.move_id,
            "sku": move.sku,
            "quantity": move.quantity,
            "location_id": move.location_id,
            "disposition": move.disposition,
            "return_id": move.return_id,
        }
        call = Call("POST", "/stock-moves", body=body, repeatable=True)
        _same((await self._api.ask(call, wire.WireMove)).move_id, move.move_id, "move_id")

    async def create_replacement(self, request: ReplacementRequest) -> ReplacementOrder:
        body: dict[str, object] = {
            "reference": request.reference,
            "return_id": request.return_id,
            "order_id": request.order_id,
            "sku": request.sku,
            "quantity": request.quantity,
            "reservation_id": request.reservation_id,
        }
        if request.due is not None:
            body |= {"due_minor": request.due.minor, "currency": request.due.currency}
        call = Call("POST", "/replacement-orders", body=body, repeatable=True)
        try:
            found = await self._api.ask(call, wire.WireReplacement)
        except RejectedError as error:
            if error.code == _OUT_OF_STOCK:
                return ReplacementOrder("", request.reference, _OUT_OF_STOCK)
            raise
        _same(found.reference, request.reference, "reference")
        return _replacement(found)

    async def cancel_replacement(self, replacement_order_id: str) -> ReplacementOrder:
        call = Call(
            "POST",
            "/replacement-orders/{order}/cancel",
            ids={"order": replacement_order_id},
            repeatable=True,
        )
        found = await self._api.ask(call, wire.WireReplacement)
        _same(found.replacement_order_id, replacement_order_id, "replacement_order_id")
        return _replacement(found)

    async def get_replacement(self, replacement_order_id: str) -> ReplacementOrder:
        call = Call("GET", "/replacement-orders/{order}", ids={"order": replacement_order_id})
        found = await self._api.ask(call, wire.WireReplacement)
        _same(found.replacement_order_id, replacement_order_id, "replacement_order_id")
        return _replacement(found)

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> ReplacementEvent | None:
        event_id = self._verified_id(headers, body, now)
        try:
            kind = wire.WireEventKind.model_validate_json(body)
            if kind.type not in _FOLLOWED:
                return None
            event = wire.WireReplacementEvent.model_validate_json(body)
        except ValidationError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is no event") from None
        return ReplacementEvent(
            event_id, event.type, event.data.replacement_order_id, event.data.reference
        )

    def _verified_id(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """Return the id of a webhook signed as Standard Webhooks say, at most 5 minutes off."""
        event_id, stamp, signatures = (
            header(headers, f"webhook-{name}") or "" for name in ("id", "timestamp", "signature")
        )
        if not event_id or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
            raise WebhookSignatureError(wire.SYSTEM, "wanted a webhook-id and webhook-timestamp")
        sent_at = datetime.fromtimestamp(int(stamp), UTC)
        try:
            wanted = Webhook(self._webhook_secret).sign(event_id, sent_at, body.decode())
        except UnicodeDecodeError:
            raise WebhookMalformedError(wire.SYSTEM, "the body is not UTF-8") from None
        except (binascii.Error, EmptyWebhookSecretError) as error:
            raise ConfigurationError(
                wire.SYSTEM, "the webhook secret is not base64", field="webhook_secret"
            ) from error
        given = (signature.encode() for signature in signatures.split())
        if not any(hmac.compare_digest(wanted.encode(), signature) for signature in given):
            raise WebhookSignatureError(wire.SYSTEM, "no signature fits the body")
        # The package would ask its own clock.
        if abs(now - sent_at) > _TOLERANCE:
            raise WebhookSignatureError(wire.SYSTEM, "the signature is too old or from the future")
        return event_id


def _same(found: str, wanted: str, field: str) -> None:
    if found != wanted:
        raise ProtocolError(wire.SYSTEM, "the answer is about something else", field=field)


def _replacement(found: wire.WireReplacement) -> ReplacementOrder:
    return ReplacementOrder(
        found.replacement_order_id,
        found.reference,
        found.status,
        found.tracking_code,
        found.payment_url,
    )
