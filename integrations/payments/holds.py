"""What Backhaul needs of a payment provider that can hold money without taking it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.money import Money
from domain.orders import HoldMethod
from integrations.errors import RejectedError


class HoldOutcome(StrEnum):
    """What a provider says of a hold; only ``AUTHORIZED`` can be captured or voided."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """One hold, as it is placed and as it is looked for.

    ``hold_id`` is ours, stamped on the hold where the provider lets us. ``renews`` says that this
    one is to take the place of another on the same method.
    """

    hold_id: str
    idempotency_key: str
    return_id: str
    amount: Money
    method: HoldMethod
    renews: bool = False


@dataclass(frozen=True, slots=True)
class HeldMoney:
    """A hold as its provider knows it, and :class:`AuthorizeRequest` named its method."""

    hold_id: str
    hold_ref: str
    method: HoldMethod


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """``amount`` is at most what is held; the rest is released with it."""

    held: HeldMoney
    amount: Money
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """``idempotency_key`` goes unused where the sheet says that a void takes none."""

    held: HeldMoney
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Authorization:
    """``amount`` is what was held; a capture's answer may know no more than what was taken.

    ``expires_at`` is as the provider says, ``None`` where it does not or no longer matters.

    ``payment_ref`` is the payment that a capture made, as a refund of it names it.
    """

    hold_ref: str
    outcome: HoldOutcome
    amount: Money
    expires_at: datetime | None = None
    captured: Money | None = None
    payment_ref: str | None = None
    failure: str | None = None


def standing_hold(found: Iterable[Authorization]) -> Authorization | None:
    """Return the hold that counts for an id: one that was refused may have a successor."""
    ranks = {HoldOutcome.REFUSED: 2, HoldOutcome.VOIDED: 1, HoldOutcome.EXPIRED: 1}
    return min(found, key=lambda one: ranks.get(one.outcome, 0), default=None)


class HoldGateway(Protocol):
    async def authorize(self, request: AuthorizeRequest) -> Authorization:
        """Hold money. The same key and content within the key window holds once."""

    async def capture(self, request: CaptureRequest) -> Authorization:
        """Take what was held, or a part, and release the rest; a hold is captured once.

        A hold that has ended otherwise is answered as it is now: nothing was taken.
        """

    async def void(self, request: VoidRequest) -> Authorization:
        """Release a hold. One that has ended before is answered as it is now."""

    async def find_authorization(self, request: AuthorizeRequest) -> Authorization | None:
        """Find what became of a request whose answer was lost, by our ``hold_id``."""

    async def get_authorization(self, held: HeldMoney) -> Authorization:
        """Read a hold of which the provider's name is known."""


class NoHolds:
    """The holds of a provider that has none: whoever asks for one is told so."""

    def __init__(self, system: str) -> None:
        self._system = system

    async def authorize(self, request: AuthorizeRequest) -> Authorization:  # noqa: ARG002
        raise self._refusal()

    async def capture(self, request: CaptureRequest) -> Authorization:  # noqa: ARG002
        raise self._refusal()

    async def void(self, request: VoidRequest) -> Authorization:  # noqa: ARG002
        raise self._refusal()

    async def find_authorization(self, request: AuthorizeRequest) -> Authorization | None:  # noqa: ARG002
        raise self._refusal()

    async def get_authorization(self, held: HeldMoney) -> Authorization:  # noqa: ARG002
        raise self._refusal()

    def _refusal(self) -> RejectedError:
        return RejectedError(
            self._system, "it cannot hold money", code="cannot_hold", field="payment_method_ref"
        )
