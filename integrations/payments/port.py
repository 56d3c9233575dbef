"""What Backhaul needs of a payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain.money import Money


class RefundOutcome(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PaymentCapabilities:
    """The provider's capability sheet: what its idempotency and look-up can be trusted for."""

    provider: str
    key_window: timedelta
    lookup_by_reference: bool
    settle_time: timedelta
    """How long after a send a look-up may still miss the refund; zero is read-after-write."""
    replays_stored_failures: bool


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund.

    ``payment_ref`` is the provider's payment intent or charge; ``intent_id`` is ours, stamped on
    the refund so that :meth:`PaymentGateway.find_refund` can find it again.
    """

    payment_ref: str
    amount: Money
    intent_id: str
    idempotency_key: str
    return_id: str


@dataclass(frozen=True, slots=True)
class Refund:
    refund_ref: str
    outcome: RefundOutcome
    amount: Money
    intent_id: str | None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """A verified webhook: which refund to read again. Its contents are not believed."""

    event_id: str
    event_type: str
    refund_ref: str | None


class PaymentGateway(Protocol):
    capabilities: PaymentCapabilities

    async def refund(self, request: RefundRequest) -> Refund:
        """Give money back. The same key and content within the key window pays once."""

    async def find_refund(self, *, payment_ref: str, intent_id: str) -> Refund | None:
        """Find the refund stamped with our ``intent_id`` among those of one payment."""

    async def get_refund(self, refund_ref: str) -> Refund: ...

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> PaymentEvent | None:
        """Verify and read a webhook. ``None`` for kinds we do not follow.

        Raises:
            WebhookSignatureError: the signature is missing, wrong or too old.
            WebhookMalformedError: the body is not what the provider sends.
        """
