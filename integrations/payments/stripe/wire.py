"""Stripe's answers, errors and signed events, as far as refunds need them."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx

from integrations.errors import (
    ActionRequiredError,
    AlreadyDoneError,
    DisputedError,
    InProgressError,
    IntegrationError,
    KeyConflictError,
    NotFoundError,
    StoredFailureError,
    TemporarilyUnavailableError,
    WebhookSignatureError,
)
from integrations.http import Refusal, WireModel

SYSTEM = "stripe"
_TOLERANCE = timedelta(minutes=5)

_BY_CODE: Mapping[str, type[IntegrationError]] = {
    "charge_already_refunded": AlreadyDoneError,
    "idempotency_key_in_use": InProgressError,
    "lock_timeout": InProgressError,
    "resource_missing": NotFoundError,
    "balance_insufficient": ActionRequiredError,
    "insufficient_funds": ActionRequiredError,
    "charge_disputed": DisputedError,
    "refund_disputed_payment": DisputedError,
}


class WireRefund(WireModel):
    id: str
    object: Literal["refund"]
    amount: int
    currency: str
    status: str | None = None
    metadata: dict[str, str] | None = None
    failure_reason: str | None = None
    payment_intent: str | None = None
    charge: str | None = None


class WireRefundPage(WireModel):
    data: tuple[WireRefund, ...]
    has_more: bool


class WireEvidenceDetails(WireModel):
    due_by: int | None = None


class WireDispute(WireModel):
    id: str
    object: Literal["dispute"]
    amount: int
    currency: str
    charge: str
    payment_intent: str | None = None
    reason: str
    status: str
    evidence_details: WireEvidenceDetails = WireEvidenceDetails()


class WireCard(WireModel):
    capture_before: int | None = None


class WireMethodDetails(WireModel):
    card: WireCard | None = None


class WireHoldCharge(WireModel):
    id: str
    payment_method_details: WireMethodDetails | None = None

    @property
    def capture_before(self) -> int | None:
        """Return the Unix time until which the money is held, where the charge says so."""
        card = self.payment_method_details and self.payment_method_details.card
        return card.capture_before if card else None


class WirePaymentError(WireModel):
    code: str | None = None


class WireHold(WireModel):
    """A payment intent whose charge is shown with it."""

    id: str
    object: Literal["payment_intent"]
    amount: int
    amount_received: int = 0
    currency: str
    status: str
    metadata: dict[str, str] | None = None
    cancellation_reason: str | None = None
    latest_charge: WireHoldCharge | None = None
    last_payment_error: WirePaymentError | None = None


class WireHoldPage(WireModel):
    data: tuple[WireHold, ...]
    has_more: bool


class WireEventObject(WireModel):
    id: str | None = None


class WireEventData(WireModel):
    object: WireEventObject


class WireEvent(WireModel):
    id: str
    object: Literal["event"]
    type: str
    data: WireEventData


def read_refusal(response: httpx.Response, body: Mapping[str, Any]) -> Refusal:
    error = body.get("error")
    details = error if isinstance(error, dict) else {}
    code, kind, param = (
        value if isinstance(value := details.get(name), str) else None
        for name in ("code", "type", "param")
    )
    return Refusal(code=code or kind, field=param, error=_verdict(response, code, kind))


def _verdict(
    response: httpx.Response, code: str | None, kind: str | None
) -> type[IntegrationError] | None:
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code]
    if kind == "idempotency_error" and response.status_code != 409:
        return KeyConflictError
    again = response.headers.get("Stripe-Should-Retry")
    if response.request.method == "POST" and response.status_code >= 500:
        # Stripe keeps the first answer under the key, a 500 as well: the same request would get it
        # again for a day, whatever became of the refund.
        if again == "false" or response.headers.get("Idempotent-Replayed") == "true":
            return StoredFailureError
    elif again == "true" and response.status_code not in {409, 429}:
        return TemporarilyUnavailableError
    return None


def verify_signature(header: str | None, body: bytes, secret: str, now: datetime) -> None:
    """Check a ``Stripe-Signature``; while a secret is rolled it holds several ``v1``.

    Raises:
        WebhookSignatureError: none is right, or it was made over 5 minutes from ``now``.
    """
    pairs = [part.strip().partition("=") for part in (header or "").split(",")]
    stamps = [value for name, _, value in pairs if name == "t"]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit():
        raise WebhookSignatureError(SYSTEM, "wanted a Stripe-Signature with one timestamp")
    expected = hmac.new(secret.encode(), stamps[0].encode() + b"." + body, hashlib.sha256)
    wanted = expected.hexdigest().encode()
    given = (value.encode() for name, _, value in pairs if name == "v1")
    if not any(hmac.compare_digest(wanted, signature) for signature in given):
        raise WebhookSignatureError(SYSTEM, "no signature fits the body")
    if abs(now.timestamp() - int(stamps[0][:12])) > _TOLERANCE.total_seconds():
        raise WebhookSignatureError(SYSTEM, "the signature is too old or from the future")
