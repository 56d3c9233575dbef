"""The value ledger: posted once, balanced always, no account below zero, whoever comes at once."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, case, func, select, text

from domain.money import Money
from domain.orders import TenderKind
from domain.value_ledger import (
    CUSTOMERS,
    Account,
    AccountKind,
    Side,
    TooLittleError,
    Transaction,
    refund_in_kind,
    spend,
    spend_back,
)
from storage import value_ledger
from storage.database import Database
from storage.models.values import ValueAccountModel, ValuePostingModel
from tests.storage.builders import TENANT

CARD = Account(AccountKind.GIFT_CARD, "GC-1", "EUR")


def granted(minor: int, intent_id: str) -> Transaction:
    return refund_in_kind(TenderKind.GIFT_CARD, "GC-1", Money(minor, "EUR"), intent_id)


def spent(minor: int, spend_id: str) -> Transaction:
    return spend(CARD, Money(minor, "EUR"), spend_id)


async def post(store: Database, transaction: Transaction) -> bool:
    async with store.tenant(TENANT) as connection:
        return (await value_ledger.post(connection, TENANT, transaction)).is_new


async def balance(store: Database) -> int | None:
    async with store.tenant(TENANT) as connection:
        return await value_ledger.balance(connection, TENANT, CARD)


async def test_a_repeat_posts_nothing(store: Database) -> None:
    """The reference names the transaction."""
    assert [await post(store, granted(500, "i1")) for _ in range(3)] == [True, False, False]
    assert await balance(store) == 500


async def test_a_reference_stands_for_one_transaction(store: Database) -> None:
    """Another amount under the same reference is refused, and changes nothing."""
    await post(store, granted(500, "i1"))

    with pytest.raises(value_ledger.PostedOtherwiseError):
        await post(store, granted(501, "i1"))

    assert await balance(store) == 500


async def test_what_is_not_there_is_not_spent(store: Database) -> None:
    """And the refused payment leaves no trace, so its name can be used again."""
    await post(store, granted(500, "i1"))

    with pytest.raises(TooLittleError, match=r"wanted 5\.01 EUR, found 5\.00 EUR"):
        await post(store, spent(501, "s1"))

    assert await post(store, spent(500, "s1"))
    assert await balance(store) == 0


async def test_another_currency_is_another_account(store: Database) -> None:
    """Nothing is converted."""
    await post(store, granted(500, "i1"))
    yen = Account(AccountKind.GIFT_CARD, "GC-1", "JPY")

    with pytest.raises(TooLittleError, match="wanted 5 JPY, found 0 JPY"):
        await post(store, spend(yen, Money(5, "JPY"), "s1"))


async def test_parallel_spends_never_overdraw(store: Database) -> None:
    """Of ten that want a third each, three get it."""
    await post(store, granted(300, "i1"))

    answers = await asyncio.gather(
        *(post(store, spent(100, f"s{number}")) for number in range(10)), return_exceptions=True
    )

    assert sorted(map(str, answers)) == sorted(
        ["True"] * 3 + ["wanted 1.00 EUR, found 0.00 EUR"] * 7
    )
    assert await balance(store) == 0


async def test_the_same_payment_sent_at_once_is_made_once(store: Database) -> None:
    """Both are answered, one of them did it."""
    await post(store, granted(300, "i1"))

    answers = await asyncio.gather(*(post(store, spent(100, "s1")) for _ in range(5)))

    assert sorted(answers) == [False] * 4 + [True]
    assert await balance(store) == 200


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "spend", "back"]),
        st.integers(min_value=0, max_value=4),
        st.integers(min_value=1, max_value=900),
    ),
    min_size=1,
    max_size=12,
)


@given(steps=STEPS)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_order_stays_balanced_and_above_zero(
    store: Database, owner: Engine, steps: Sequence[tuple[str, int, int]]
) -> None:
    """Grants, spends, and spends given back, some of them repeated: every balance is its sum."""
    with owner.begin() as connection:
        connection.execute(text("TRUNCATE value_postings, value_transactions, value_accounts"))
    made: dict[str, Transaction] = {}
    expected = 0
    for kind, number, minor in steps:
        name = f"{kind}/{number}"
        if kind == "back":
            if f"spend/{number}" not in made:
                continue
            wanted = spend_back(made[f"spend/{number}"])
        else:
            wanted = made.get(name) or (granted if kind == "grant" else spent)(minor, str(number))
        change = sum(p.change_minor for p in wanted.postings if p.account == CARD)
        if name not in made and expected + change < 0:
            with pytest.raises(TooLittleError):
                await post(store, wanted)
            continue
        assert await post(store, wanted) is (name not in made)
        expected += 0 if name in made else change
        made[name] = wanted

    signed = case(
        (ValuePostingModel.side == Side.CREDIT, ValuePostingModel.amount_minor),
        else_=-ValuePostingModel.amount_minor,
    )
    customers = [str(kind) for kind in CUSTOMERS]
    async with store.tenant(TENANT) as connection:
        per_transaction = select(func.sum(signed)).group_by(ValuePostingModel.transaction_id)
        assert set((await connection.scalars(per_transaction)).all()) <= {0}
        held = await connection.scalar(
            select(func.coalesce(func.sum(signed), 0)).where(ValuePostingModel.kind.in_(customers))
        )
        balances = await connection.scalar(
            select(func.coalesce(func.sum(ValueAccountModel.balance_minor), 0))
        )
    assert held == balances == expected >= 0
