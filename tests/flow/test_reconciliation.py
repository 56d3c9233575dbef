"""The night after: every refund of ours is laid beside the provider's."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from activities import reconciling
from activities.reconciling_holds import compare_holds
from domain.hold_findings import HoldCompared
from integrations.errors import ConfigurationError, TemporarilyUnavailableError
from integrations.payments.port import PaymentGateway
from storage.holds import Holds
from storage.reconciliations import ReconciliationRow, Reconciliations
from storage.settlements import Settlements
from storage.states import IntentState
from tests.flow.test_settlement import REFUNDS, accepted, intents_of
from tests.support.house import TENANT, House, OpenReturn
from workflows.options import RECONCILE_DAYS
from workflows.reconciliation import ReconciliationWorkflow
from workflows.round_messages import Reconciliation, ReconciliationOutcome


def today() -> date:
    return datetime.now(UTC).date()


async def reconciled(house: House) -> tuple[ReconciliationOutcome, ReconciliationRow]:
    """Compare today, of every tenant."""
    outcome = await house.client.execute_workflow(
        ReconciliationWorkflow.run,
        Reconciliation(day=today()),
        id=f"reconcile-{uuid.uuid4().hex}",
        task_queue=house.needs.task_queue,
    )
    report = await Reconciliations(house.needs.database).get(TENANT, today())
    assert report is not None
    return outcome, report


def found_of(report: ReconciliationRow, refund_ref: str) -> list[str]:
    return [row["verdict"] for row in report.findings if row["refund_ref"] == refund_ref]


def refund_of(opened: OpenReturn) -> dict[str, Any]:
    (refund,) = opened.ledger()["refunds"]
    found: dict[str, Any] = refund
    return found


async def test_says_nothing_of_what_agrees(fast_house: House) -> None:
    """A refund that both sides call paid is counted and not shown."""
    opened = await accepted(fast_house)
    await opened.until_lot("line-1/1", "REFUNDED")

    outcome, report = await reconciled(fast_house)

    assert outcome.failed == ()
    assert outcome.counts["agrees"] >= 1
    assert report.provider == "stripe"
    assert found_of(report, refund_of(opened)["refund_id"]) == []


async def test_tells_a_return_what_no_webhook_told(fast_house: House) -> None:
    """A pending refund went through, and the message of it was lost."""
    with fast_house.sandbox.fault(**REFUNDS, kind="pending_refund"):
        opened = await accepted(fast_house)
        await opened.until_waiting("awaiting_refund")
    refund_ref = refund_of(opened)["refund_id"]
    fast_house.sandbox.post(f"refunds/{refund_ref}/succeed")

    _, report = await reconciled(fast_house)
    await opened.until_lot("line-1/1", "REFUNDED")

    assert found_of(report, refund_ref) == ["adopted"]
    (intent,) = intents_of(await opened.view())
    assert intent["state"] == "succeeded"


async def test_shows_what_was_made_past_us(fast_house: House) -> None:
    """Staff paid by hand, and nobody here had asked for it; comparing again changes nothing."""
    opened = await accepted(fast_house, "no-reason-return")
    await opened.until_lot("line-1/1", "REFUNDED")
    order_id = (await opened.row()).order_id
    tender = (await fast_house.returns.tender_balances(TENANT, order_id))[0]
    by_hand = fast_house.sandbox.refund_by_hand(tender.payment_ref, 1)

    _, first = await reconciled(fast_house)
    _, again = await reconciled(fast_house)

    assert found_of(first, by_hand) == found_of(again, by_hand) == ["made_past_us"]


async def test_shows_what_the_provider_does_not_know(fast_house: House) -> None:
    """Our ledger says that it was paid; the provider has no such refund."""
    opened = await accepted(fast_house)
    await opened.until_lot("line-1/1", "REFUNDED")
    async with fast_house.needs.database.tenant(TENANT) as connection:
        lost = "UPDATE refund_intents SET refund_ref = 're_lost' WHERE return_id = :id"
        await connection.execute(text(lost), {"id": opened.return_id})

    _, report = await reconciled(fast_house)

    assert found_of(report, "re_lost") == ["missing"]


async def test_goes_on_past_tenants_it_cannot_compare(fast_house: House) -> None:
    """One has no payment provider and one a key that ended; the others are compared."""
    tenants = fast_house.tenants
    await tenants.create("a-bare-one", "Bare")
    await tenants.create("a-locked-one", "Locked")
    stripe = next(c for c in await tenants.connections(TENANT) if c.kind == "payments")
    ended = replace(
        stripe,
        tenant_id="a-locked-one",
        connection_id=str(uuid.uuid4()),
        secrets={**stripe.secrets, "api_key": "sk_live_ended"},
    )
    await tenants.put_connection(ended)

    outcome, report = await reconciled(fast_house)

    assert outcome.failed == ("a-locked-one",)
    assert report.day == today()
    for tenant_id in ("a-bare-one", "a-locked-one"):
        assert await Reconciliations(fast_house.needs.database).get(tenant_id, today()) is None


async def last_days(house: House) -> ReconciliationOutcome:
    """Compare the thirty days of a night, of one tenant."""
    return await house.client.execute_workflow(
        ReconciliationWorkflow.run,
        Reconciliation(tenant_id=TENANT),
        id=f"reconcile-{uuid.uuid4().hex}",
        task_queue=house.needs.task_queue,
    )


async def test_goes_on_past_a_day_it_cannot_compare(
    fast_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused of one day says nothing of the days before it."""
    asked = holds_raise(monkeypatch, ConfigurationError("stripe", "no such account"), times=1)

    outcome = await last_days(fast_house)

    kept = Reconciliations(fast_house.needs.database)
    assert outcome.failed == (TENANT,)
    assert len(asked) == RECONCILE_DAYS
    assert await kept.get(TENANT, outcome.day) is None
    assert await kept.get(TENANT, outcome.day - timedelta(days=1)) is not None


async def test_waits_but_once_for_a_provider_that_is_down(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty times as long would be the whole night, and other tenants come after."""
    away = TemporarilyUnavailableError("stripe", "down")
    asked = holds_raise(monkeypatch, away, times=10_000)

    outcome = await last_days(house)

    assert outcome.failed == (TENANT,)
    assert len(set(asked)) == 1


async def test_takes_the_word_of_refunds_though_holds_cannot_be_read(
    fast_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What finance is owed to know does not wait for what secures goods."""
    with fast_house.sandbox.fault(**REFUNDS, kind="pending_refund"):
        opened = await accepted(fast_house)
        await opened.until_waiting("awaiting_refund")
    fast_house.sandbox.post(f"refunds/{refund_of(opened)['refund_id']}/succeed")
    (intent,) = intents_of(await opened.view())
    holds_raise(monkeypatch, ConfigurationError("stripe", "no holds"), times=10_000)

    await last_day(fast_house)

    kept = await Settlements(fast_house.needs.database).get(TENANT, intent["intent_id"])
    assert kept is not None
    assert kept.state is IntentState.SUCCEEDED


async def last_day(house: House) -> None:
    await house.client.execute_workflow(
        ReconciliationWorkflow.run,
        Reconciliation(tenant_id=TENANT, day=today()),
        id=f"reconcile-{uuid.uuid4().hex}",
        task_queue=house.needs.task_queue,
    )


def holds_raise(monkeypatch: pytest.MonkeyPatch, error: Exception, *, times: int) -> list[datetime]:
    """Let the comparison of holds fail so often; return the days that it was asked about."""
    asked: list[datetime] = []

    async def failing(
        gateway: PaymentGateway, holds: Holds, tenant_id: str, since: datetime, until: datetime
    ) -> tuple[HoldCompared, ...]:
        asked.append(since)
        if len(asked) <= times:
            raise error
        return await compare_holds(gateway, holds, tenant_id, since, until)

    monkeypatch.setattr(reconciling, "compare_holds", failing)
    return asked


async def test_goes_on_where_an_earlier_run_stopped(fast_house: House) -> None:
    """A run whose history became long hands on what it counted and whom it has compared."""
    so_far = ReconciliationOutcome(today(), {"agrees": 7}, ("a-locked-one",))

    outcome = await fast_house.client.execute_workflow(
        ReconciliationWorkflow.run,
        Reconciliation(day=today(), after=TENANT, so_far=so_far),
        id=f"reconcile-{uuid.uuid4().hex}",
        task_queue=fast_house.needs.task_queue,
    )

    assert outcome == so_far


async def test_tells_again_what_was_adopted_and_not_told(fast_house: House) -> None:
    """A comparison that died after it wrote left the return in the dark."""
    with fast_house.sandbox.fault(**REFUNDS, kind="pending_refund"):
        opened = await accepted(fast_house)
        await opened.until_waiting("awaiting_refund")
    refund_ref = refund_of(opened)["refund_id"]
    fast_house.sandbox.post(f"refunds/{refund_ref}/succeed")
    (intent,) = intents_of(await opened.view())
    await Settlements(fast_house.needs.database).finish(
        TENANT, intent["intent_id"], state=IntentState.SUCCEEDED, refund_ref=refund_ref
    )

    await reconciled(fast_house)

    await opened.until_lot("line-1/1", "REFUNDED")
