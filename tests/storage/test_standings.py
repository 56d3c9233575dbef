"""What an order has come to, told to each settlement of each of its returns."""

import asyncio

import pytest

from domain.orders import TenderKind
from domain.promotions import Standing, Units
from domain.value_ledger import Account, AccountKind
from storage import value_ledger
from storage.database import Database
from storage.records import TenderFacts
from storage.returns import Returns
from storage.rows import IntentRow, TenderBalance
from storage.sealing import StandingChangedError
from storage.settlements import Settlements
from storage.states import IntentState
from tests.storage.builders import TENANT, opened, return_id

NOTHING = Standing()
FIRST_UNIT: Units = (("shoes", (0,)),)
AFTER_FIRST = Standing(FIRST_UNIT, 300)


def first_tender(balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
    return (amount_minor, *(0 for _ in balances[1:]))


async def seal(
    settlements: Settlements,
    name: str,
    units: Units,
    *,
    standing: Standing | None,
    clawback_minor: int = 0,
    number: int = 1,
) -> tuple[IntentRow, ...]:
    return await settlements.seal(
        TENANT,
        return_id(name),
        order_id="O-1",
        number=number,
        amount_minor=500,
        currency="EUR",
        split=first_tender,
        lot_ids=(f"{name}/{number}",),
        units=units,
        clawback_minor=clawback_minor,
        standing=standing,
    )


async def two_returns(returns: Returns) -> None:
    for name in ("first", "second"):
        await opened(returns, name, wanted=(("shoes", 1),))


async def test_a_settlement_tells_the_next_return_what_it_did(
    returns: Returns, settlements: Settlements
) -> None:
    """Units paid back and what was kept back of promotions are the order's, not the return's."""
    await two_returns(returns)

    await seal(settlements, "first", FIRST_UNIT, standing=NOTHING, clawback_minor=300)
    await seal(settlements, "second", (("shoes", (2, 1)),), standing=AFTER_FIRST)

    assert await returns.standing(TENANT, "O-1") == Standing((("shoes", (0, 1, 2)),), 300)
    assert await returns.standing(TENANT, "O-2") == NOTHING


async def test_what_was_computed_on_something_older_is_not_sealed(
    returns: Returns, settlements: Settlements
) -> None:
    """The other return came first: its standing is told, and nothing is written."""
    await two_returns(returns)
    await seal(settlements, "first", FIRST_UNIT, standing=NOTHING, clawback_minor=300)

    with pytest.raises(StandingChangedError) as stale:
        await seal(settlements, "second", (("shoes", (1,)),), standing=NOTHING)

    assert stale.value.standing == AFTER_FIRST
    assert await settlements.of_return(TENANT, return_id("second")) == ()
    assert await returns.standing(TENANT, "O-1") == AFTER_FIRST


async def test_sealing_again_answers_on_what_it_was_sealed(
    returns: Returns, settlements: Settlements
) -> None:
    """A run that was lost computes anew on what stood then, also if more was sealed since."""
    await two_returns(returns)
    await seal(settlements, "first", FIRST_UNIT, standing=NOTHING, clawback_minor=300)
    sealed = await seal(settlements, "second", (("shoes", (1,)),), standing=AFTER_FIRST)

    with pytest.raises(StandingChangedError) as asked_anew:
        await seal(settlements, "second", (("shoes", (1,)),), standing=NOTHING)
    again = await seal(
        settlements, "second", (("shoes", (1,)),), standing=asked_anew.value.standing
    )

    assert asked_anew.value.standing == AFTER_FIRST
    assert again == sealed


async def test_of_two_at_once_the_second_hears_of_the_first(
    returns: Returns, settlements: Settlements
) -> None:
    """Both were computed on an order with nothing back; only one of them is sealed so."""
    await two_returns(returns)

    ends = await asyncio.gather(
        seal(settlements, "first", FIRST_UNIT, standing=NOTHING, clawback_minor=300),
        seal(settlements, "second", FIRST_UNIT, standing=NOTHING, clawback_minor=300),
        return_exceptions=True,
    )

    (refused,) = [end for end in ends if isinstance(end, BaseException)]
    assert isinstance(refused, StandingChangedError)
    assert refused.standing == AFTER_FIRST


async def test_without_a_promotion_nobody_waits_for_the_other(
    returns: Returns, settlements: Settlements
) -> None:
    """Amounts that do not depend on the order are sealed whatever it has come to."""
    await two_returns(returns)
    await seal(settlements, "first", FIRST_UNIT, standing=None)

    intents = await seal(settlements, "second", (("shoes", (1,)),), standing=None)

    assert [intent.amount_minor for intent in intents] == [500]


@pytest.mark.parametrize(
    "kind",
    [TenderKind.GIFT_CARD, TenderKind.STORE_CREDIT, TenderKind.POINTS, TenderKind.COUPON],
    ids=str,
)
async def test_a_tender_in_kind_is_paid_as_it_begins(
    returns: Returns, settlements: Settlements, store: Database, kind: TenderKind
) -> None:
    """However often somebody begins, as after a crash: one posting, and it counts as spent."""
    tender = TenderFacts("t1", "GC-1", 10_000, kind=kind)
    await opened(returns, tenders=(tender,))
    (intent,) = await seal(settlements, "first", FIRST_UNIT, standing=None)

    paid = [await settlements.begin(TENANT, intent.intent_id) for _ in range(2)]

    assert [begun.after.state for begun in paid] == [IntentState.SUCCEEDED] * 2
    account = Account(AccountKind(kind), "GC-1", "EUR")
    async with store.tenant(TENANT) as connection:
        assert await value_ledger.balance(connection, TENANT, account) == 500
    (balance,) = await returns.tender_balances(TENANT, "O-1")
    assert (balance.kind, balance.left_minor) == (kind, 9_500)


async def test_a_card_is_still_sent(returns: Returns, settlements: Settlements) -> None:
    """What a payment provider knows begins as before."""
    await opened(returns)
    (intent,) = await seal(settlements, "first", FIRST_UNIT, standing=None)

    begun = await settlements.begin(TENANT, intent.intent_id)

    assert begun.after.state is IntentState.SENDING
