"""Parcels on their way, and what arrived in them."""

from datetime import datetime

from backhaul_client.answer_model import AnswerModel


class PickupView(AnswerModel):
    """One courier visit, in local times of ``time_zone``, the IANA zone of its address.

    ``fault`` says who bears one that was over without the parcel.
    """

    attempt: int
    not_before: datetime
    not_after: datetime
    time_zone: str
    pickup_ref: str
    confirmation: str | None
    outcome: str | None
    cancel: str | None = None
    """How far the wish is that the courier does not come: requested, confirmed or refused."""
    fault: str = "NONE"
    note: str = ""


class DeliveryView(AnswerModel):
    """One parcel: to the warehouse, or (``ship_back_of`` a lot) to the customer again.

    ``wished`` is the way that it goes once its courier is called off; ``replaces`` is the parcel
    that it is instead of. ``sent_at`` is when the customer proved to have sent it. ``trouble`` is
    the worst that its carrier told of it: EXCEPTION or RETURNED_TO_SENDER. ``promised_at`` is until
    when the carrier promises to deliver it, from its first scan on; ``expected_at`` is when it is
    expected instead, once that promise will probably break.
    """

    delivery_id: str
    method: str
    state: str
    ship_back_of: str | None
    carrier: str | None
    tracking_code: str | None
    label_url: str | None
    first_scan_at: datetime | None
    delivered_at: datetime | None
    trouble: str | None = None
    bag: str | None = None
    """In which bag of a bulk parcel it travels, whose number is its tracking code."""
    sent_at: datetime | None = None
    qr_url: str | None = None
    replaces: str | None = None
    promised_at: datetime | None = None
    expected_at: datetime | None = None
    claim_ref: str | None = None
    wished: str | None = None
    label_valid_until: datetime | None = None
    pickups: tuple[PickupView, ...]


class ReceiptEntryView(AnswerModel):
    sku: str
    quantity: int
    unexpected: int


class ReceiptView(AnswerModel):
    receipt_id: str
    parcel: str
    location_id: str
    received_at: datetime
    entries: tuple[ReceiptEntryView, ...]


class ParcelLinkView(AnswerModel):
    """Another return of the same parcel; ``is_own_label``: the label on it is this return's.

    ``kind`` is ``swapped`` where only the other's goods were counted in it, ``shared`` where both's
    were.
    """

    tracking_code: str
    rma_no: str
    kind: str
    is_own_label: bool
