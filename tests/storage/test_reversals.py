"""Credit that is reversed: up to what is there, the rest owed or written off (edge 66)."""

import asyncio

import pytest
from sqlalchemy import func, select

from domain.money import Money
from domain.orders import TenderKind
from domain.value_ledger import Account, AccountKind, Shortfall, spend
from storage import value_ledger
from storage.database import Database
from storage.models.values import ValuePostingModel
from storage.records import TenderFacts
from storage.returns import Returns
from storage.reversals import (
    NothingToReverseError,
    Reversals,
    Reversed,
    ReversedBeforeError,
)
from storage.settlements import Settlements
from tests.storage.builders import CARD, TENANT, opened, return_id
from tests.storage.test_settlements import in_turn

FIRST = return_id("first")
GIFT_CARD = Account(AccountKind.GIFT_CARD, "GC-1", "EUR")


async def refunded(store: Database, tender: TenderFacts, *, paid: bool = True) -> None:
    """A settlement of 5.00 that went back to one tender."""
    await opened(Returns(store), tenders=(tender,))
    settlements = Settlements(store)
    (intent,) = await settlements.seal(
        TENANT,
        FIRST,
        order_id="O-1",
        number=1,
        amount_minor=500,
        currency="EUR",
        split=in_turn,
        lot_ids=("shoes/1",),
    )
    if paid:
        await settlements.begin(TENANT, intent.intent_id)


async def on_a_gift_card(store: Database, *, spent: int = 0) -> Reversals:
    await refunded(store, TenderFacts("gift", "GC-1", 10_000, kind=TenderKind.GIFT_CARD))
    if spent:
        async with store.tenant(TENANT) as connection:
            bought = spend(GIFT_CARD, Money(spent, "EUR"), "s1")
            await value_ledger.post(connection, TENANT, bought)
    return Reversals(store)


async def reverse(
    reversals: Reversals, command_id: str = "c1", shortfall: Shortfall = Shortfall.RECEIVABLE
) -> Reversed:
    return await reversals.reverse(
        TENANT, FIRST, 1, shortfall=shortfall, command_id=command_id, actor="finance:fay"
    )


async def held(store: Database) -> int | None:
    async with store.tenant(TENANT) as connection:
        return await value_ledger.balance(connection, TENANT, GIFT_CARD)


async def owed(store: Database, kind: AccountKind) -> int:
    model = ValuePostingModel
    async with store.tenant(TENANT) as connection:
        found = await connection.scalar(
            select(func.coalesce(func.sum(model.amount_minor), 0)).where(model.kind == kind)
        )
    return int(found or 0)


@pytest.mark.parametrize("shortfall", Shortfall, ids=str)
@pytest.mark.parametrize("spent", [0, 200, 500])
async def test_edge_66_reversed_up_to_the_balance(
    store: Database, spent: int, shortfall: Shortfall
) -> None:
    """What was spent before stands in the account that the policy names; none is below zero."""
    done = await reverse(await on_a_gift_card(store, spent=spent), shortfall=shortfall)

    assert (done.taken_minor, done.shortfall_minor) == (500 - spent, spent)
    assert await held(store) == 0
    assert await owed(store, AccountKind(shortfall)) == spent


async def test_edge_66_is_reversed_once(store: Database) -> None:
    """The same command answers the same, also at once; another is told that it was done."""
    reversals = await on_a_gift_card(store, spent=200)

    answers = await asyncio.gather(*(reverse(reversals) for _ in range(4)))

    assert len(set(answers)) == 1
    with pytest.raises(ReversedBeforeError):
        await reverse(reversals, "c2")
    assert await owed(store, AccountKind.RECEIVABLE) == 200


async def test_edge_66_is_logged_with_who_did_it(store: Database) -> None:
    """In a stream of its own: the return may be closed by then."""
    await reverse(await on_a_gift_card(store, spent=200))

    events = await Returns(store).timeline(TENANT, FIRST, limit=10)

    (event,) = [event for event in events if event.type == "credit.reversed"]
    assert (event.actor, event.cause_id, event.stream) == ("finance:fay", "c1", "credit")
    assert event.data["shortfall_minor"] == 200


async def test_what_was_not_given_in_kind_is_not_reversed(store: Database) -> None:
    """Money on a card is not ours to take back."""
    await refunded(store, CARD)

    with pytest.raises(NothingToReverseError):
        await reverse(Reversals(store))


async def test_what_is_not_paid_yet_is_not_reversed(store: Database) -> None:
    """It would be paid afterwards."""
    gift_card = TenderFacts("gift", "GC-1", 10_000, kind=TenderKind.GIFT_CARD)
    await refunded(store, gift_card, paid=False)

    with pytest.raises(NothingToReverseError):
        await reverse(Reversals(store))

    assert await held(store) is None
