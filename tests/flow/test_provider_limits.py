"""What a provider's capability sheet refuses is not sent: it waits, or parks by name."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.intents import Ruling
from domain.orders import Destination
from domain.policies import Policy
from storage.settlements import Settlements
from tests.flow.test_other_tender import credit, elsewhere
from tests.flow.test_refund_edges import promises, tries
from tests.flow.test_settlement import REFUNDS, accepted, intents_of, paid
from tests.support.house import TENANT, House, OpenReturn, eventually
from tests.support.told import FINANCE, info, refund_news, some_of, whole_order
from workflows.messages import ReconcileRefund, Retry

Patch = pytest.MonkeyPatch


async def second_of_one_payment(house: House) -> OpenReturn:
    """A return that is due its refund right after another of the same payment was paid."""
    order = house.sandbox.order("three-units")
    first, second = await house.open(some_of(order, 1)), await house.open(some_of(order, 1))
    for opened in (first, second):
        await opened.ready_for_handover()
        await opened.arrive_and_grade_one()
        await opened.until_event("settlement.sealed")
    return second


async def told_paid(opened: OpenReturn) -> None:
    (intent,) = intents_of(await opened.view())
    news = refund_news(intent["intent_id"], "succeeded")
    await opened.handle.signal("refund_news", news)
    await opened.until_lot("line-1/1", "REFUNDED")


async def test_two_refunds_of_one_payment_keep_the_pause(
    steady_house: House, monkeypatch: Patch
) -> None:
    """The second is not sent in vain: it waits until the provider takes it, and goes by itself."""
    pause = timedelta(seconds=2)
    promises(monkeypatch, min_spacing=pause)
    before = len(tries(steady_house))
    opened = await second_of_one_payment(steady_house)
    wait = await opened.until_waiting("refund_spacing")

    await opened.until_lot("line-1/1", "REFUNDED")

    (_, first), (_, second) = tries(steady_house)[before:]
    assert second - first >= pause
    assert wait["owner"] == "finance"
    assert len(paid(opened)) == 1


async def test_a_pause_is_asked_about_again(house: House, monkeypatch: Patch) -> None:
    """Finance tries sooner: it is sent only once the pause is over."""
    with monkeypatch.context() as slow:
        promises(slow, min_spacing=timedelta(hours=1))
        opened = await second_of_one_payment(house)
        await opened.until_waiting("refund_spacing")
        await opened.do(Retry(info(FINANCE)))
        await eventually(lambda: opened.events("blocker.raised"), lambda found: len(found) == 2)
        in_vain = len(paid(opened))

    await opened.do(Retry(info(FINANCE)))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert in_vain == 0
    assert len(paid(opened)) == 1


async def test_a_pause_turns_out_to_be_needless(house: House, monkeypatch: Patch) -> None:
    """The refund was paid meanwhile: nothing is sent."""
    promises(monkeypatch, min_spacing=timedelta(hours=1))
    opened = await second_of_one_payment(house)
    await opened.until_waiting("refund_spacing")

    await told_paid(opened)

    assert paid(opened) == []


async def test_a_payment_takes_no_more_refunds_than_its_provider_allows(
    house: House, monkeypatch: Patch
) -> None:
    """It is refused by name before it is sent; once there is room, a retry sends it."""
    with monkeypatch.context() as strict:
        promises(strict, max_refunds=1)
        opened = await second_of_one_payment(house)
        wait = await opened.until_waiting("refund_limit_reached")
        sent = len(paid(opened))

    await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert (sent, len(paid(opened))) == (0, 1)
    assert wait["owner"] == "finance"
    assert "1 refunds of one payment" in wait["detail"]


async def test_a_refund_beyond_a_limit_turns_out_to_be_paid(
    house: House, monkeypatch: Patch
) -> None:
    """Paid in another way and told so: nothing is sent."""
    promises(monkeypatch, max_refunds=1)
    opened = await second_of_one_payment(house)
    await opened.until_waiting("refund_limit_reached")

    await told_paid(opened)

    assert paid(opened) == []


async def test_edge_64_a_payment_older_than_the_limit_is_not_asked_for(
    house: House, monkeypatch: Patch
) -> None:
    """The provider's no is known before it is asked; the customer agrees to store credit."""
    promises(monkeypatch, max_age=timedelta(days=365))
    order = house.sandbox.order("three-units")
    made = (datetime.now(UTC) - timedelta(days=366)).isoformat()
    order["tenders"] = [tender | {"captured_at": made} for tender in order["tenders"]]
    house.sandbox.put(f"orders/{order['order_id']}", order)
    before = len(tries(house))
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()

    await opened.arrive_and_grade(order)
    wait = await opened.until_waiting("refund_limit_reached")

    assert "365 days" in wait["detail"]
    assert len(tries(house)) == before
    (row,) = await Settlements(house.needs.database).of_return(TENANT, opened.return_id)
    assert row.state == "planned"
    await opened.do(await elsewhere(opened, Destination.STORE_CREDIT, "customer-old"))
    await opened.until_lot("line-1/1", "REFUNDED")
    assert len(tries(house)) == before
    assert await credit(house, "customer-old") == row.amount_minor


@pytest.fixture
async def gated(house: House) -> AsyncIterator[House]:
    """A house whose pack wants a person for another key above one fen."""
    before = house.needs
    await house.stop_work()
    policy: Policy = replace(before.policy, refund_gate_minor=(("CNY", 1),))
    house.needs = replace(before, policy=policy)
    await house.open_for_work()
    yield house
    await house.stop_work()
    house.needs = before
    await house.open_for_work()


async def stored_failure(house: House) -> tuple[OpenReturn, dict[str, Any]]:
    """A refund whose key is spent on a stored failure that had no effect."""
    opened = await accepted(house)
    await opened.until_event("settlement.sealed")
    return opened, await opened.until_given_up("refund_gated")


async def test_above_the_gate_a_person_allows_the_next_key(gated: House) -> None:
    """The blocker says what was looked up and when; with proof it goes, once."""
    with gated.sandbox.fault(**REFUNDS, kind="stored_500"):
        opened, wait = await stored_failure(gated)
        (intent,) = intents_of(await opened.view())
        before = paid(opened)

        ruling = Ruling(paid=False)
        proof = "report 7 has no such refund"
        await opened.do(ReconcileRefund(info(FINANCE), intent["intent_id"], ruling, proof))
        await opened.until_lot("line-1/1", "REFUNDED")

    assert before == []
    assert f"UTC by {intent['intent_id']}" in wait["detail"]
    assert intent["state"] == "unknown"
    assert len(paid(opened)) == 1


async def test_above_the_gate_it_turns_out_to_be_paid(gated: House) -> None:
    """The provider tells that it paid: nobody needs to allow anything."""
    with gated.sandbox.fault(**REFUNDS, kind="stored_500"):
        opened, _ = await stored_failure(gated)

        await told_paid(opened)

    assert paid(opened) == []
