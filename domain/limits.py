"""What a provider takes no refund for, whatever is asked: known before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """A provider's, from its capability sheet; ``None`` and zero are no limit that we know of."""

    max_refunds: int | None = None
    """How many refunds one payment takes."""
    min_spacing: timedelta = timedelta()
    """How long to wait between two refunds of one payment."""
    max_age: timedelta | None = None
    """How long after it was made a payment can be refunded."""

    @property
    def are_any(self) -> bool:
        return bool(self.max_refunds is not None or self.min_spacing or self.max_age is not None)


@dataclass(frozen=True, slots=True)
class Payment:
    """What other refunds a payment had: how many that may stand, and when the last one was sent.

    ``captured_at`` is when it was made, where the platform tells.
    """

    refunds: int
    last_sent_at: datetime | None
    captured_at: datetime | None


@dataclass(frozen=True, slots=True)
class LimitReached:
    """Why a refund is not sent; ``until`` when, where it passes by itself."""

    message: str
    until: datetime | None = None


def limit_reached(limits: Limits, payment: Payment, *, now: datetime) -> LimitReached | None:
    """Return why a payment takes no refund now, the reason that lasts before the one that passes.

    A payment of an age that nobody told is not refused here: its provider will say.
    """
    if limits.max_refunds is not None and payment.refunds >= limits.max_refunds:
        return LimitReached(f"the provider takes {limits.max_refunds} refunds of one payment")
    if limits.max_age is not None and payment.captured_at is not None:
        ended = payment.captured_at + limits.max_age
        if now >= ended:
            days = limits.max_age // timedelta(days=1)
            return LimitReached(f"the provider refunds for {days} days, until {ended:%Y-%m-%d}")
    if payment.last_sent_at is not None and now < payment.last_sent_at + limits.min_spacing:
        pause = limits.min_spacing // timedelta(seconds=1)
        return LimitReached(
            f"the provider wants {pause} seconds between two refunds of one payment",
            payment.last_sent_at + limits.min_spacing,
        )
    return None
