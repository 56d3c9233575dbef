"""The value ledger's own rules: both sides alike, no account below zero, exact in any currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from domain.orders import TenderKind
from domain.value_ledger import (
    Account,
    AccountKind,
    Posting,
    Purpose,
    Side,
    Transaction,
    changes,
    refund_in_kind,
    spend,
    spend_back,
)

CARD = Account(AccountKind.GIFT_CARD, "GC-1", "EUR")


@given(
    minor=st.integers(min_value=1, max_value=10**15),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    kind=st.sampled_from([kind for kind in TenderKind if kind.is_in_kind]),
)
def test_what_is_spent_and_given_back_leaves_the_account_as_it_was(
    minor: int, currency: str, kind: TenderKind
) -> None:
    """In currencies of any number of decimals."""
    amount = Money(minor, currency)
    account = Account(AccountKind(kind), "A-1", currency)
    bought = spend(account, amount, "s1")

    assert changes(refund_in_kind(kind, "A-1", amount, "i1").postings) == {account: minor}
    assert changes(bought.postings) == {account: -minor}
    assert changes(spend_back(bought).postings) == {account: minor}


@pytest.mark.parametrize(
    ("postings", "problem"),
    [
        ((Posting(CARD, Side.CREDIT, 5),), "differ"),
        ((), "differ"),
        ((Posting(CARD, Side.CREDIT, 0), Posting(CARD, Side.DEBIT, 0)), "above zero"),
        (
            (
                Posting(CARD, Side.CREDIT, 5),
                Posting(Account(AccountKind.REFUNDS, "", "USD"), Side.DEBIT, 5),
            ),
            "one currency",
        ),
    ],
    ids=["one-sided", "empty", "of-nothing", "two-currencies"],
)
def test_no_transaction_is_out_of_balance(postings: tuple[Posting, ...], problem: str) -> None:
    """It cannot even be written down."""
    with pytest.raises(ValueError, match=problem):
        Transaction("r", Purpose.REFUND, postings)
