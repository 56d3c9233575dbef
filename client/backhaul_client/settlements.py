"""What is paid back, to which tender, and what a bank took back."""

from datetime import date, datetime

from backhaul_client.answer_model import AnswerModel


class LotAmountView(AnswerModel):
    """A lot's refund and how it came about, in minor units, each as it was really taken.

    refund = gross - discount - clawback - deduction - retained - fees - exchange + tax + shipping.
    A clawback below zero gives back what an earlier return of the order kept back; the exchange is
    what wanted goods of a lower price cost.
    """

    lot_id: str
    gross_minor: int
    discount_minor: int
    deduction_minor: int
    tax_minor: int
    shipping_minor: int
    refund_minor: int
    cover: str
    clawback_minor: int = 0
    restocking_fee_minor: int = 0
    handling_fee_minor: int = 0
    return_shipping_fee_minor: int = 0
    exchange_minor: int = 0
    missed_visit_fee_minor: int = 0
    retained_minor: int = 0
    """What of the price stays paid for goods that are kept by an offer."""


class RefundView(AnswerModel):
    intent_id: str
    tender_id: str
    amount_minor: int
    state: str
    refund_ref: str | None
    failure: str | None
    generation: int = 0
    covered_minor: int = 0
    """What of the amount a chargeback gave back; it is not sent."""
    destination: str = "original"
    """``original``, ``store_credit``, ``by_hand``, or ``lapsed`` for a part of a coupon."""
    bonus_minor: int = 0
    """What comes on top because credit was chosen over money."""


class SettlementView(AnswerModel):
    """Money decided for some lots; its amounts never change. ``due_on`` is the statutory date.

    ``settlement_hash`` is of its amounts and tenders, as in a preview; ``credit_note_no`` is empty
    where nothing was paid. With ``gives_back`` it pays back what was charged for that lot, and its
    number is 0.
    """

    number: int
    amount_minor: int
    due_on: date | None
    sealed_at: datetime
    breakdown: tuple[LotAmountView, ...]
    refunds: tuple[RefundView, ...]
    settlement_hash: str = ""
    credit_note_no: str | None = None
    gives_back: str | None = None


class ChargebackView(AnswerModel):
    """A payment that the customer's bank took back; ``state`` is open, won (for us) or lost.

    ``refunds_sent`` are the refunds of the payment that had gone before, by the provider's names.
    """

    dispute_ref: str
    tender_id: str
    amount_minor: int
    state: str
    reason: str
    since: datetime
    evidence_due_by: datetime | None
    refunds_sent: tuple[str, ...] = ()


class TenderPart(AnswerModel):
    tender_id: str
    amount_minor: int


class DeclinedView(AnswerModel):
    """Why finance did not approve a settlement."""

    reason: str
    declined_by: str
    declined_at: datetime


class DifferenceView(AnswerModel):
    """One amount that is not as it was when an earlier settlement was proposed."""

    what: str
    was_minor: int
    now_minor: int


class ProposedSettlementView(AnswerModel):
    """A settlement above the policy's limit, as it would be sealed: it waits for finance.

    Approve it with its ``number`` and ``settlement_hash``. ``differences`` are from the one of
    ``replaced_hash``, which was proposed before.
    """

    number: int
    amount_minor: int
    settlement_hash: str
    proposed_at: datetime
    due_on: date | None
    breakdown: tuple[LotAmountView, ...]
    by_tender: tuple[TenderPart, ...]
    approved_by: str | None = None
    declined: DeclinedView | None = None
    replaced_hash: str | None = None
    differences: tuple[DifferenceView, ...] = ()
    bonus_minor: int = 0
    """What comes on top at most, as it is paid as store credit; it counts against the limit."""
