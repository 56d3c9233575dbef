"""A refund that comes back after its return was closed: no return ends owing money silently."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from activities.refund_books import take_word
from api.reopening import ClosedReturns
from api.starting import Patience
from domain.codes import RefusedError
from domain.reopening import ASKED, REFUND_FAILED
from integrations.directory import WebhookTarget
from integrations.payments.port import PaymentEvent
from runtime.news import News
from storage.settlements import Settlements
from tests.flow.test_settlement import intents_of, paid
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import FINANCE, OPS, info, some_of
from workflows.messages import CommandAnswer, Reopen, Retry
from workflows.reconciliation import ReconciliationWorkflow
from workflows.round_messages import Reconciliation

PATIENCE = Patience(*[timedelta(seconds=60)] * 3)


@pytest_asyncio.fixture
async def closed(fast_house: House) -> OpenReturn:
    """A return that was refunded and closed, whichever run it is in."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 1))
    await opened.arrive_and_grade_one()
    assert (await opened.handle.result()).headline == "CLOSED"
    await opened.until_headline("CLOSED")
    return replace(opened, handle=fast_house.latest_run(opened.handle.id))


async def refund_of(opened: OpenReturn) -> str:
    (intent,) = intents_of(await opened.view())
    return str(intent["refund_ref"])


async def bounce(opened: OpenReturn) -> str:
    """Let the bank send the refund back; return its name."""
    refund_ref = await refund_of(opened)
    opened.house.sandbox.post(f"refunds/{refund_ref}/fail")
    return refund_ref


async def hear(opened: OpenReturn, refund_ref: str, event_id: str | None = None) -> None:
    """Let a webhook say that there is news of a refund."""
    house = opened.house
    gateway = await house.needs.connections.payments(TENANT)
    event = PaymentEvent(event_id or uuid.uuid4().hex, "refund.failed", refund_ref)
    news = News(house.client, house.needs.database, task_queue=house.needs.task_queue)
    await news.tell(WebhookTarget(TENANT, "payments", gateway), event, again=True)


async def reopen(opened: OpenReturn, key: str, reason: str = "no money came") -> CommandAnswer:
    house = opened.house
    service = ClosedReturns(
        house.client,
        house.returns,
        Settlements(house.needs.database),
        task_queue=house.needs.task_queue,
        patience=PATIENCE,
    )
    return await service.reopen(await opened.row(), Reopen(info(OPS, key), reason))


async def test_edge_63_a_refund_that_fails_after_closing_reopens_its_return(
    closed: OpenReturn,
) -> None:
    """It is owed again, by name and with a date, and ends again once it is paid."""
    await hear(closed, await bounce(closed))

    wait = await closed.until_waiting("refund_refused")
    view = await closed.view()
    await closed.do(Retry(info(FINANCE)))
    await closed.until_headline("CLOSED")

    assert (view["headline"], view["settlement_state"]) == ("RESOLVING", "BLOCKED")
    assert wait["owner"] == "finance"
    assert view["next_step"]["by"] is not None
    assert len(paid(closed)) == 1
    types = await closed.stream()
    assert types.index("return.reopened") < types.index("refund.reversed")
    assert [types.count(name) for name in ("return.closed", "refund.reversed")] == [2, 1]
    (reopened,) = await closed.events("return.reopened")
    assert reopened.data == {"why": REFUND_FAILED}


async def test_the_customer_is_told_once_and_not_asked_twice(closed: OpenReturn) -> None:
    """What came back and by when they hear; no second survey."""
    await hear(closed, await bounce(closed))
    await closed.until_waiting("refund_refused")
    await closed.do(Retry(info(FINANCE)))
    await closed.until_headline("CLOSED")

    await eventually(lambda: closed.events("survey.expired"), bool)
    kinds = [event.data["type"] for event in await closed.events("notice.due")]
    assert [kinds.count(kind) for kind in ("refund_returned", "survey")] == [1, 1]
    (entry,) = await closed.events("refund.reversed")
    assert datetime.fromisoformat(entry.data["next_by"]) > entry.occurred_at


async def test_news_that_races_and_repeats_reopens_once(closed: OpenReturn) -> None:
    """Two webhooks at once, and one of them again after all was paid: one new run."""
    refund_ref = await bounce(closed)
    await asyncio.gather(hear(closed, refund_ref, "evt_1"), hear(closed, refund_ref, "evt_2"))
    await closed.until_waiting("refund_refused")
    await closed.do(Retry(info(FINANCE)))
    await closed.until_headline("CLOSED")

    await hear(closed, refund_ref, "evt_1")
    await hear(closed, refund_ref, "evt_3")

    assert len(await closed.events("return.reopened")) == 1
    assert len(await closed.events("refund.reversed")) == 1
    assert len(paid(closed)) == 1
    assert (await closed.view())["headline"] == "CLOSED"


async def test_the_first_answer_of_its_start_stays(closed: OpenReturn) -> None:
    """A reopened return was answered when it was asked for, and that answer holds."""
    before = await closed.house.returns.first_answer(TENANT, closed.return_id)

    await hear(closed, await bounce(closed))
    await closed.until_waiting("refund_refused")

    assert before is not None
    assert await closed.house.returns.first_answer(TENANT, closed.return_id) == before


async def test_the_nightly_comparison_reopens_what_no_webhook_told(closed: OpenReturn) -> None:
    """The provider's list shows that it came back: the return goes on by the next morning."""
    await bounce(closed)
    house, today = closed.house, datetime.now(UTC).date()

    await house.client.execute_workflow(
        ReconciliationWorkflow.run,
        Reconciliation(TENANT, today),
        id=f"compare-{uuid.uuid4()}",
        task_queue=house.needs.task_queue,
    )

    await closed.until_waiting("refund_refused")


async def test_ops_reopen_a_closed_return(closed: OpenReturn) -> None:
    """With nothing owed it completes anew and can be objected to again; the command repeats."""
    key = uuid.uuid4().hex
    answer = await reopen(closed, key)
    again = await reopen(closed, key)
    await closed.until_headline("CLOSED")

    assert answer == again
    assert await reopen(closed, key) == answer
    (reopened,) = await closed.events("return.reopened")
    assert (reopened.data, reopened.cause_id) == ({"why": ASKED}, key)
    assert (await closed.event_types()).count("return.completed") == 2
    assert len(paid(closed)) == 1


async def test_ops_reopen_what_the_ledger_knows_to_be_owed(closed: OpenReturn) -> None:
    """News that found no run, in the days before returns were reopened, is taken in."""
    (intent,) = intents_of(await closed.view())
    refund_ref = await bounce(closed)
    ledger = Settlements(closed.house.needs.database)
    row = await ledger.get(TENANT, intent["intent_id"])
    assert row is not None
    gateway = await closed.house.needs.connections.payments(TENANT)
    await take_word(ledger, TENANT, row, await gateway.get_refund(refund_ref))

    await reopen(closed, uuid.uuid4().hex)

    await closed.until_waiting("refund_refused")


async def test_an_open_return_is_not_reopened(fast_house: House) -> None:
    """There is nothing to reopen, and it says so."""
    opened = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 1))
    await opened.ready_for_handover()

    with pytest.raises(RefusedError) as refused:
        await reopen(opened, uuid.uuid4().hex)

    assert refused.value.code == "command_not_allowed"


async def test_a_reused_key_reopens_nothing(closed: OpenReturn) -> None:
    """The same key for another reason is another command."""
    key = uuid.uuid4().hex
    await reopen(closed, key)

    with pytest.raises(RefusedError) as refused:
        await reopen(closed, key, "another reason")

    assert refused.value.code == "key_reused"
