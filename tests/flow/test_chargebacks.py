"""A refund stands parked while its customer's bank decides, and each way out leads out."""

import uuid
from typing import Any

from integrations.directory import WebhookTarget
from integrations.payments.port import PaymentEvent
from runtime.news import News
from tests.flow.test_settlement import paid
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import FINANCE, info, waiting_codes, whole_order
from workflows.messages import Retry


async def dispute_of(house: House, order: dict[str, Any]) -> dict[str, Any]:
    (tender,) = order["tenders"]
    opened: dict[str, Any] = house.sandbox.post(f"payments/{tender['payment_ref']}/dispute", {})
    return opened


async def hear(house: House, dispute: dict[str, Any]) -> None:
    """Let a webhook say that there is news of a dispute."""
    gateway = await house.needs.connections.payments(TENANT)
    event = PaymentEvent(uuid.uuid4().hex, "charge.dispute.updated", None, dispute["id"])
    news = News(house.client, house.needs.database, task_queue=house.needs.task_queue)
    await news.tell(WebhookTarget(TENANT, "payments", gateway), event, again=False)


async def refused_for_it(house: House) -> tuple[OpenReturn, dict[str, Any], dict[str, Any]]:
    """A refund that the provider refuses, for a chargeback that we were not told of."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    dispute = await dispute_of(house, order)
    await opened.arrive_and_grade(order)
    return opened, dispute, await opened.until_waiting("charged_back")


async def held(house: House) -> tuple[OpenReturn, dict[str, Any]]:
    """A refund that was not sent: the chargeback was known before."""
    order = house.sandbox.order("three-units")
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    dispute = await dispute_of(house, order)
    await hear(house, dispute)
    await opened.arrive_and_grade(order)
    await opened.until_waiting("charged_back")
    return opened, dispute


def asked(house: House) -> list[str]:
    """The refunds that were asked for at the provider."""
    return [
        request["path"]
        for request in house.sandbox.requests("stripe")
        if (request["method"], request["path"]) == ("POST", "/stripe/v1/refunds")
    ]


async def test_a_refusal_for_a_chargeback_is_tried_again(house: House) -> None:
    """Also where nobody told us: finance asks again once the bank has decided, and it is paid."""
    opened, dispute, wait = await refused_for_it(house)
    before = paid(opened)
    house.sandbox.post(f"disputes/{dispute['id']}/close", {"outcome": "won"})

    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert before == []
    assert wait["owner"] == "finance"
    assert len(paid(opened)) == 1


async def test_a_held_refund_turns_out_to_be_paid(house: House) -> None:
    """The provider says that it paid after all: the hold is over and nothing is sent."""
    opened, _, _ = await refused_for_it(house)
    (refund,) = (await opened.view())["settlements"][0]["refunds"]

    await opened.handle.signal(
        "refund_news",
        {
            "intent_id": refund["intent_id"],
            "state": "succeeded",
            "refund_ref": "re_by_hand",
            "failure": None,
            "event_id": "evt_paid",
        },
    )
    view = await opened.until(lambda view: "charged_back" not in waiting_codes(view))

    assert view["lots"][0]["state"] == "REFUNDED"
    assert paid(opened) == []


async def test_a_chargeback_that_is_won_lets_the_refund_go(house: House) -> None:
    """Nothing was sent before, not even in vain; then it is, once."""
    before = len(asked(house))
    opened, dispute = await held(house)
    in_vain = len(asked(house)) - before
    house.sandbox.post(f"disputes/{dispute['id']}/close", {"outcome": "won"})

    await hear(house, dispute)
    await opened.until_lot("line-1/1", "REFUNDED")

    assert in_vain == 0
    assert len(paid(opened)) == 1


async def test_a_chargeback_that_is_lost_covers_the_refund(house: House) -> None:
    """The customer has the money from the bank: the return ends without a refund."""
    opened, dispute = await held(house)
    house.sandbox.post(f"disputes/{dispute['id']}/close", {"outcome": "lost"})

    await hear(house, dispute)
    await opened.until_headline("COMPLETED")

    assert paid(opened) == []
    kinds = [event.data["type"] for event in await opened.events("notice.due")]
    assert [kinds.count(kind) for kind in ("refund_on_hold", "refund_covered")] == [1, 1]
    assert "refund_sent" not in kinds
