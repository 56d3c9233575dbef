"""A chargeback decides where a refund is marked as being sent: held, covered, or let go."""

import asyncio
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlalchemy import insert

from domain.money import Money
from storage import ledger
from storage.chargebacks import Chargebacks, ChargedBackError, Noted
from storage.database import Database
from storage.models.effects import ChargebackModel
from storage.returns import Returns
from storage.rows import IntentRow
from storage.settlements import Settlements
from storage.states import ChargebackState, IntentState
from tests.storage.builders import CARD, TENANT, opened
from tests.storage.test_settlements import _seal

DUE = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest_asyncio.fixture
async def chargebacks(store: Database) -> Chargebacks:
    return Chargebacks(store)


async def note(
    chargebacks: Chargebacks,
    minor: int,
    state: ChargebackState,
    *,
    payment_ref: str = CARD.payment_ref,
) -> Noted | None:
    return await chargebacks.note(
        TENANT,
        "du_1",
        payment_refs=(payment_ref,),
        amount=Money(minor, "EUR"),
        state=state,
        reason="fraudulent",
        evidence_due_by=DUE,
    )


async def sealed(returns: Returns, settlements: Settlements, *amounts: int) -> list[IntentRow]:
    """One settlement each on a card that captured 100.00."""
    await opened(returns)
    found: list[IntentRow] = []
    for number, minor in enumerate(amounts, start=1):
        found += await _seal(settlements, minor, number=number)
    return found


async def test_nothing_is_sent_while_it_is_open(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """The intent stays planned, and who asks is told until when evidence is taken."""
    (intent,) = await sealed(returns, settlements, 500)
    await note(chargebacks, 10_000, ChargebackState.OPEN)

    with pytest.raises(ChargedBackError) as held:
        await settlements.begin(TENANT, intent.intent_id)

    assert held.value.evidence_due_by == DUE
    assert await settlements.get(TENANT, intent.intent_id) == intent


async def test_another_payment_is_not_held(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """A chargeback of the wallet leaves the card alone; one of nobody's payment is not kept."""
    (intent,) = await sealed(returns, settlements, 500)
    await note(chargebacks, 2_000, ChargebackState.OPEN, payment_ref="ch_1")

    begun = await settlements.begin(TENANT, intent.intent_id)

    assert begun.after.state is IntentState.SENDING
    assert await note(chargebacks, 1, ChargebackState.OPEN, payment_ref="pi_of_nobody") is None


async def test_what_was_lost_covers_it(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """All of the payment is gone: the intent ends, and asking again changes nothing."""
    (intent,) = await sealed(returns, settlements, 500)
    await note(chargebacks, 10_000, ChargebackState.LOST)

    first = await settlements.begin(TENANT, intent.intent_id)
    again = await settlements.begin(TENANT, intent.intent_id)

    assert first.after.state is again.after.state is IntentState.COVERED
    assert (first.after.covered_minor, first.after.amount.minor) == (500, 0)
    assert first.after.first_sent_at is None


async def test_one_of_exactly_its_amount_is_covered_by_it(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """And only one: the next of the same amount has the rest of the payment."""
    first, second = await sealed(returns, settlements, 4_000, 4_000)
    await note(chargebacks, 4_000, ChargebackState.LOST)

    states = [
        (await settlements.begin(TENANT, one.intent_id)).after.state for one in (first, second)
    ]

    assert states == [IntentState.COVERED, IntentState.SENDING]


async def test_two_at_once_do_not_both_take_what_is_left(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """60.00 lost of 100.00: of two refunds of 30.00 together 40.00 go, whoever comes first."""
    both = await sealed(returns, settlements, 3_000, 3_000)
    await note(chargebacks, 6_000, ChargebackState.LOST)

    begun = await asyncio.gather(*(settlements.begin(TENANT, one.intent_id) for one in both))

    assert sum(one.after.amount.minor for one in begun) == 4_000
    assert sorted(one.after.covered_minor for one in begun) == [0, 2_000]


async def test_what_was_won_lets_it_go(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """And a late word that it is open does not hold it again."""
    (intent,) = await sealed(returns, settlements, 500)
    opened_one = await note(chargebacks, 10_000, ChargebackState.OPEN)
    await note(chargebacks, 10_000, ChargebackState.WON)
    late = await note(chargebacks, 10_000, ChargebackState.OPEN)

    begun = await settlements.begin(TENANT, intent.intent_id)

    assert opened_one is not None
    assert late is not None
    assert (opened_one.has_changed, late.has_changed) == (True, False)
    assert late.chargeback.state is ChargebackState.WON
    assert begun.after.state is IntentState.SENDING
    assert begun.after.covered_minor == 0


async def test_one_that_is_being_noted_is_waited_for(
    store: Database, returns: Returns, settlements: Settlements
) -> None:
    """A refund begun in the same moment is held: it does not go out unseen."""
    (intent,) = await sealed(returns, settlements, 500)
    async with store.tenant(TENANT) as connection:
        await ledger.lock_tenders(connection, TENANT, "O-1")
        begin = asyncio.create_task(settlements.begin(TENANT, intent.intent_id))
        ended, _ = await asyncio.wait({begin}, timeout=0.5)
        being_noted = {
            "tenant_id": TENANT,
            "dispute_ref": "du_1",
            "order_id": "O-1",
            "tender_id": CARD.tender_id,
            "amount_minor": 10_000,
            "currency": "EUR",
            "state": ChargebackState.OPEN,
            "reason": "fraudulent",
        }
        await connection.execute(insert(ChargebackModel), being_noted)

    assert not ended
    with pytest.raises(ChargedBackError):
        await begin


@pytest.mark.parametrize("state", [ChargebackState.OPEN, ChargebackState.LOST])
async def test_what_was_sent_once_is_not_sent_again_beside_a_bank(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks, state: ChargebackState
) -> None:
    """Under the same key only the whole could go: a person finds out how it ended."""
    (intent,) = await sealed(returns, settlements, 500)
    sending = (await settlements.begin(TENANT, intent.intent_id)).after
    await note(chargebacks, 400, state)

    with pytest.raises(ChargedBackError):
        await settlements.send_again(TENANT, sending)

    assert await settlements.get(TENANT, intent.intent_id) == sending


async def test_what_is_open_is_shown_with_the_refunds_that_went_out(
    returns: Returns, settlements: Settlements, chargebacks: Chargebacks
) -> None:
    """Also where no return is left to be told; what was decided is shown no more."""
    sent, _unsent = await sealed(returns, settlements, 500, 300)
    await settlements.begin(TENANT, sent.intent_id)
    await note(chargebacks, 10_000, ChargebackState.OPEN)

    (shown,) = await chargebacks.undecided(TENANT, limit=10)
    await note(chargebacks, 10_000, ChargebackState.WON)

    assert (shown.chargeback.order_id, shown.chargeback.amount_minor) == ("O-1", 10_000)
    assert shown.chargeback.evidence_due_by == DUE
    assert shown.refunds_sent == (sent.intent_id,)
    assert await chargebacks.undecided("other", limit=10) == ()
    assert await chargebacks.undecided(TENANT, limit=10) == ()
