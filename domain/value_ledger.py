"""What customers hold in kind with us, as double entry: gift cards, store credit, points, coupons.

A customer's account is what we owe: a credit raises it, a debit lowers it. Every transaction has as
much on the one side as on the other, and is known by its reference, so that a repeat changes
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.ids import content_hash, stated
from domain.money import Money
from domain.orders import TenderKind


class AccountKind(StrEnum):
    """Whose money it is: the first four are customers', the others are the merchant's own."""

    GIFT_CARD = "GIFT_CARD"
    STORE_CREDIT = "STORE_CREDIT"
    POINTS = "POINTS"
    COUPON = "COUPON"
    REFUNDS = "REFUNDS"
    """What was given back of sales."""
    BONUS = "BONUS"
    """What was given on top to customers who chose credit over money."""
    SALES = "SALES"
    """What was bought with what customers held."""
    RECEIVABLE = "RECEIVABLE"
    """What a customer owes: credit that was reversed after it was spent."""
    WRITE_OFF = "WRITE_OFF"
    """The same, where the policy asks nobody for it."""


CUSTOMERS = (
    AccountKind.GIFT_CARD,
    AccountKind.STORE_CREDIT,
    AccountKind.POINTS,
    AccountKind.COUPON,
)
"""Kinds of accounts that are never below zero."""


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


class Purpose(StrEnum):
    REFUND = "refund"
    SPEND = "spend"
    SPEND_BACK = "spend_back"
    REVERSAL = "reversal"


class Shortfall(StrEnum):
    """What becomes of reversed credit that was spent before (domain.md, edge 66)."""

    RECEIVABLE = "RECEIVABLE"
    WRITE_OFF = "WRITE_OFF"


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """``owner_ref`` is the issuer's name of a card, account or coupon; empty for our own."""

    kind: AccountKind
    owner_ref: str
    currency: str


@dataclass(frozen=True, slots=True)
class Posting:
    """``amount_minor``, above zero, on one side of one account."""

    account: Account
    side: Side
    amount_minor: int

    @property
    def change_minor(self) -> int:
        """What it changes a customer's balance by."""
        return self.amount_minor if self.side is Side.CREDIT else -self.amount_minor


@dataclass(frozen=True, slots=True)
class Transaction:
    """Postings that are made together or not at all."""

    reference: str
    purpose: Purpose
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if any(posting.amount_minor <= 0 for posting in self.postings):
            raise ValueError("wanted postings above zero")
        if not self.postings or sum(posting.change_minor for posting in self.postings) != 0:
            raise ValueError("debit and credit differ")
        if len({posting.account.currency for posting in self.postings}) != 1:
            raise ValueError("wanted one currency")

    @property
    def content_hash(self) -> str:
        """The same for a repeat, another for another transaction under the same reference."""
        return content_hash(stated(self))


class TooLittleError(ValueError):
    """A customer's account holds less than is to be taken from it."""

    def __init__(self, wanted: Money, found: Money) -> None:
        super().__init__(f"wanted {wanted}, found {found}")


def refund_in_kind(
    kind: TenderKind, owner_ref: str, amount: Money, intent_id: str, *, bonus_minor: int = 0
) -> Transaction:
    """Give back in kind, with what comes on top: one transaction per refund intent."""
    account = Account(AccountKind(kind), owner_ref, amount.currency)
    refunds = Account(AccountKind.REFUNDS, "", amount.currency)
    bonus = Account(AccountKind.BONUS, "", amount.currency)
    debits = ((refunds, amount.minor), (bonus, bonus_minor))
    return Transaction(
        f"refund/{intent_id}",
        Purpose.REFUND,
        (
            *(Posting(to, Side.DEBIT, minor) for to, minor in debits if minor),
            Posting(account, Side.CREDIT, amount.minor + bonus_minor),
        ),
    )


def spend(account: Account, amount: Money, spend_id: str) -> Transaction:
    """Pay with what a customer holds; ``spend_id`` is the caller's own name of the payment."""
    sales = Account(AccountKind.SALES, "", amount.currency)
    return _moved(f"spend/{spend_id}", Purpose.SPEND, amount, debit=account, credit=sales)


def spend_back(spent: Transaction) -> Transaction:
    """Undo a payment as a whole: each of its postings on the other side."""
    other = {Side.DEBIT: Side.CREDIT, Side.CREDIT: Side.DEBIT}
    return Transaction(
        reference=f"{spent.reference}/back",
        purpose=Purpose.SPEND_BACK,
        postings=tuple(
            Posting(posting.account, other[posting.side], posting.amount_minor)
            for posting in spent.postings
        ),
    )


def reversal(
    account: Account,
    given: Money,
    intent_id: str,
    *,
    held_minor: int,
    shortfall: Shortfall,
    bonus_minor: int = 0,
) -> Transaction:
    """Take back what a refund gave, with its bonus, up to what is held.

    The rest is owed, or written off.
    """
    whole = given.minor + bonus_minor
    taken = min(whole, max(held_minor, 0))
    refunds = Account(AccountKind.REFUNDS, "", given.currency)
    bonus = Account(AccountKind.BONUS, "", given.currency)
    owed = Account(AccountKind(shortfall), "", given.currency)
    debits = ((account, taken), (owed, whole - taken))
    to_credit = ((refunds, given.minor), (bonus, bonus_minor))
    return Transaction(
        f"refund/{intent_id}/reversal",
        Purpose.REVERSAL,
        (
            *(Posting(to, Side.DEBIT, minor) for to, minor in debits if minor),
            *(Posting(to, Side.CREDIT, minor) for to, minor in to_credit if minor),
        ),
    )


def changes(postings: Sequence[Posting]) -> dict[Account, int]:
    """Sum up by how much each customer's account changes, in the order everybody locks them."""
    found: dict[Account, int] = {}
    for posting in sorted(postings, key=lambda posting: posting.account):
        if posting.account.kind in CUSTOMERS:
            found[posting.account] = found.get(posting.account, 0) + posting.change_minor
    return found


def _moved(
    reference: str, purpose: Purpose, amount: Money, *, debit: Account, credit: Account
) -> Transaction:
    postings = (
        Posting(debit, Side.DEBIT, amount.minor),
        Posting(credit, Side.CREDIT, amount.minor),
    )
    return Transaction(reference, purpose, postings)
