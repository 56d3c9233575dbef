"""Holds from their row to the provider and back, over real HTTP: each step has one effect."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.refunds import IssueRefund
from domain.intents import Ruling
from domain.money import Money
from storage.chargebacks import Chargebacks
from storage.states import ChargebackState
from tests.support.holding import Desk, Provider, open_desk
from tests.support.house import TENANT
from tests.support.postgres import Database
from tests.support.sandbox import Sandbox
from tests.support.sandbox_client import SandboxClient

PLACE = "POST /v1/payment_intents"
STEPS: dict[tuple[Provider, str], str] = {
    ("stripe", "place"): PLACE,
    ("stripe", "renew"): PLACE,
    ("stripe", "capture"): "POST /v1/payment_intents/{intent}/capture",
    ("stripe", "void"): "POST /v1/payment_intents/{intent}/cancel",
    ("paypal", "place"): "GET /v2/payments/authorizations/{authorization}",
    ("paypal", "renew"): "POST /v2/payments/authorizations/{authorization}/reauthorize",
    ("paypal", "capture"): "POST /v2/payments/authorizations/{authorization}/capture",
    ("paypal", "void"): "POST /v2/payments/authorizations/{authorization}/void",
}


@pytest.fixture
async def desk(
    request: pytest.FixtureRequest,
    database: Database,
    shared_sandbox: Sandbox,
    outside: SandboxClient,
) -> AsyncIterator[Desk]:
    """A tenant connected to Stripe, or to the provider that a test names."""
    provider: Provider = getattr(request, "param", "stripe")
    async with open_desk(provider, database, shared_sandbox, outside) as opened:
        yield opened


FIFTY = Money(5_000, "EUR")
THIRTY = Money(3_000, "EUR")


async def test_money_is_held_then_let_go(desk: Desk) -> None:
    """A hold is placed once and voided once, however often each is asked."""
    await desk.open(FIFTY)

    placed, again = await desk.place(FIFTY), await desk.place(FIFTY)
    voided, once_more = await desk.void(), await desk.void()

    assert placed == again
    assert placed.state == "authorized"
    assert placed.expires_at is not None
    assert (voided.state, once_more.state) == ("voided", "voided")
    assert desk.counted() == [("voided", 0)]


async def test_edge_73_what_was_taken_is_given_back_once(desk: Desk) -> None:
    """What was captured for goods that came after all is paid back by one refund."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    taken, again = await desk.capture(THIRTY), await desk.capture(THIRTY)

    first = await desk.give_back(THIRTY)
    second = await desk.give_back(THIRTY)
    issued = await desk.payments.issue_refund(
        IssueRefund(TENANT, first.intent.intent_id, first.intent.generation)
    )

    assert taken == again
    assert (taken.state, taken.captured) == ("captured", THIRTY)
    assert desk.counted() == [("captured", 3_000)]
    assert {first.first_try.state, second.first_try.state, issued.state} == {"succeeded"}
    refunds = desk.sandbox.ledger(return_id=desk.return_id)["refunds"]
    assert [refund["amount_minor"] for refund in refunds] == [3_000]


async def test_edge_73_giving_back_pays_once_when_the_answer_is_lost(desk: Desk) -> None:
    """The refund of a capture is looked up like any other before it is sent again."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    await desk.capture(THIRTY)
    with desk.sandbox.fault(system="stripe", operation="POST /v1/refunds", kind="lost_reply"):
        given = await desk.give_back(THIRTY)

    issued = await desk.payments.issue_refund(IssueRefund(TENANT, given.intent.intent_id))

    assert (given.first_try.state, issued.state) == ("sending", "succeeded")
    assert len(desk.sandbox.ledger(return_id=desk.return_id)["refunds"]) == 1


async def test_a_chargeback_of_what_was_taken_keeps_it_unsent(desk: Desk) -> None:
    """It was not sent, and does not read as if it were."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    await desk.capture(THIRTY)
    (hold,) = await desk.rows()
    assert hold.payment_ref is not None
    await Chargebacks(desk.database).note(
        TENANT,
        "du_1",
        payment_refs=(hold.payment_ref,),
        amount=THIRTY,
        state=ChargebackState.OPEN,
        reason="fraudulent",
        evidence_due_by=None,
    )

    given = await desk.give_back(THIRTY)

    assert given.first_try.state == "planned"
    assert desk.sandbox.ledger(return_id=desk.return_id)["refunds"] == []


@pytest.mark.parametrize(("gate_minor", "state"), [(1, "sending"), (None, "succeeded")])
async def test_another_key_to_give_back_needs_a_person_above_the_gate(
    desk: Desk, gate_minor: int | None, state: str
) -> None:
    """The first one is spent on a stored failure that had no effect, and answers it again."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    await desk.capture(THIRTY)
    with desk.sandbox.fault(system="stripe", operation="POST /v1/refunds", kind="stored_500"):
        await desk.give_back(THIRTY)
    await desk.pass_time(timedelta(minutes=20))
    await desk.give_back(THIRTY, gate_minor=gate_minor)
    await desk.pass_time(timedelta(minutes=20))

    given = await desk.give_back(THIRTY, gate_minor=gate_minor)

    assert given.first_try.state == state


async def test_edge_60_a_ruling_waits_until_silence_can_be_believed(desk: Desk) -> None:
    """Finance saw no refund in the books; the first one may still turn up: no new key goes yet."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    await desk.capture(THIRTY)
    away = {"system": "stripe", "operation": "POST /v1/refunds", "kind": "http_503"}
    with desk.sandbox.fault(**away, times=1):
        given = await desk.give_back(THIRTY)
    asked = IssueRefund(TENANT, given.intent.intent_id)
    ruled = replace(asked, ruling=Ruling(paid=False, ruling_id="r1", ruled_at=datetime.now(UTC)))

    with pytest.raises(ApplicationError) as too_early:
        await desk.payments.issue_refund(ruled)
    before = desk.sandbox.ledger(return_id=desk.return_id)["refunds"]
    await desk.pass_time(timedelta(minutes=20))
    later = await desk.payments.issue_refund(ruled)

    assert (too_early.value.type, before) == ("OutcomeUnknown", [])
    assert (later.state, later.generation) == ("succeeded", 1)
    assert len(desk.sandbox.ledger(return_id=desk.return_id)["refunds"]) == 1


async def test_edge_73_no_more_is_given_back_than_was_taken(desk: Desk) -> None:
    """Nothing is paid where nothing was captured, nor above it."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    with pytest.raises(ApplicationError) as too_early:
        await desk.give_back(THIRTY)
    await desk.capture(THIRTY)

    with pytest.raises(ApplicationError) as too_much:
        await desk.give_back(FIFTY)

    assert (too_early.value.type, too_much.value.type) == ("NoHold", "NothingLeft")
    assert desk.sandbox.ledger(return_id=desk.return_id)["refunds"] == []


@pytest.mark.parametrize("desk", ["paypal"], indirect=True)
async def test_paypal_holds_what_the_customer_approved(desk: Desk) -> None:
    """Placed, renewed, taken in part and given back, with one effect each."""
    await desk.open(FIFTY)
    placed, renewed = await desk.place(FIFTY), await desk.renew()

    taken, back = await desk.capture(THIRTY), await desk.give_back(THIRTY)

    assert (placed.state, renewed.state, taken.state) == ("authorized", "authorized", "captured")
    assert desk.counted() == [("captured", 3_000)]
    assert back.first_try.state == "succeeded"
    assert await desk.states() == ["voided", "captured"]


@pytest.mark.parametrize("amount", [Money(500, "JPY"), Money(7_250, "KWD")], ids=str)
async def test_every_currency_is_held_exactly(desk: Desk, amount: Money) -> None:
    """Without decimals and with three of them."""
    await desk.open(amount)
    await desk.place(amount)

    taken = await desk.capture(amount)

    assert taken.captured == amount
    assert desk.counted() == [("captured", amount.minor)]


async def test_a_hold_of_less_than_was_asked_secures_nothing(desk: Desk) -> None:
    """One cent short is short: it is not taken for the hold that was wanted."""
    await desk.open(FIFTY)
    short = {"path": "amount", "value": 4_999}

    with (
        desk.sandbox.fault(system="stripe", operation=PLACE, kind="nonsense", set=short),
        pytest.raises(ApplicationError) as caught,
    ):
        await desk.place(FIFTY)

    assert caught.value.type == "BadUpstreamData"
    assert await desk.states() != ["authorized"]


@pytest.mark.parametrize("desk", ["paypal"], indirect=True)
async def test_a_declined_capture_leaves_the_money_held(desk: Desk) -> None:
    """The provider took nothing, and says why: it is not over, and finance hears of it."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    operation = STEPS["paypal", "capture"]
    declined = {"path": "status", "value": "DECLINED"}

    with desk.sandbox.fault(system="paypal", operation=operation, kind="nonsense", set=declined):
        answer = await desk.capture(THIRTY)

    assert (answer.state, answer.failure, answer.captured) == ("authorized", "DECLINED", None)
    assert await desk.states() == ["authorized"]


async def test_more_than_is_held_is_not_taken(desk: Desk) -> None:
    """The refusal names the amount, and the hold stays as it was."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)

    with pytest.raises(ApplicationError) as caught:
        await desk.capture(Money(5_001, "EUR"))

    assert (caught.value.type, caught.value.non_retryable) == ("OverCapture", True)
    assert desk.counted() == [("held", 0)]
    assert [row.state for row in await desk.rows()] == ["authorized"]


async def test_edge_72_a_hold_that_ran_out_is_named_expired(desk: Desk) -> None:
    """A capture that comes too late takes nothing and says so."""
    await desk.open(FIFTY)
    placed = await desk.place(FIFTY)
    desk.sandbox.post(f"holds/{placed.hold_ref}/expiry", {"in_seconds": 0})

    late = await desk.capture(FIFTY)

    assert (late.state, late.captured) == ("expired", None)
    assert desk.counted() == [("expired", 0)]


async def test_edge_72_a_hold_is_renewed_before_it_runs_out(desk: Desk) -> None:
    """The next one stands before the one before it is let go; a repeat renews nothing more."""
    await desk.open(FIFTY)
    first = await desk.place(FIFTY)

    second, again = await desk.renew(), await desk.renew()

    assert second == again
    assert (second.number, second.state) == (2, "authorized")
    assert second.hold_ref != first.hold_ref
    assert desk.counted() == [("voided", 0), ("held", 0)]


async def test_a_declined_renewal_leaves_the_hold_as_it_was(desk: Desk) -> None:
    """The money stays held, and can still be taken."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    with desk.sandbox.fault(
        system="stripe",
        operation=PLACE,
        kind="nonsense",
        set={"path": "status", "value": "requires_action"},
    ):
        renewal = await desk.renew()

    taken = await desk.capture(THIRTY)

    assert renewal.state == "rejected"
    assert (taken.number, taken.state) == (1, "captured")


@pytest.mark.parametrize(("desk", "step"), STEPS, ids="-".join, indirect=["desk"])
async def test_trouble_at_any_step_has_one_effect(desk: Desk, step: str) -> None:
    """Whatever goes wrong at a call, its repeat ends with one hold in one state."""
    work = {
        "place": lambda: desk.place(FIFTY),
        "renew": desk.renew,
        "capture": lambda: desk.capture(THIRTY),
        "void": desk.void,
    }[step]
    operation = STEPS[desk.provider, step]
    for kind in ("lost_reply", "http_500", "http_503", "409", "429"):
        await desk.open(FIFTY)
        if step != "place":
            await desk.place(FIFTY)
        with (
            desk.sandbox.fault(system=desk.provider, operation=operation, kind=kind),
            pytest.raises(ApplicationError) as caught,
        ):
            await work()

        answer = await work()

        assert not caught.value.non_retryable
        assert answer.state == {"capture": "captured", "void": "voided"}.get(step, "authorized")
        end = {"capture": ("captured", 3_000), "void": ("voided", 0)}.get(step, ("held", 0))
        let_go = [("voided", 0)] if (desk.provider, step) == ("stripe", "renew") else []
        assert desk.counted() == [*let_go, end], kind


@pytest.mark.parametrize("effect", [True, False], ids=["placed", "not placed"])
async def test_a_stored_failure_is_looked_up(desk: Desk, effect: bool) -> None:
    """A 500 that Stripe repeats for a day is not asked again; a new key waits until it is sure."""
    await desk.open(FIFTY)
    fault = {"system": "stripe", "operation": PLACE, "kind": "stored_500", "effect": effect}
    with desk.sandbox.fault(**fault), pytest.raises(ApplicationError):
        await desk.place(FIFTY)
    if not effect:
        # The repeat under the same key tells that its answer was stored; only then is it over.
        with pytest.raises(ApplicationError):
            await desk.place(FIFTY)

    answer = await desk.place(FIFTY)

    assert answer.state == "authorized"
    assert answer.generation == (0 if effect else 1)
    assert desk.counted() == [("held", 0)]


async def test_edge_62_a_key_that_is_spent_is_not_sent_again(desk: Desk) -> None:
    """Beyond the key's window only a look-up counts; what it does not find has a new key."""
    await desk.open(FIFTY)
    with (
        desk.sandbox.fault(system="stripe", operation=PLACE, kind="http_503", times=1),
        pytest.raises(ApplicationError),
    ):
        await desk.place(FIFTY)
    await desk.pass_time(timedelta(days=2))

    answer = await desk.place(FIFTY)

    assert (answer.state, answer.generation) == ("authorized", 1)
    assert desk.counted() == [("held", 0)]


async def test_edge_60_a_hold_that_may_still_come_is_not_given_up(desk: Desk) -> None:
    """Letting go of what nobody knows of waits until a look-up can be believed."""
    await desk.open(FIFTY)
    with (
        desk.sandbox.fault(system="stripe", operation=PLACE, kind="http_503", times=1),
        pytest.raises(ApplicationError),
    ):
        await desk.place(FIFTY)
    with pytest.raises(ApplicationError) as caught:
        await desk.void()
    await desk.pass_time(timedelta(minutes=2))

    answer = await desk.void()

    assert caught.value.type == "OutcomeUnknown"
    assert (answer.state, answer.failure) == ("rejected", "never_placed")
    assert desk.counted() == []


async def test_a_lost_hold_is_found_and_let_go(desk: Desk) -> None:
    """A hold that we never heard of again is not left standing."""
    await desk.open(FIFTY)
    with (
        desk.sandbox.fault(system="stripe", operation=PLACE, kind="lost_reply"),
        pytest.raises(ApplicationError),
    ):
        await desk.place(FIFTY)

    answer = await desk.void()

    assert answer.state == "voided"
    assert desk.counted() == [("voided", 0)]


async def test_a_declined_card_is_not_asked_again(desk: Desk) -> None:
    """A repeat answers the refusal: the replacement waits for its goods."""
    await desk.open(FIFTY)
    refused = {"path": "status", "value": "requires_payment_method"}
    with desk.sandbox.fault(system="stripe", operation=PLACE, kind="nonsense", set=refused):
        declined = await desk.place(FIFTY)

    again = await desk.place(FIFTY)

    assert (declined.state, again) == ("rejected", declined)


@pytest.mark.parametrize("desk", ["paypal"], indirect=True)
@pytest.mark.parametrize("step", ["capture", "void"])
async def test_a_hold_that_somebody_else_took_is_over(desk: Desk, step: str) -> None:
    """Nothing is held any more, and nothing of it was taken by us: finance has to look."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    await desk.taken_past_us(THIRTY)

    answer = await (desk.capture(FIFTY) if step == "capture" else desk.void())

    assert (answer.state, answer.failure) == ("expired", "captured_past_us")
    assert desk.counted() == [("captured", 3_000)]


async def test_a_hold_whose_end_is_not_decided_is_not_told_as_over(desk: Desk) -> None:
    """The provider takes the order and shows the money held still: it is asked again."""
    await desk.open(FIFTY)
    await desk.place(FIFTY)
    shown = {"path": "status", "value": "requires_capture"}
    operation = STEPS["stripe", "void"]
    with (
        desk.sandbox.fault(system="stripe", operation=operation, kind="nonsense", set=shown),
        pytest.raises(ApplicationError) as caught,
    ):
        await desk.void()

    answer = await desk.void()

    assert (caught.value.type, caught.value.non_retryable) == ("OutcomeUnknown", False)
    assert answer.state == "voided"
    assert desk.counted() == [("voided", 0)]


@pytest.mark.parametrize("desk", ["paypal"], indirect=True)
async def test_one_authorization_secures_one_lot(desk: Desk) -> None:
    """Another return of the order may name it too: it is refused, before anybody is asked."""
    await desk.open(FIFTY)
    first = await desk.place(FIFTY)
    await desk.open_another(FIFTY)

    second = await desk.place(FIFTY)

    assert first.state == "authorized"
    assert (second.state, second.failure) == ("rejected", "authorization_in_use")


@pytest.mark.parametrize("desk", ["wechatpay"], indirect=True)
async def test_a_provider_without_holds_is_named(desk: Desk) -> None:
    """WeChat Pay is asked for nothing; the hold is rejected by name."""
    amount = Money(5_000, "CNY")
    await desk.open(amount)

    answer = await desk.place(amount)

    assert (answer.state, answer.failure) == ("rejected", "cannot_hold")
