"""Money as nouns: a settlement, how each lot's amount came to be, and the intents to pay it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from domain.orders import Destination


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person found in the provider's books of a refund whose end nobody knew.

    ``refund_ref`` is the provider's name of the refund, where it was paid. A ruling is of what was
    sent before ``ruled_at``; ``ruling_id`` lets it send once.
    """

    paid: bool
    refund_ref: str | None = None
    ruling_id: str = ""
    ruled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where a refund goes instead of back to its tender: refused there, chosen, or to nobody.

    ``reference`` is the owner's name of the store credit account, or where the books show the
    payment that was made by hand; empty for what lapses. ``bonus_minor`` comes on top of what is
    due, as credit alone.
    """

    destination: Destination
    reference: str
    bonus_minor: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """One refund intent as the ledger sealed it; ``state`` follows its execution.

    ``covered_minor`` of it a chargeback gave back, and was not sent; if that is all, the state is
    ``covered``.
    ``redirect`` is what the customer agreed to, ``destination`` where the money went.
    """

    intent_id: str
    tender_id: str
    payment_ref: str
    amount_minor: int
    state: str
    generation: int = 1
    refund_ref: str | None = None
    failure: str | None = None
    ruling: Ruling | None = None
    covered_minor: int = 0
    redirect: Redirect | None = None
    destination: str = Destination.ORIGINAL
    bonus_minor: int = 0
    """What it gives on top, because credit was chosen over money."""

    @property
    def is_settled(self) -> bool:
        """Whether the customer has this money, by us or by a bank."""
        return self.state in ("succeeded", "covered")

    @property
    def sent_minor(self) -> int:
        return self.amount_minor - self.covered_minor


@dataclass(frozen=True, slots=True)
class Settlement:
    """One numbered step that turned accepted lots into money.

    ``due_on`` is statutory: the last local day for the refund, never scaled. ``settlement_hash`` is
    of its amounts and tenders; a preview of the same has the same. Nothing paid, no credit note.
    One that ``gives_back`` pays a lot's charge back, has no lots of its own and the number 0.
    """

    number: int
    lot_ids: tuple[str, ...]
    amount_minor: int
    breakdown: tuple["LotAmount", ...]
    intents: tuple[Intent, ...]
    sealed_at: datetime
    due_on: date | None
    settlement_hash: str = ""
    credit_note_no: str | None = None
    gives_back: str | None = None

    @property
    def key(self) -> tuple[int, str | None]:
        return self.number, self.gives_back


@dataclass(frozen=True, slots=True)
class LotAmount:
    """How one lot's refund came to be, in minor units.

    refund = gross - discount - clawback - deduction - retained - fees - exchange + tax + shipping,
    never below zero. Each is what was really taken: a fee that found nothing left is not in it.
    ``exchange_minor`` is what wanted goods of a lower price cost, with their tax.
    ``clawback_minor`` is below zero where a later return gives back what an earlier one kept; it
    holds its own tax.
    ``tax_minor`` is on what remains after the fees; it is below zero where a lot of a low rate
    bears a taxable fee of the whole return.
    """

    lot_id: str
    gross_minor: int
    discount_minor: int
    deduction_minor: int
    tax_minor: int
    shipping_minor: int
    refund_minor: int
    cover: str
    """What allows the money without more ado: ``inspection``, ``waiver``, ``keep_item``, or
    ``recovery`` where it goes out before the goods."""
    clawback_minor: int = 0
    restocking_fee_minor: int = 0
    handling_fee_minor: int = 0
    return_shipping_fee_minor: int = 0
    exchange_minor: int = 0
    missed_visit_fee_minor: int = 0
    retained_minor: int = 0
    """What of the price stays paid for goods that are kept by an offer."""

    @property
    def value_minor(self) -> int:
        """What the lot came to by itself, whatever a promotion of the order kept back of it."""
        return self.refund_minor + self.clawback_minor

    def as_data(self) -> dict[str, str | int]:
        """Return it as JSON; what an offer retains is named where there is one."""
        data: dict[str, str | int] = asdict(self)
        if not self.retained_minor:
            del data["retained_minor"]
        return data

    @property
    def adds_up(self) -> bool:
        kept = self.discount_minor + self.clawback_minor + self.deduction_minor
        kept += self.retained_minor
        fees = self.restocking_fee_minor + self.handling_fee_minor
        fees += self.return_shipping_fee_minor + self.missed_visit_fee_minor
        refunded = self.gross_minor + self.tax_minor + self.shipping_minor
        return self.refund_minor == refunded - kept - fees - self.exchange_minor
