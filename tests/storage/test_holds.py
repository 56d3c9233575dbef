"""Holds in their table: what each state allows, and what a capture leaves behind."""

import pytest

from domain.holds import HoldState, HoldStep
from domain.intents import Redirect
from domain.money import Money
from domain.orders import Destination, HoldMethod
from storage.chargebacks import Chargebacks
from storage.database import Database
from storage.giving_back import GivingBack
from storage.hold_rows import HoldRow
from storage.holds import HeldOtherwiseError, Holds, HoldStateError
from storage.redirects import Redirects
from storage.returns import Returns
from storage.sealing import OverRefundError, SealedOtherwiseError
from storage.settlements import Settlements
from storage.states import ChargebackState, IntentState
from tests.storage.builders import TENANT, opened, return_id

CARD = HoldMethod("pm_1", "cus_1")
AMOUNT = Money(5_000, "EUR")


@pytest.fixture
async def holds(store: Database, returns: Returns) -> Holds:
    """Holds of a return that is open."""
    await opened(returns)
    return Holds(store)


async def planned(holds: Holds, *, number: int = 1, amount: Money = AMOUNT) -> HoldRow:
    return await holds.plan(
        TENANT,
        return_id("first"),
        purpose="shoes",
        number=number,
        order_id="O-1",
        amount=amount,
        method=CARD,
    )


async def authorized(holds: Holds, *, number: int = 1) -> HoldRow:
    row = await holds.begin(TENANT, await planned(holds, number=number), HoldStep.PLACE)
    return await holds.note(TENANT, row, HoldState.AUTHORIZED, hold_ref=f"pi_{number}")


async def captured(holds: Holds, amount: Money) -> HoldRow:
    row = await holds.begin(
        TENANT, await authorized(holds), HoldStep.CAPTURE, capture_minor=amount.minor
    )
    return await holds.note(TENANT, row, HoldState.CAPTURED, captured=amount, payment_ref="pi_hold")


async def test_is_planned_once(holds: Holds) -> None:
    """A repeat answers what it has become; another amount under its number is refused."""
    before = await authorized(holds)

    again = await planned(holds)

    assert again == before
    with pytest.raises(HeldOtherwiseError):
        await planned(holds, amount=Money(5_001, "EUR"))


async def test_is_in_the_currency_of_its_order(holds: Holds) -> None:
    """Nothing is stored of a hold in another one."""
    with pytest.raises(HeldOtherwiseError):
        await planned(holds, amount=Money(5_000, "USD"))

    assert await holds.of_return(TENANT, return_id("first")) == ()


async def test_every_step_has_a_key_of_its_own(holds: Holds) -> None:
    """What was refused under one key is asked again under another."""
    placed = await authorized(holds)
    first = await holds.begin(TENANT, placed, HoldStep.CAPTURE, capture_minor=1_000)
    refused = await holds.note(TENANT, first, HoldState.AUTHORIZED, failure="card_declined")
    second = await holds.begin(TENANT, refused, HoldStep.CAPTURE, capture_minor=900)

    keys = {placed.idempotency_key, first.idempotency_key, second.idempotency_key}

    assert len(keys) == 3
    assert (second.capture_minor, second.failure) == (900, None)


async def test_whoever_comes_late_changes_nothing(holds: Holds) -> None:
    """A process that knows an older state may neither ask nor note."""
    stale = await authorized(holds)
    await holds.begin(TENANT, stale, HoldStep.VOID)

    with pytest.raises(HoldStateError):
        await holds.begin(TENANT, stale, HoldStep.CAPTURE, capture_minor=1_000)
    with pytest.raises(HoldStateError):
        await holds.note(TENANT, stale, HoldState.EXPIRED)


async def test_one_lot_is_not_captured_twice(holds: Holds) -> None:
    """While one of its holds is taken, or may be, the other one is not."""
    first, second = await authorized(holds), await authorized(holds, number=2)
    await holds.begin(TENANT, second, HoldStep.CAPTURE, capture_minor=5_000)

    with pytest.raises(HoldStateError):
        await holds.begin(TENANT, first, HoldStep.CAPTURE, capture_minor=5_000)


async def test_no_settlement_pays_out_of_a_capture(holds: Holds, returns: Returns) -> None:
    """What was captured adds nothing to what the order has left to give back."""
    before = await returns.tender_balances(TENANT, "O-1")

    await captured(holds, Money(4_000, "EUR"))

    assert await returns.tender_balances(TENANT, "O-1") == before


async def test_a_capture_is_given_back_once(holds: Holds, store: Database) -> None:
    """A repeat answers the same intent; another amount under it is refused."""
    hold = await captured(holds, Money(4_000, "EUR"))
    giving_back = GivingBack(store)

    first = await giving_back.seal(TENANT, hold, Money(4_000, "EUR"))
    again = await giving_back.seal(TENANT, hold, Money(4_000, "EUR"))

    assert first == again
    assert (first.amount, first.payment_ref) == (Money(4_000, "EUR"), "pi_hold")
    with pytest.raises(SealedOtherwiseError):
        await giving_back.seal(TENANT, hold, Money(3_000, "EUR"))


async def test_no_more_is_given_back_than_was_captured(holds: Holds, store: Database) -> None:
    """Nothing is sealed of more, nor of another currency."""
    hold = await captured(holds, Money(4_000, "EUR"))

    for amount in (Money(4_001, "EUR"), Money(4_000, "USD")):
        with pytest.raises(OverRefundError):
            await GivingBack(store).seal(TENANT, hold, amount)


async def test_what_was_refused_of_it_is_given_back_elsewhere(
    holds: Holds, store: Database, settlements: Settlements
) -> None:
    """Its amount is sought on what the capture took, which no settlement pays from."""
    hold = await captured(holds, Money(4_000, "EUR"))
    intent = await GivingBack(store).seal(TENANT, hold, Money(4_000, "EUR"))
    await settlements.begin(TENANT, intent.intent_id)
    refused = await settlements.finish(
        TENANT, intent.intent_id, state=IntentState.REJECTED, failure="card_closed"
    )
    by_hand = Redirect(Destination.BY_HAND, "SEPA 81")

    paid = await Redirects(store).redirect(TENANT, refused, by_hand, generation=1)

    assert (paid.state, paid.refund_ref) == (IntentState.SUCCEEDED, "SEPA 81")


@pytest.mark.parametrize(
    ("lost_minor", "state"),
    [(4_000, IntentState.COVERED), (1_000, IntentState.SENDING)],
)
async def test_a_lost_chargeback_of_it_covers_what_is_given_back(
    holds: Holds, store: Database, lost_minor: int, state: IntentState
) -> None:
    """The bank took it from what the capture brought in: only the rest is sent."""
    hold = await captured(holds, Money(4_000, "EUR"))
    intent = await GivingBack(store).seal(TENANT, hold, Money(4_000, "EUR"))
    await Chargebacks(store).note(
        TENANT,
        "du_1",
        payment_refs=("pi_hold",),
        amount=Money(lost_minor, "EUR"),
        state=ChargebackState.LOST,
        reason="fraudulent",
        evidence_due_by=None,
    )

    begun = await Settlements(store).begin(TENANT, intent.intent_id)

    assert (begun.after.covered_minor, begun.after.state) == (lost_minor, state)
