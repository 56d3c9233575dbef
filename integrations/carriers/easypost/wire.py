"""EasyPost's answers, errors and signed events, as far as returns need them."""

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import httpx
from pydantic import AwareDatetime, Field

from integrations.errors import (
    ActionRequiredError,
    AlreadyDoneError,
    AmbiguousOutcomeError,
    InProgressError,
    IntegrationError,
    WebhookSignatureError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "easypost"
QR_CODE = "label_qr_code"

_SIGNATURE_PREFIX = "hmac-sha256-hex="
_BY_CODE: Mapping[str, type[IntegrationError]] = {
    "SHIPMENT.POSTAGE.EXISTS": AlreadyDoneError,
    "SHIPMENT.PURCHASE.IN_PROGRESS": InProgressError,
    # The carrier was asked and did not answer: the label may exist.
    "SHIPMENT.POSTAGE.NO_RESPONSE": AmbiguousOutcomeError,
    "PAYMENT_REQUIRED": ActionRequiredError,
}


class WireRate(WireModel):
    """A price; ``rate`` is a decimal string and never becomes a float."""

    id: str
    carrier: str
    service: str
    rate: Annotated[Decimal, Field(ge=0, max_digits=12)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    delivery_days: Annotated[int, Field(ge=0)] | None = None
    est_delivery_days: Annotated[int, Field(ge=0)] | None = None


class WireMessage(WireModel):
    """Why a carrier offers no rate."""

    carrier: str | None = None
    message: str | None = None


class WirePostageLabel(WireModel):
    label_url: str


class WireTrackerRef(WireModel):
    id: str


class WireForm(WireModel):
    form_type: str
    form_url: str | None = None


class WireShipment(WireModel):
    id: str
    forms: tuple[WireForm, ...] = ()
    rates: tuple[WireRate, ...] = ()
    messages: tuple[WireMessage, ...] = ()
    selected_rate: WireRate | None = None
    postage_label: WirePostageLabel | None = None
    tracking_code: str | None = None
    tracker: WireTrackerRef | None = None
    refund_status: str | None = None
    reference: str | None = None
    created_at: AwareDatetime | None = None


class WirePickup(WireModel):
    id: str
    status: str
    confirmation: str | None = None
    pickup_rates: tuple[WireRate, ...] = ()
    messages: tuple[WireMessage, ...] = ()
    reference: str | None = None
    created_at: AwareDatetime | None = None


class WireTrackingDetail(WireModel):
    status: str
    status_detail: str | None = None
    message: str | None = None
    datetime: AwareDatetime | None = None


class WireTracker(WireModel):
    id: str
    tracking_code: str
    tracking_details: tuple[WireTrackingDetail, ...] = ()


class WireShipmentPage(WireModel):
    shipments: tuple[WireShipment, ...]
    has_more: bool = False

    @property
    def last_id(self) -> str | None:
        return self.shipments[-1].id if self.shipments else None


class WirePickupPage(WireModel):
    pickups: tuple[WirePickup, ...]
    has_more: bool = False

    @property
    def last_id(self) -> str | None:
        return self.pickups[-1].id if self.pickups else None


class WireTrackerPage(WireModel):
    trackers: tuple[WireTracker, ...]


class WireEventKind(WireModel):
    id: str
    description: str


class WireEventTracker(WireModel):
    id: str
    tracking_code: str


class WireTrackerEvent(WireEventKind):
    result: WireEventTracker


def read_refusal(response: httpx.Response, body: Mapping[str, Any]) -> Refusal:  # noqa: ARG001 -- the body says all
    error = body.get("error")
    details = error if isinstance(error, dict) else {}
    code = details.get("code")
    code = code if isinstance(code, str) else None
    # ``errors`` holds objects for fields, or plain sentences.
    problems = details.get("errors")
    first = problems[0] if isinstance(problems, list) and problems else None
    name = first.get("field") if isinstance(first, dict) else None
    return Refusal(
        code=code,
        field=name if isinstance(name, str) else None,
        error=_BY_CODE.get(code) if code else None,
    )


def verify_signature(given: str | None, body: bytes, secret: str) -> None:
    """Check an ``X-Hmac-Signature``. It carries no time: an old event may be sent again.

    Raises:
        WebhookSignatureError: it is missing or does not fit the body.
    """
    # EasyPost signs with the decomposed form of the secret it was given.
    key = unicodedata.normalize("NFKD", secret).encode()
    wanted = _SIGNATURE_PREFIX + hmac.new(key, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), (given or "").encode()):
        raise WebhookSignatureError(SYSTEM, "no signature fits the body")
