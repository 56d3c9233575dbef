"""Money: sealed once, never above what a tender captured, followed until it is paid."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.ids import part_id, refund_key
from domain.proposals import Approval
from storage.database import Database
from storage.intents import UnknownIntentError
from storage.records import TenderFacts
from storage.returns import Returns
from storage.rows import IntentRow, TenderBalance
from storage.sealing import (
    OverRefundError,
    SealedOtherwiseError,
    Split,
    SplitChangedError,
    SplitError,
)
from storage.settlements import IntentStateError, Settlements
from storage.states import IntentState
from tests.storage.builders import CARD, TENANT, opened, opening, return_id

FIRST = return_id("first")


def in_turn(balances: tuple[TenderBalance, ...], amount_minor: int) -> tuple[int, ...]:
    """Fill the first tender, then the next."""
    parts = []
    for balance in balances:
        parts.append(min(balance.left_minor, amount_minor))
        amount_minor -= parts[-1]
    return tuple(parts)


def _given(parts: tuple[int, ...]) -> Split:
    def split(_balances: tuple[TenderBalance, ...], _amount_minor: int) -> tuple[int, ...]:
        return parts

    return split


async def _seal(
    settlements: Settlements, amount_minor: int, *, number: int = 1, name: str = "first"
) -> tuple[IntentRow, ...]:
    return await settlements.seal(
        TENANT,
        return_id(name),
        order_id="O-1",
        number=number,
        amount_minor=amount_minor,
        currency="EUR",
        split=in_turn,
        lot_ids=("shoes/1",),
    )


async def _one(returns: Returns, settlements: Settlements, amount_minor: int = 500) -> IntentRow:
    await opened(returns)
    (intent,) = await _seal(settlements, amount_minor)
    return intent


async def test_splits_an_amount_over_tenders(returns: Returns, settlements: Settlements) -> None:
    """120.00 of 100.00 by card and 20.00 by wallet is one refund intent each."""
    await opened(returns)

    intents = await _seal(settlements, 12_000)

    assert [(one.tender_id, one.payment_ref, one.amount_minor) for one in intents] == [
        ("card", "pi_1", 10_000),
        ("wallet", "ch_1", 2_000),
    ]
    assert intents[0].intent_id == part_id(FIRST, "settlement", 1, "card")
    assert intents[0].idempotency_key == refund_key(intents[0].intent_id, 0)
    assert {one.state for one in intents} == {IntentState.PLANNED}


async def test_a_tender_without_a_part_gets_no_intent(
    returns: Returns, settlements: Settlements
) -> None:
    """A zero part is nothing to send."""
    await opened(returns)

    intents = await _seal(settlements, 4_000)

    assert [one.tender_id for one in intents] == ["card"]


async def test_sealing_again_answers_the_first_intents(
    returns: Returns, settlements: Settlements
) -> None:
    """A retry does not split again, whatever has happened to the intents since."""
    intent = await _one(returns, settlements)
    begun = await settlements.begin(TENANT, intent.intent_id)

    again = await _seal(settlements, 500)

    assert again == (begun.after,)


async def test_a_settlement_of_nothing_is_sealed_too(
    returns: Returns, settlements: Settlements
) -> None:
    """Nothing owed is a decision: it cannot become an amount under the same number."""
    await opened(returns)

    assert await _seal(settlements, 0) == ()
    with pytest.raises(SealedOtherwiseError, match="sealed for 0 EUR"):
        await _seal(settlements, 500)


async def test_another_amount_under_the_same_number_is_refused(
    returns: Returns, settlements: Settlements
) -> None:
    """A number names one amount for ever."""
    await _one(returns, settlements)

    with pytest.raises(SealedOtherwiseError, match="found 600 EUR"):
        await _seal(settlements, 600)


@pytest.mark.parametrize("parts", [(10_001, 1_999), (9_000, 3_000)])
async def test_no_tender_gives_back_more_than_it_took(
    returns: Returns, settlements: Settlements, parts: tuple[int, int]
) -> None:
    """A split that overdraws one tender is refused and leaves nothing sealed."""
    await opened(returns)

    with pytest.raises(OverRefundError):
        await settlements.seal(
            TENANT,
            FIRST,
            order_id="O-1",
            number=1,
            amount_minor=12_000,
            currency="EUR",
            split=_given(parts),
            lot_ids=("shoes/1",),
        )

    assert await settlements.of_return(TENANT, FIRST) == ()
    assert len(await _seal(settlements, 12_000)) == 2


@pytest.mark.parametrize("parts", [(), (500,), (400, 99), (600, -100)])
async def test_a_split_that_does_not_add_up_is_refused(
    returns: Returns, settlements: Settlements, parts: tuple[int, ...]
) -> None:
    """One part per tender, none negative, in sum the amount."""
    await opened(returns)

    with pytest.raises(SplitError):
        await settlements.seal(
            TENANT,
            FIRST,
            order_id="O-1",
            number=1,
            amount_minor=500,
            currency="EUR",
            split=_given(parts),
            lot_ids=("shoes/1",),
        )


async def test_an_approved_settlement_is_sealed_as_it_was_approved_or_not_at_all(
    returns: Returns, settlements: Settlements
) -> None:
    """Another split than the approved one seals nothing, and says what it would be now."""
    await opened(returns)
    approved = Approval("sha256:1", (("card", 400), ("wallet", 100)))

    async def seal(approval: Approval) -> tuple[IntentRow, ...]:
        return await settlements.seal(
            TENANT,
            FIRST,
            order_id="O-1",
            number=1,
            amount_minor=500,
            currency="EUR",
            split=in_turn,
            lot_ids=("shoes/1",),
            approval=approval,
        )

    with pytest.raises(SplitChangedError) as changed:
        await seal(approved)

    assert changed.value.by_tender == (("card", 500),)
    assert await settlements.of_return(TENANT, FIRST) == ()
    (intent,) = await seal(Approval("sha256:2", changed.value.by_tender))
    assert intent.amount_minor == 500
    # Whoever comes again meets what was sealed, whatever was left since.
    assert await seal(approved) == (intent,)


async def test_what_was_refunded_elsewhere_counts(
    returns: Returns, settlements: Settlements
) -> None:
    """A goodwill refund by the platform leaves less for us."""
    facts = TenderFacts("card", "pi_1", 10_000, refunded_elsewhere_minor=9_600)
    await returns.open_return(opening(tenders=(facts,)))

    with pytest.raises((OverRefundError, SplitError)):
        await _seal(settlements, 500)

    (intent,) = await _seal(settlements, 400)
    assert intent.amount_minor == 400


async def test_returns_of_one_order_share_its_tenders(
    store: Database, second_store: Database
) -> None:
    """Two processes settle two returns of 70.00 on one card of 100.00: one is refused."""
    returns = Returns(store)
    for name in ("first", "second"):
        await opened(returns, name, wanted=(("shoes", 1),), tenders=(CARD,))

    answers = await asyncio.gather(
        _seal(Settlements(store), 7_000, name="first"),
        _seal(Settlements(second_store), 7_000, name="second"),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, tuple) for answer in answers) == 1
    (balance,) = await returns.tender_balances(TENANT, "O-1")
    assert balance.left_minor == 3_000


async def test_the_same_settlement_twice_at_once_is_sealed_once(
    store: Database, second_store: Database
) -> None:
    """Two attempts of one activity agree on the intents."""
    await opened(Returns(store))

    first, second = await asyncio.gather(
        _seal(Settlements(store), 11_000), _seal(Settlements(second_store), 11_000)
    )

    assert first == second


async def test_begin_shows_a_crash_between_sending_and_its_answer(
    returns: Returns, settlements: Settlements
) -> None:
    """The second begin sees that the first one was sending: look up before sending again."""
    intent = await _one(returns, settlements)

    first = await settlements.begin(TENANT, intent.intent_id)
    second = await settlements.begin(TENANT, intent.intent_id)

    assert (first.before.state, first.after.state) == (IntentState.PLANNED, IntentState.SENDING)
    assert (second.before.state, second.after.state) == (IntentState.SENDING, IntentState.SENDING)


async def _walk(
    settlements: Settlements, intent_id: str, states: Sequence[IntentState]
) -> IntentRow:
    await settlements.begin(TENANT, intent_id)
    row = None
    for state in states:
        row = await settlements.finish(TENANT, intent_id, state=state, refund_ref="re_1")
    assert row is not None
    return row


_S = IntentState


@pytest.mark.parametrize(
    "states",
    [
        (_S.SUCCEEDED, _S.SUCCEEDED),
        (_S.PENDING, _S.SUCCEEDED),
        (_S.UNKNOWN, _S.PENDING, _S.REJECTED),
        (_S.SUCCEEDED, _S.REJECTED),
    ],
)
async def test_an_intent_follows_its_refund(
    returns: Returns, settlements: Settlements, states: tuple[IntentState, ...]
) -> None:
    """Pending, unknown, and even success may turn out otherwise; repeats change nothing."""
    intent = await _one(returns, settlements)

    row = await _walk(settlements, intent.intent_id, states)

    assert (row.state, row.refund_ref) == (states[-1], "re_1")
    assert await settlements.by_refund_ref(TENANT, "re_1") == row
    assert await settlements.get(TENANT, intent.intent_id) == row


async def test_an_intent_that_was_not_sent_cannot_be_finished(
    returns: Returns, settlements: Settlements
) -> None:
    """An answer without a question is a mistake."""
    intent = await _one(returns, settlements)

    with pytest.raises(IntentStateError):
        await settlements.finish(TENANT, intent.intent_id, state=IntentState.SUCCEEDED)


async def test_an_unknown_intent_is_refused(settlements: Settlements) -> None:
    """Nothing begins, ends or is planned again that was never sealed."""
    stray = return_id("stray")

    with pytest.raises(UnknownIntentError):
        await settlements.begin(TENANT, stray)
    with pytest.raises(UnknownIntentError):
        await settlements.next_generation(TENANT, stray, generation=1)
    assert await settlements.get(TENANT, stray) is None
    assert await settlements.by_refund_ref(TENANT, "re_9") is None


@pytest.mark.parametrize("state", [_S.SUCCEEDED, _S.PENDING, _S.UNKNOWN])
async def test_all_but_rejected_counts_as_spent(
    returns: Returns, settlements: Settlements, state: IntentState
) -> None:
    """An unknown refund may have been paid: its amount is not given twice."""
    intent = await _one(returns, settlements, 10_000)
    await _walk(settlements, intent.intent_id, (state,))

    card, _ = await returns.tender_balances(TENANT, "O-1")

    assert card.left_minor == 0


async def test_a_rejected_intent_is_planned_again_under_a_new_key(
    returns: Returns, settlements: Settlements
) -> None:
    """A new generation forgets the old reference; planning it twice is planning it once."""
    intent = await _one(returns, settlements)
    await _walk(settlements, intent.intent_id, (_S.REJECTED,))

    row = await settlements.next_generation(TENANT, intent.intent_id, generation=1)
    again = await settlements.next_generation(TENANT, intent.intent_id, generation=1)

    assert row == again
    assert (row.state, row.generation, row.refund_ref) == (_S.PLANNED, 1, None)
    assert row.idempotency_key == refund_key(intent.intent_id, 1)


@pytest.mark.parametrize("state", [_S.SUCCEEDED, _S.PENDING, _S.UNKNOWN])
async def test_only_a_rejected_intent_is_planned_again(
    returns: Returns, settlements: Settlements, state: IntentState
) -> None:
    """What may have been paid is never sent under a new key."""
    intent = await _one(returns, settlements)
    await _walk(settlements, intent.intent_id, (state,))

    with pytest.raises(IntentStateError):
        await settlements.next_generation(TENANT, intent.intent_id, generation=1)


@pytest.mark.parametrize("state", [_S.SENDING, _S.UNKNOWN])
async def test_an_unknown_intent_is_planned_again_when_it_had_no_effect(
    returns: Returns, settlements: Settlements, state: IntentState
) -> None:
    """Whoever looked it up says so; its clock begins anew, and its amount stays spent meanwhile."""
    intent = await _one(returns, settlements)
    sent = (await settlements.begin(TENANT, intent.intent_id)).after
    await settlements.finish(TENANT, intent.intent_id, state=state)

    row = await settlements.next_generation(
        TENANT, intent.intent_id, generation=1, without_effect=True
    )

    assert sent.first_sent_at == sent.last_sent_at
    assert sent.first_sent_at is not None
    assert (row.state, row.generation) == (_S.PLANNED, 1)
    assert (row.first_sent_at, row.last_sent_at) == (None, None)


async def test_the_end_of_one_generation_is_not_that_of_the_next(
    returns: Returns, settlements: Settlements
) -> None:
    """A try that was given up comes to its end late, while the next one is on its way."""
    intent = await _one(returns, settlements)
    await settlements.begin(TENANT, intent.intent_id)
    await settlements.next_generation(TENANT, intent.intent_id, generation=1, without_effect=True)
    await settlements.begin(TENANT, intent.intent_id)

    with pytest.raises(IntentStateError, match="generation 0 ended, and 1 is under way"):
        await settlements.finish(TENANT, intent.intent_id, state=_S.REJECTED, generation=0)


async def test_sending_again_is_remembered(returns: Returns, settlements: Settlements) -> None:
    """The key is as old as its first use, a look-up is to be believed after its last."""
    intent = await _one(returns, settlements)
    sent = (await settlements.begin(TENANT, intent.intent_id)).after

    again = await settlements.send_again(TENANT, sent)

    assert again.first_sent_at == sent.first_sent_at
    assert again.last_sent_at is not None
    assert sent.last_sent_at is not None
    assert again.last_sent_at > sent.last_sent_at
    await settlements.next_generation(TENANT, intent.intent_id, generation=1, without_effect=True)
    with pytest.raises(IntentStateError):
        await settlements.send_again(TENANT, sent)


@pytest.mark.parametrize(("given_since", "fits"), [(3_000, True), (3_001, False)])
async def test_planning_again_needs_every_minor_unit_left(
    returns: Returns, settlements: Settlements, given_since: int, fits: bool
) -> None:
    """Of a tender of 100.00 an intent of 70.00 fits beside 30.00, and not beside a cent more."""
    await returns.open_return(opening(tenders=(CARD,)))
    (intent,) = await _seal(settlements, 7_000)
    await _walk(settlements, intent.intent_id, (_S.REJECTED,))
    await _seal(settlements, given_since, number=2)

    anew = settlements.next_generation(TENANT, intent.intent_id, generation=1, without_effect=True)

    if fits:
        assert (await anew).state is _S.PLANNED
    else:
        with pytest.raises(OverRefundError):
            await anew


async def test_planning_again_respects_what_was_given_since(
    returns: Returns, settlements: Settlements
) -> None:
    """While an intent stood rejected, a later settlement used the tender's rest."""
    await returns.open_return(opening(tenders=(CARD,)))
    (intent,) = await _seal(settlements, 7_000)
    await _walk(settlements, intent.intent_id, (_S.REJECTED,))
    await _seal(settlements, 6_000, number=2)

    with pytest.raises(OverRefundError, match="found 4000 left"):
        await settlements.next_generation(TENANT, intent.intent_id, generation=1)
