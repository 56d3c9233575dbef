"""Gift cards, store credit, points and coupons on the wire; amounts in minor units."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backhaul_client.answer_model import AnswerModel, PageModel
from backhaul_client.requests import Id, RequestModel

CreditKind = Literal["GIFT_CARD", "STORE_CREDIT", "POINTS", "COUPON"]
Currency = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Z]{3}$")]


class NewSpend(RequestModel):
    """Pay with what an account holds. ``owner_ref`` is the issuer's name of the card or account."""

    kind: CreditKind
    owner_ref: Id
    currency: Currency
    amount_minor: Annotated[int, Field(strict=True, ge=1, le=2**53)]


class SpendView(AnswerModel):
    """A payment; ``balance_minor`` is what the account holds now."""

    spend_id: str
    kind: str
    owner_ref: str
    currency: str
    amount_minor: int
    balance_minor: int


class CreditBalance(AnswerModel):
    kind: str
    owner_ref: str
    currency: str
    balance_minor: int


class CreditTransaction(AnswerModel):
    """``purpose`` is refund, spend, spend_back or reversal; a change below zero took from it."""

    transaction_id: str
    purpose: str
    change_minor: int
    posted_at: datetime


class CreditPage(PageModel):
    """Newest first."""

    items: tuple[CreditTransaction, ...]


class NewReversal(RequestModel):
    """Take back what one settlement of a return gave in kind."""

    return_id: Id
    settlement_no: Annotated[int, Field(strict=True, ge=1, le=10_000)]


class ReversalView(AnswerModel):
    """``shortfall_minor`` was spent before: RECEIVABLE or WRITE_OFF, as ``shortfall`` says."""

    settlement_no: int
    currency: str
    taken_minor: int
    shortfall_minor: int
    shortfall: str
