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


@pytest.mark.parametrize("state", [_S.PLANNED, _S.SENDING, _S.UNKNOWN])
async def test_leaves_alone_what_may_be_paid(ordered: Database, state: IntentState) -> None:
    """A refund of ours may turn up beside it: until that is known, both count."""
    intent, before = await sealed(ordered, 1_000), await left(ordered)
    if state is not _S.PLANNED:
        await Settlements(ordered).begin(TENANT, intent.intent_id)
        await Settlements(ordered).finish(TENANT, intent.intent_id, state=state)

    found = await by_hand(ordered, 1_000)

    assert found is not None
    assert found.intent is None
    assert await left(ordered) == before - 1_000


async def test_is_claimed_by_what_had_no_effect(ordered: Database) -> None:
    """Ours was looked up and is not there: what was made by hand since pays it, once."""
    intent, externals = await sealed(ordered, 1_000), ExternalRefunds(ordered)
    sending = (await Settlements(ordered).begin(TENANT, intent.intent_id)).after
    before = await left(ordered)
    assert not await externals.fitting(TENANT, sending)
    await by_hand(ordered, 1_000)

    assert await externals.fitting(TENANT, sending)
    paid = await externals.claim(TENANT, sending)

    assert (paid.state, paid.refund_ref) == (_S.SUCCEEDED, "re_hand")
    assert await left(ordered) == before
    with pytest.raises(LookupError):
        await externals.claim(TENANT, sending)


async def test_given_before_it_was_owed_is_another_matter(ordered: Database) -> None:
    """Goodwill of January does not pay the refund that is refused in March."""
    await by_hand(ordered, 1_000)

    intent = await unpaid(ordered, 1_000)
    again = await by_hand(ordered, 1_000)

    assert again is not None
    assert again.intent is None
    assert not await ExternalRefunds(ordered).fitting(TENANT, intent)


async def test_that_failed_does_not_undo_a_later_try(ordered: Database) -> None:
    """It paid for a while, then ours went through: its failure told again changes nothing."""
    intent, settlements = await unpaid(ordered, 1_000), Settlements(ordered)
    await by_hand(ordered, 1_000)
    failed = await by_hand(ordered, 1_000, state=_S.REJECTED)
    await settlements.next_generation(TENANT, intent.intent_id, generation=1)
    await settlements.begin(TENANT, intent.intent_id)
    await settlements.finish(
        TENANT, intent.intent_id, state=_S.SUCCEEDED, refund_ref="re_ours", generation=1
    )
    before = await left(ordered)

    await by_hand(ordered, 1_000, state=_S.REJECTED)

    assert failed is not None
    assert failed.intent is not None
    assert failed.intent.state is _S.REJECTED
    row = await settlements.get(TENANT, intent.intent_id)
    assert row is not None
    assert (row.state, row.refund_ref) == (_S.SUCCEEDED, "re_ours")
    assert await left(ordered) == before


async def test_of_a_stranger_is_nothing_to_us(ordered: Database) -> None:
    """A payment of no order that we know."""
    assert await by_hand(ordered, 1_000, payment="pi_strange") is None
