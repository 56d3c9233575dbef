"""Money as nouns: a settlement, how each lot's amount came to be, and the intents to pay it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person found in the provider's books of a refund whose end nobody knew.

    ``refund_ref`` is the provider's name of the refund, where it was paid.
    """

    paid: bool
    refund_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """One refund intent as the ledger sealed it; ``state`` follows its execution."""

    intent_id: str
    tender_id: str
    payment_ref: str
    amount_minor: int
    state: str
    generation: int = 1
    refund_ref: str | None = None
    failure: str | None = None
    ruling: Ruling | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One numbered step that turned accepted lots into money.

    ``due_on`` is statutory: the last local day for the refund, never scaled.
    """

    number: int
    lot_ids: tuple[str, ...]
    amount_minor: int
    breakdown: tuple["LotAmount", ...]
    intents: tuple[Intent, ...]
    sealed_at: datetime
    due_on: date | None


@dataclass(frozen=True, slots=True)
class LotAmount:
    """How one lot's refund came to be, in minor units.

    refund = gross - discount - deduction + tax + shipping.
    """

    lot_id: str
    gross_minor: int
    discount_minor: int
    deduction_minor: int
    tax_minor: int
    shipping_minor: int
    refund_minor: int
    cover: str
    """What allows the money without more ado: ``inspection``, ``waiver`` or ``keep_item``."""
