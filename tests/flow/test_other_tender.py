"""A refund that was refused for good goes elsewhere, with consent: domain.md, edges 63 and 64."""

from datetime import UTC, datetime
from typing import Any

import pytest

from activities.reconciling import ReconcileActivities, ReconcileDay
from activities.refunds import IssueRefund, Refunder
from domain.intents import Redirect
from domain.orders import Destination
from domain.redirecting import Consent
from domain.value_ledger import Account, AccountKind
from integrations.payments.port import RefundRequest
from storage import value_ledger
from storage.externals import ExternalRefunds
from storage.redirects import Redirects
from storage.settlements import Settlements
from storage.states import IntentState
from tests.flow.test_chargebacks import hear
from tests.flow.test_settlement import REFUNDS, accepted, intents_of, paid
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import FINANCE, OPS, info, refund_news, whole_order
from workflows.messages import ChangeTender
from workflows.return_workflow import ReturnWorkflow

CONSENT = Consent(datetime(2026, 1, 5, 9, 30, tzinfo=UTC), "phone", "ticket 4711")


async def refused(house: House) -> OpenReturn:
    """A return whose one refund the provider refused: its charge was refunded by hand before."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    (tender,) = order["tenders"]
    by_hand = house.sandbox.refund_by_hand(tender["payment_ref"], tender["captured_minor"])
    await opened.arrive_and_grade(order)
    await opened.until_waiting("refund_refused")
    house.sandbox.post(f"refunds/{by_hand}/fail")
    return opened


async def elsewhere(opened: OpenReturn, destination: Destination, reference: str) -> ChangeTender:
    (intent,) = intents_of(await opened.view())
    redirect = Redirect(destination, reference)
    return ChangeTender(info(FINANCE), intent["intent_id"], redirect, CONSENT)


async def credit(house: House, owner_ref: str) -> int | None:
    account = Account(AccountKind.STORE_CREDIT, owner_ref, "CNY")
    async with house.needs.database.tenant(TENANT) as connection:
        return await value_ledger.balance(connection, TENANT, account)


async def test_edge_64_a_refused_refund_goes_to_store_credit(house: House) -> None:
    """With consent, in the next generation, once however often it is asked for."""
    opened = await refused(house)
    command = await elsewhere(opened, Destination.STORE_CREDIT, "customer-64")

    first = await opened.do(command)
    again = await opened.do(command)
    await opened.until_lot("line-1/1", "REFUNDED")

    (intent,) = intents_of(await opened.view())
    assert first == again
    assert (intent["state"], intent["destination"]) == ("succeeded", "store_credit")
    assert await credit(house, "customer-64") == intent["amount_minor"]
    assert paid(opened) == []
    (told,) = await opened.events("refund.redirected")
    assert told.actor == str(FINANCE)
    assert told.data["consent_how"] == "phone"
    assert told.data["consent_reference"] == "ticket 4711"
    (ended,) = await opened.events("refund.settled")
    assert ended.data["destination"] == "store_credit"
    assert (await opened.ends()).headline == "CLOSED"


async def test_edge_64_a_refused_refund_is_paid_by_hand_with_its_proof(house: House) -> None:
    """The transfer's reference stands for it, and nothing is sent."""
    opened = await refused(house)

    await opened.do(await elsewhere(opened, Destination.BY_HAND, "transfer 2026-17"))
    await opened.until_lot("line-1/1", "REFUNDED")

    (intent,) = intents_of(await opened.view())
    assert (intent["refund_ref"], intent["destination"]) == ("transfer 2026-17", "by_hand")
    assert paid(opened) == []


async def test_edge_64_it_counts_on_the_tender_it_came_from(house: House) -> None:
    """Nothing is left on the card, though it never got the money back."""
    opened = await refused(house)
    await opened.do(await elsewhere(opened, Destination.STORE_CREDIT, "customer-65"))
    await opened.until_lot("line-1/1", "REFUNDED")

    (intent,) = intents_of(await opened.view())
    order_id = (await opened.row()).order_id
    (balance,) = await house.returns.tender_balances(TENANT, order_id)
    assert balance.captured_minor - balance.left_minor == intent["amount_minor"]


async def test_edge_64_the_provider_is_not_expected_to_show_it(house: House) -> None:
    """The nightly comparison misses nothing there."""
    opened = await refused(house)
    await opened.do(await elsewhere(opened, Destination.BY_HAND, "transfer 2026-18"))
    await opened.until_lot("line-1/1", "REFUNDED")
    (intent,) = intents_of(await opened.view())

    sent = await Settlements(house.needs.database).sent_between(
        TENANT, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    )
    reconciling = ReconcileActivities(house.needs.connections, house.needs.database)
    await reconciling.reconcile(ReconcileDay(TENANT, datetime.now(UTC).date()))

    assert intent["intent_id"] not in [row.intent_id for row in sent]
    kept = await Settlements(house.needs.database).get(TENANT, intent["intent_id"])
    assert kept is not None
    assert (kept.state, kept.refund_ref) == (IntentState.SUCCEEDED, "transfer 2026-18")


async def test_edge_64_what_turns_out_to_be_paid_is_not_paid_elsewhere_too(house: House) -> None:
    """It is looked up once more: the refund that was refused had gone through after all."""
    opened = await refused(house)
    (intent,) = intents_of(await opened.view())
    row = await Settlements(house.needs.database).get(TENANT, intent["intent_id"])
    assert row is not None
    gateway = await house.needs.connections.payments(TENANT)
    late = RefundRequest(
        payment_ref=row.payment_ref,
        amount=row.amount,
        intent_id=row.intent_id,
        idempotency_key="late",
        return_id=opened.return_id,
    )
    shown = await gateway.refund(late)

    await opened.do(await elsewhere(opened, Destination.STORE_CREDIT, "customer-66"))
    await opened.until_lot("line-1/1", "REFUNDED")

    (intent,) = intents_of(await opened.view())
    assert (intent["refund_ref"], intent["destination"]) == (shown.refund_ref, "original")
    assert await credit(house, "customer-66") is None
    assert paid(opened) == [row.amount_minor]


async def test_edge_77_nothing_goes_elsewhere_while_a_bank_decides(house: House) -> None:
    """The customer may have the money from there: it waits, and goes once the bank says no."""
    opened = await refused(house)
    (intent,) = intents_of(await opened.view())
    row = await Settlements(house.needs.database).get(TENANT, intent["intent_id"])
    assert row is not None
    dispute = house.sandbox.post(f"payments/{row.payment_ref}/dispute", {})
    await hear(house, dispute)

    await opened.do(await elsewhere(opened, Destination.STORE_CREDIT, "customer-67"))
    await opened.until_waiting("charged_back")
    meanwhile = await credit(house, "customer-67")
    house.sandbox.post(f"disputes/{dispute['id']}/close", {"outcome": "won"})
    await hear(house, dispute)
    await opened.until_lot("line-1/1", "REFUNDED")

    assert meanwhile is None
    assert await credit(house, "customer-67") == row.amount_minor


async def test_edge_64_not_while_nobody_knows(house: House) -> None:
    """The first may have been paid: with another tender it would be paid twice."""
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=1000):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        command = await elsewhere(opened, Destination.STORE_CREDIT, "customer-66")
        while_it_is_sent = await opened.refused(command)

    assert while_it_is_sent == "refund_not_refused"
    assert await credit(house, "customer-66") is None


async def test_edge_64_the_ledger_has_the_last_word(house: House) -> None:
    """A return that thinks it refused cannot pay elsewhere what the ledger knows as paid."""
    opened = await accepted(house)
    await opened.until_lot("line-1/1", "REFUNDED")
    (intent,) = intents_of(await opened.view())
    failed = refund_news(intent["intent_id"], "rejected", "closed")
    await opened.handle.signal(ReturnWorkflow.refund_news, failed)
    await opened.until_waiting("refund_refused")

    await opened.do(await elsewhere(opened, Destination.STORE_CREDIT, "customer-67"))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert await credit(house, "customer-67") is None
    assert len(paid(opened)) == 1


async def test_edge_63_what_failed_after_success_goes_elsewhere(house: House) -> None:
    """The account was closed days later: the customer agrees to store credit."""
    opened = await accepted(house)
    await opened.until_lot("line-1/1", "REFUNDED")
    (refund,) = opened.ledger()["refunds"]
    (intent,) = intents_of(await opened.view())
    house.sandbox.post(f"refunds/{refund['refund_id']}/fail")
    await Settlements(house.needs.database).finish(
        TENANT, intent["intent_id"], state=IntentState.REJECTED, failure="closed"
    )
    news = refund_news(intent["intent_id"], "rejected", "closed")
    await opened.handle.signal(ReturnWorkflow.refund_news, news)
    await opened.until_waiting("refund_refused")

    await opened.do(await elsewhere(opened, Destination.STORE_CREDIT, "customer-63"))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert await credit(house, "customer-63") == intent["amount_minor"]
    assert paid(opened) == []


async def test_only_finance_changes_a_tender(house: House) -> None:
    """Ops may retry, and no more."""
    opened = await refused(house)
    command = await elsewhere(opened, Destination.BY_HAND, "transfer 1")
    by_ops = ChangeTender(info(OPS), command.intent_id, command.redirect, command.consent)

    assert await opened.refused(by_ops) == "forbidden"


@pytest.mark.parametrize("destination", [Destination.STORE_CREDIT, Destination.BY_HAND], ids=str)
async def test_a_crash_before_the_answer_pays_elsewhere_once(
    house: House, destination: Destination
) -> None:
    """The activity runs again and finds what it did: one posting, the same answer."""
    opened = await refused(house)
    (intent,) = intents_of(await opened.view())
    refunder = refunder_of(house)
    asked = IssueRefund(
        TENANT,
        intent["intent_id"],
        intent["generation"] + 1,
        redirect=Redirect(destination, f"customer-{destination}"),
    )

    answers = [await refunder.issue(asked) for _ in range(3)]

    assert [answer.state for answer in answers] == ["succeeded"] * 3
    assert len({answer.refund_ref for answer in answers}) == 1
    in_credit = intent["amount_minor"] if destination is Destination.STORE_CREDIT else None
    assert await credit(house, f"customer-{destination}") == in_credit


def refunder_of(house: House) -> Refunder:
    database: Any = house.needs.database
    return Refunder(
        house.needs.connections,
        Settlements(database),
        ExternalRefunds(database),
        Redirects(database),
    )
