"""Refunds and credit notes on the wire, for those who keep the books."""

from datetime import date, datetime

from backhaul_client.answer_model import AnswerModel, PageModel


class RefundIntentView(AnswerModel):
    """One refund: to which tender, how much, and how it stands.

    ``created_at`` is when its settlement was sealed, ``sent_at`` when it was last sent,
    ``ended_at`` when the provider said how it ended. ``refund_ref`` is the provider's name of it.
    """

    intent_id: str
    return_id: str
    rma_no: str
    order_id: str
    settlement_no: int
    tender_id: str
    tender_kind: str
    payment_ref: str
    amount_minor: int
    currency: str
    state: str
    generation: int
    refund_ref: str | None
    failure: str | None
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class RefundSumView(AnswerModel):
    currency: str
    state: str
    refunds: int
    amount_minor: int


class RefundPage(PageModel):
    """Oldest first; ``sums`` are of all refunds that fit."""

    items: tuple[RefundIntentView, ...]
    sums: tuple[RefundSumView, ...]


class CreditNoteRow(AnswerModel):
    """One row in minor units: above zero to the customer, below zero kept back.

    ``kind`` is goods (price paid for ``quantity`` units, without tax), promotion_clawback,
    condition_deduction, price_of_kept_goods, restocking_fee, handling_fee, return_shipping_fee,
    missed_visit_fee, goods_sent_instead, tax, tax_on_fees or shipping. ``jurisdiction`` and
    ``rate`` are of a tax, in the platform's words.
    """

    kind: str
    lot_id: str
    amount_minor: int
    title: str
    sku: str
    quantity: int
    jurisdiction: str
    rate: str


class CreditNoteView(AnswerModel):
    """The credit note of one settlement, as it was issued; it never changes.

    Its rows add up to ``total_minor``, which is what the settlement paid. ``issued_on`` is UTC.
    """

    number: str
    return_id: str
    rma_no: str
    order_id: str
    settlement_no: int
    issued_on: date
    currency: str
    total_minor: int
    rows: tuple[CreditNoteRow, ...]


class CreditNotePage(PageModel):
    """In the order of their numbers."""

    items: tuple[CreditNoteView, ...]
