"""Which papers a return's parcels have, and what a packing slip says: from its document alone."""

import mimetypes
from datetime import date
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from backhaul_client.answers import ReturnView
from backhaul_client.deliveries import DeliveryView
from backhaul_client.documents import DocumentView
from documents import packing_slip
from documents.packing_slip import PackingSlip, SlipLine
from documents.wording import reason_words
from domain.codes import RefusedError
from domain.lifecycle import DeliveryState
from domain.requests import HandoverMethod
from integrations.carriers.port import Address

SVG = "image/svg+xml"
_GIVEN_UP = (DeliveryState.CANCEL_REQUESTED, DeliveryState.CANCELLED)


def documents_of(view: ReturnView) -> tuple[DocumentView, ...]:
    """Return the papers of every parcel of a return, in the order of its parcels.

    The labels of parcels to the customer are among them, of those that were given up nothing is.
    """
    return tuple(
        document
        for delivery in view.deliveries
        if delivery.state not in _GIVEN_UP
        for document in (*_of_the_carrier(delivery), *_of_ours(view, delivery))
    )


def _of_the_carrier(delivery: DeliveryView) -> list[DocumentView]:
    addresses = {"label": delivery.label_url, "label_qr": delivery.qr_url}
    return [
        DocumentView(
            kind=kind,
            delivery_id=delivery.delivery_id,
            media_type=mimetypes.guess_type(urlsplit(address).path)[0],
            href=address,
        )
        for kind, address in addresses.items()
        if address
    ]


def _of_ours(view: ReturnView, delivery: DeliveryView) -> list[DocumentView]:
    if delivery.ship_back_of is not None:
        return []
    path = f"/v1/returns/{view.return_id}/deliveries/{quote(delivery.delivery_id, safe='')}"
    return [
        DocumentView(
            kind=kind,
            delivery_id=delivery.delivery_id,
            media_type=media_type,
            href=f"{path}/{kind.replace('_', '-')}",
        )
        for kind, media_type in (("packing_slip", packing_slip.MEDIA_TYPE), ("qr_code", SVG))
    ]


def parcel_of(view: ReturnView, delivery_id: str) -> DeliveryView:
    """Return a parcel that goes, or went, back to the merchant.

    Raises:
        RefusedError: there is none of this id, it goes to the customer, or it was given up.
    """
    found = next((d for d in view.deliveries if d.delivery_id == delivery_id), None)
    if found is None:
        raise RefusedError("delivery_not_found", "no such delivery", field="delivery_id")
    if found.ship_back_of is not None:
        raise RefusedError(
            "document_not_available",
            "the parcel goes to the customer: its label is all it needs",
            field="delivery_id",
        )
    if found.state in _GIVEN_UP:
        raise RefusedError(
            "document_not_available", "the parcel is not to be sent any more", field="delivery_id"
        )
    return found


def needs_address(delivery: DeliveryView) -> bool:
    """Say whether the parcel is sent anywhere: over a counter it is not."""
    return delivery.method != HandoverMethod.IN_STORE


def slip_of(view: ReturnView, delivery: DeliveryView, address: Address | None) -> PackingSlip:
    """Say what the parcel's slip says; ``address`` is the receiving place's."""
    return PackingSlip(
        rma_no=view.rma_no,
        delivery_id=delivery.delivery_id,
        method=HandoverMethod(delivery.method),
        lines=tuple(
            SlipLine(line.sku, line.title, units, reason_words(line.reason, line.reason_detail))
            for line in view.lines
            if (units := line.counters["authorized"])
        ),
        address=postal(address) if address is not None else (),
        carrier=delivery.carrier,
        tracking_code=delivery.tracking_code,
        qr_address=delivery.qr_url,
        hand_over_by=_hand_over_by(view, delivery),
        courier=_courier(delivery),
    )


def postal(address: Address) -> tuple[str, ...]:
    """Return an address as it is written on a parcel, without what is empty."""
    town = f"{address.postal_code} {address.city}".strip()
    lines = (address.name, address.street1, address.street2, town, address.region, address.country)
    return tuple(line for line in lines if line)


def _hand_over_by(view: ReturnView, delivery: DeliveryView) -> date | None:
    """Return the day in the customer's zone on which the wait for the parcel ends."""
    key = f"delivery/{delivery.delivery_id}/handover"
    for wait in view.waiting_on:
        if wait.key == key and wait.deadline is not None:
            return wait.deadline.astimezone(ZoneInfo(view.time_zone)).date()
    return None


def _courier(delivery: DeliveryView) -> str | None:
    awaited = [visit for visit in delivery.pickups if visit.outcome is None and not visit.cancel]
    if not awaited:
        return None
    zone = ZoneInfo(awaited[-1].time_zone)
    begin, end = (at.astimezone(zone) for at in (awaited[-1].not_before, awaited[-1].not_after))
    until = f"{end:%H:%M}" if end.date() == begin.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{begin:%Y-%m-%d %H:%M} to {until} ({awaited[-1].time_zone})"
