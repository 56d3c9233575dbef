"""The night after, at providers that list no refunds: ours are read back one by one."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from activities import reading_back
from integrations.directory import WebhookTarget
from integrations.payments.port import PaymentEvent
from runtime.news import News
from tests.flow.test_providers import accepted, until_taken
from tests.flow.test_reconciliation import found_of, reconciled
from tests.flow.test_settlement import intents_of
from tests.support.house import TENANT, House, OpenReturn
from tests.support.providers import PAYPAL, PROVIDERS, WECHAT_PAY, Provider


async def refund_ref_of(opened: OpenReturn) -> str:
    (intent,) = intents_of(await opened.view())
    return str(intent["refund_ref"])


@PROVIDERS
async def test_says_nothing_of_what_agrees(fast_house: House, provider: Provider) -> None:
    """Counted and not shown; the report says that ours alone were looked at."""
    opened, _ = await accepted(fast_house, provider)
    await opened.until_lot("line-1/1", "REFUNDED")

    _, report = await reconciled(fast_house)

    assert (report.provider, report.coverage) == (provider.name, "own")
    assert report.counts == {"agrees": 1}
    assert report.findings == []


@PROVIDERS
async def test_tells_a_return_what_no_webhook_told(fast_house: House, provider: Provider) -> None:
    """A pending refund went through, and the message of it was lost."""
    with fast_house.sandbox.fault(**provider.refunds, kind="pending_refund"):
        opened, _ = await accepted(fast_house, provider)
        await until_taken(opened)
    refund_ref = await refund_ref_of(opened)
    fast_house.sandbox.post(f"refunds/{refund_ref}/succeed")

    _, report = await reconciled(fast_house)
    await opened.until_lot("line-1/1", "REFUNDED")

    assert found_of(report, refund_ref) in ([], ["adopted"])
    assert report.counts.keys() <= {"adopted", "agrees"}


@PROVIDERS
async def test_shows_what_the_provider_does_not_know(fast_house: House, provider: Provider) -> None:
    """Our ledger says that it was paid; the provider has no such refund."""
    opened, _ = await accepted(fast_house, provider)
    await opened.until_lot("line-1/1", "REFUNDED")
    lost = "1JU08902781691411"
    async with fast_house.needs.database.tenant(TENANT) as connection:
        change = "UPDATE refund_intents SET refund_ref = :lost WHERE return_id = :id"
        await connection.execute(text(change), {"lost": lost, "id": opened.return_id})

    _, report = await reconciled(fast_house)

    assert found_of(report, lost) == ["missing"]


async def test_reads_no_more_than_a_night_has_time_for(
    fast_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is beyond is counted by that name, and not taken for missing."""
    opened, _ = await accepted(fast_house, WECHAT_PAY)
    await opened.until_lot("line-1/1", "REFUNDED")
    monkeypatch.setattr(reading_back, "MOST_READ", 0)

    _, report = await reconciled(fast_house)

    assert report.counts == {"not_read": 1}


async def test_edge_67_a_refund_made_past_us_at_paypal_is_counted(house: House) -> None:
    """Its webhook is of no intent of ours; read again, it names the capture and so the order."""
    opened, order = await accepted(house, PAYPAL, "no-reason-return")
    await until_taken(opened)
    by_hand = refund_by_hand(house, order)

    gateway = await house.needs.connections.payments(TENANT)
    event = PaymentEvent(uuid.uuid4().hex, "PAYMENT.CAPTURE.REFUNDED", by_hand)
    news = News(house.client, house.needs.database, task_queue=house.needs.task_queue)
    await news.tell(WebhookTarget(TENANT, "payments", gateway), event, again=False)

    async with house.needs.database.tenant(TENANT) as connection:
        kept = await connection.execute(text("SELECT refund_ref, order_id FROM external_refunds"))
        assert [tuple(row) for row in kept] == [(by_hand, order["order_id"])]


def refund_by_hand(house: House, order: dict[str, Any]) -> str:
    """Refund a cent on PayPal's own page, without any mark of ours; return its id."""
    capture = order["tenders"][0]["payment_ref"]
    answer = house.sandbox.http.post(
        f"/paypal/v2/payments/captures/{capture}/refund",
        json={"amount": {"currency_code": "EUR", "value": "0.01"}},
        headers={"Authorization": "Bearer Asandbox", "PayPal-Request-Id": uuid.uuid4().hex},
    )
    answer.raise_for_status()
    return str(answer.json()["id"])
