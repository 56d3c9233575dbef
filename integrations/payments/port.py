"""What Backhaul needs of a payment provider."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from domain.money import Money
from integrations.payments.holds import HoldGateway


class RefundOutcome(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class LookUp(StrEnum):
    """How a refund is found again when the answer to sending it was lost."""

    BY_KEY = "by_key"
    """Under the number made of our key, which the provider keeps as the refund's own."""
    BY_REFERENCE = "by_reference"
    """Among the refunds of its payment, by our id stamped on it."""
    NONE = "none"


FOR_GOOD = timedelta.max
"""A key window that does not end: the key is the refund's own number."""


@dataclass(frozen=True, slots=True)
class PaymentCapabilities:
    """The provider's capability sheet: what it can be trusted for, and what it refuses.

    ``sources`` says of every other field where its value comes from. A limit that the provider does
    not have, or does not tell, is ``None`` or zero; then only its refusal tells.
    """

    provider: str
    key_window: timedelta
    """How long a repeat under the same key has no second effect; :data:`FOR_GOOD` has no end."""
    compares_content: bool
    """Whether the provider itself refuses other content under a used key."""
    replays_stored_failures: bool
    """Whether a failed answer is given again under its key, without another try."""
    lookup: LookUp
    settle_time: timedelta
    """How long after a send a look-up may still miss the refund; zero is read-after-write."""
    answers_acceptance_only: bool
    """Whether the answer to a refund says no more than that it was taken; its end is read later."""
    partial_refunds: bool
    max_refunds: int | None
    """How many refunds one payment takes."""
    min_spacing: timedelta
    """How long to wait between two refunds of one payment."""
    max_age: timedelta | None
    """How long after it was made a payment can be refunded."""
    chargebacks: bool
    """Whether it tells of chargebacks, shows them again and takes evidence (:class:`Disputes`)."""
    read_spacing: timedelta
    """How long to wait between two of many readings."""
    currencies: frozenset[str] | None
    """ISO 4217 codes; ``None`` is every currency whose amounts the adapter can write exactly."""
    holds: bool
    """Whether it can hold money without taking it; the rest tells how, where it can."""
    hold_lasts: timedelta
    """At most, for planning; of each hold the provider's own word counts."""
    hold_lookup: LookUp
    """How a hold is found again when the answer to placing or renewing it was lost."""
    hold_captures_part: bool
    """Whether a part can be captured, and the rest is released with it."""
    void_takes_key: bool
    """Whether a void is repeated under a key; elsewhere it is safe by the hold's state."""
    renewal_takes_over: bool
    """Whether a renewal ends the hold that it renews; elsewhere that one is voided after it."""
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One refund.

    ``payment_ref`` is the payment as its provider names it; ``intent_id`` is ours, stamped on the
    refund so that :meth:`PaymentGateway.find_refund` can find it again.
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
    payment_refs: tuple[str, ...] = ()
    """The provider's names of the payment it is of, as a :class:`RefundRequest` may give them."""


def standing(refunds: Iterable[Refund]) -> Refund | None:
    """Return the refund that counts for an intent: one that failed may have a successor."""
    return min(refunds, key=lambda refund: refund.outcome is RefundOutcome.FAILED, default=None)


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """A verified webhook: which refund or chargeback to read again. Nothing else is believed."""

    event_id: str
    event_type: str
    refund_ref: str | None
    dispute_ref: str | None = None


class ChargebackState(StrEnum):
    INQUIRY = "inquiry"
    """The customer's bank only asks: no money was taken, and a refund settles it."""
    OPEN = "open"
    WON = "won"
    """Decided for us, also where it came to nothing: the money is ours again."""
    LOST = "lost"
    """The customer has the money back, from the bank."""


@dataclass(frozen=True, slots=True)
class Chargeback:
    """A payment that the customer's bank took back, or means to.

    ``payment_refs`` are the provider's names of the payment; ``reason`` is its word; evidence is
    taken until ``evidence_due_by``.
    """

    dispute_ref: str
    payment_refs: tuple[str, ...]
    amount: Money
    state: ChargebackState
    reason: str
    evidence_due_by: datetime | None


@runtime_checkable
class Disputes(Protocol):
    """A provider whose chargebacks can be followed and contested through its API."""

    async def get_chargeback(self, dispute_ref: str) -> Chargeback: ...

    async def attach_evidence(self, dispute_ref: str, text: str, *, idempotency_key: str) -> None:
        """Lay a text beside what a person will hand in; nothing is handed in by this.

        Raises:
            RejectedError: it takes no evidence any more.
        """

    async def cancel_refund(self, refund_ref: str, *, idempotency_key: str) -> Refund:
        """Stop a refund whose money is not on its way yet.

        Raises:
            RejectedError: it is, or came to its end.
        """


@runtime_checkable
class ListsRefunds(Protocol):
    """A provider that can show all its refunds of a time, by whomever they were made."""

    async def list_refunds(self, *, since: datetime, until: datetime) -> tuple[Refund, ...]:
        """Return the refunds that were made from ``since`` to before ``until``, newest first."""


class PaymentGateway(Protocol):
    capabilities: PaymentCapabilities
    holds: HoldGateway

    async def refund(self, request: RefundRequest) -> Refund:
        """Give money back. The same key and content within the key window pays once."""

    async def find_refund(
        self, *, payment_ref: str, intent_id: str, idempotency_key: str
    ) -> Refund | None:
        """Find the refund of our ``intent_id`` on one payment.

        Where several generations of it were sent, one that stands comes before one that failed. A
        provider whose look-up is by key knows only the one sent under ``idempotency_key``.
        """

    async def get_refund(self, refund_ref: str) -> Refund: ...

    def parse_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> PaymentEvent | None:
        """Verify and read a webhook. ``None`` for kinds we do not follow.

        Raises:
            WebhookSignatureError: the signature is missing, wrong or too old.
            WebhookMalformedError: the body is not what the provider sends.
        """
