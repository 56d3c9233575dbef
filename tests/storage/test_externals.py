"""Refunds made past us, at the provider: counted, and taken for what they pay."""

import pytest

from domain.money import Money
from storage.database import Database
from storage.externals import External, ExternalRefunds
from storage.returns import Returns
from storage.rows import IntentRow, TenderBalance
from storage.settlements import Settlements
from storage.states import IntentState
from tests.storage.builders import CARD, TENANT, opening, return_id

_S = IntentState


def all_on_one(_balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
    return (amount_minor,)


async def sealed(store: Database, amount: int, *, number: int = 1) -> IntentRow:
    settlements = Settlements(store)
    (intent,) = [
        row
        for row in await settlements.seal(
            TENANT,
            return_id("first"),
            order_id="O-1",
            number=number,
            amount_minor=amount,
            currency="EUR",
            split=all_on_one,
            lot_ids=(f"shoes/{number}",),
        )
        if row.settlement_no == number
    ]
    return intent


async def unpaid(store: Database, amount: int, *, number: int = 1) -> IntentRow:
    """An intent that the provider refused."""
    intent = await sealed(store, amount, number=number)
    await Settlements(store).begin(TENANT, intent.intent_id)
    return await Settlements(store).finish(TENANT, intent.intent_id, state=_S.REJECTED)


async def by_hand(
    store: Database, amount: int, *, state: IntentState = _S.SUCCEEDED, payment: str | None = None
) -> External | None:
    return await ExternalRefunds(store).note(
        TENANT,
        "re_hand",
        payment_refs=("pi_other", payment or CARD.payment_ref),
        amount=Money(amount, "EUR"),
        state=state,
    )


async def left(store: Database) -> int:
    (card,) = await Returns(store).tender_balances(TENANT, "O-1")
    return card.left_minor


@pytest.fixture
async def ordered(store: Database) -> Database:
    await Returns(store).open_return(opening(tenders=(CARD,)))
    return store


async def test_counts_as_given_back(ordered: Database) -> None:
    """What staff paid by hand is no longer there to be paid; told twice, it counts once."""
    before = await left(ordered)

    first = await by_hand(ordered, 1_000)
    again = await by_hand(ordered, 1_000)

    assert first is not None
    assert again is not None
    assert (first.is_new, again.is_new) == (True, False)
    assert await left(ordered) == before - 1_000


async def test_that_failed_is_there_again(ordered: Database) -> None:
    """The provider took it back."""
    before = await left(ordered)
    await by_hand(ordered, 1_000)

    await by_hand(ordered, 1_000, state=_S.REJECTED)

    assert await left(ordered) == before


async def test_pays_the_refund_that_was_refused(ordered: Database) -> None:
    """Of the same payment and amount: it is paid, and counted once."""
    intent, before = await unpaid(ordered, 1_000), await left(ordered)

    found = await by_hand(ordered, 1_000)

    assert found is not None
    assert found.intent is not None
    assert (found.intent.intent_id, found.intent.state) == (intent.intent_id, _S.SUCCEEDED)
    assert found.intent.refund_ref == "re_hand"
    assert await left(ordered) == before - 1_000


@pytest.mark.parametrize("amounts", [(1_000, 1_000), (999,)])
async def test_is_not_guessed_to_pay(ordered: Database, amounts: tuple[int, ...]) -> None:
    """Two that fit, or none: a person has to look; the amount counts as given back."""
    intents = [await unpaid(ordered, each, number=n) for n, each in enumerate(amounts, 1)]

    found = await by_hand(ordered, 1_000)

    assert found is not None
    assert found.intent is None
    states = [await Settlements(ordered).get(TENANT, one.intent_id) for one in intents]
    assert {row.state for row in states if row} == {_S.REJECTED}


async def test_leaves_alone_what_is_being_paid(ordered: Database) -> None:
    """A refund under way gets its own word from the provider."""
    await sealed(ordered, 1_000)

    found = await by_hand(ordered, 1_000)

    assert found is not None
    assert found.intent is None


async def test_of_a_stranger_is_nothing_to_us(ordered: Database) -> None:
    """A payment of no order that we know."""
    assert await by_hand(ordered, 1_000, payment="pi_strange") is None
