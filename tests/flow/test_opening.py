"""Starting a return: registered and decided, or refused with nothing left behind."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from temporalio.service import RPCError

from domain.ids import return_id_for, workflow_id_for
from domain.money import half_up
from domain.requests import RequestedLine, ReturnRequest
from domain.tracking import Milestone
from tests.support.house import TENANT, House, eventually
from tests.support.told import CUSTOMER_SIDE, for_exchange, info, scanned, some_of, whole_order
from workflows.messages import StartReturn, Withdraw
from workflows.return_workflow import ReturnWorkflow


async def test_grants_what_the_policy_allows(house: House) -> None:
    """A return in time is granted at once: numbered, its units locked, a label on its way."""
    order = house.sandbox.order("three-units")

    opened = await house.open(some_of(order, 2))

    document = opened.answer.document
    assert document is not None
    assert document["headline"] == "APPROVED"
    assert document["rma_no"].startswith("RMA-")
    assert await house.held(order["order_id"]) == 2
    await opened.ready_for_handover()


async def test_notes_whose_return_it_is(house: House) -> None:
    """The platform's name of the customer, and what two of the three units cost him."""
    order = house.sandbox.order("three-units")
    (line,) = order["lines"]
    paid = line["gross_minor"] - line["discount_minor"]
    paid += sum(tax["amount_minor"] for tax in line["taxes"])

    opened = await house.open(some_of(order, 2))

    row = await opened.row()
    assert row.customer_ref == order["customer"]["customer_ref"]
    assert row.value_minor == half_up(Fraction(paid * 2, 3))


async def test_registers_a_denial_that_locks_nothing(house: House) -> None:
    """A return out of its window is recorded with the rule, and its units stay free."""
    order = house.sandbox.order("out-of-window")

    opened = await house.open(whole_order(order))

    assert (await opened.ends()).headline == "DENIED"
    assert (await opened.row()).headline == "DENIED"
    assert await house.held(order["order_id"]) == 0
    assert "return.decided" in await opened.event_types()


def of_unknown_order(order: dict[str, Any]) -> ReturnRequest:
    return replace(whole_order(order), order_id="order-nowhere")


def of_unknown_line(order: dict[str, Any]) -> ReturnRequest:
    return whole_order(order, lines=(RequestedLine("line-99", 1),))


def of_too_many_units(order: dict[str, Any]) -> ReturnRequest:
    return some_of(order, 4)


def of_no_units(order: dict[str, Any]) -> ReturnRequest:
    return some_of(order, 0)


def for_unknown_goods(order: dict[str, Any]) -> ReturnRequest:
    return for_exchange(order, "NO-SUCH-SKU")


@pytest.mark.parametrize(
    ("request_of", "code"),
    [
        (of_unknown_order, "order_not_found"),
        (of_unknown_line, "line_not_found"),
        (of_too_many_units, "units_not_available"),
        (of_no_units, "invalid_quantity"),
        (for_unknown_goods, "sku_not_found"),
    ],
)
async def test_refuses_without_leaving_anything(house: House, request_of: Any, code: str) -> None:
    """A start that cannot be a return leaves no row, number, lock, notice or open run."""
    order = house.sandbox.order("three-units")

    handle, answer = await house.start(request_of(order))

    assert answer.refusal is not None
    assert answer.refusal.code == code
    await assert_nothing_left(house, order, handle, answer.return_id)


async def test_refuses_to_exchange_for_another_currency(house: House) -> None:
    """9900 yen are not 9900 dollar cents, and the refusal says what was compared."""
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "USD", "in_stock": 5}
    house.sandbox.put("products/SNEAKER-DOLLARS", product)

    handle, answer = await house.start(for_exchange(order, "SNEAKER-DOLLARS"))

    assert answer.refusal is not None
    assert (answer.refusal.code, answer.refusal.field) == (
        "exchange_not_even",
        "lines[0].exchange_sku",
    )
    assert "9900 JPY" in answer.refusal.message
    assert "99.00 USD" in answer.refusal.message
    await assert_nothing_left(house, order, handle, answer.return_id)


async def assert_nothing_left(
    house: House, order: dict[str, Any], handle: Any, return_id: str
) -> None:
    async with house.time_flies():
        outcome = await handle.result()
    assert outcome.headline == "REFUSED"
    assert await house.returns.get(TENANT, return_id) is None
    assert await house.events(return_id) == ()
    assert await house.held(order["order_id"]) == 0
    later = await house.open(some_of(order, 1))
    assert (await later.row()).rma_no.startswith("RMA-0000-01")


async def test_edge_5_refuses_goods_that_were_never_sent(house: House) -> None:
    """Units that were never sent are cancelled with the shop, not returned."""
    order = house.sandbox.order("three-units")
    order["lines"][0]["parcels"] = []
    house.sandbox.put(f"orders/{order['order_id']}", order)

    _, answer = await house.start(some_of(order, 1))

    assert answer.refusal is not None
    assert answer.refusal.code == "use_cancellation"


async def test_edge_5_goods_on_their_way_may_be_refused_at_the_door(house: House) -> None:
    """Sent and not delivered: no return yet, and the refusal says what the customer can do."""
    order = house.sandbox.order("three-units")
    for parcel in order["lines"][0]["parcels"]:
        parcel["delivered_at"] = None
    house.sandbox.put(f"orders/{order['order_id']}", order)

    _, answer = await house.start(some_of(order, 1))

    assert answer.refusal is not None
    assert answer.refusal.code == "use_cancellation"
    assert "refuse the delivery" in answer.refusal.message


async def test_edge_4_a_line_with_too_few_left_is_named_and_the_others_may_go_on(
    house: House,
) -> None:
    """One shirt of two is in a return: two are refused with the one that is left, the belt goes."""
    order = house.sandbox.order("no-reason-return")
    first = await house.open(some_of(order, 1))
    asked = (RequestedLine("line-2", 1), RequestedLine("line-1", 2))

    _, answer = await house.start(whole_order(order, lines=asked))
    others = await house.open(whole_order(order, lines=asked[:1]))

    assert answer.refusal is not None
    assert answer.refusal.code == "units_not_available"
    assert answer.refusal.message == f"1 left, held by {(await first.row()).rma_no}"
    assert answer.refusal.field == "lines[1].quantity"
    assert (await others.view())["headline"] == "APPROVED"


async def test_edge_1_answers_a_repeated_start_the_same(house: House) -> None:
    """The same key and content meet the first return; other content under it is refused."""
    order = house.sandbox.order("three-units")

    first = await house.open(some_of(order, 1), key="key-1")
    again = await house.open(some_of(order, 1), key="key-1")

    assert again.answer == first.answer
    assert await house.held(order["order_id"]) == 1


async def test_waits_for_a_platform_that_is_away(house: House) -> None:
    """A start while the order API is down is done when it is back."""
    order = house.sandbox.order("three-units")
    plan = {"system": "commerce", "operation": "GET /orders/{order_id}", "kind": "http_503"}

    with house.sandbox.fault(**plan, times=2):
        opened = await house.open(some_of(order, 1))

    assert opened.answer.document is not None
    assert opened.answer.document["headline"] == "APPROVED"


async def test_edge_3_gives_the_last_unit_to_one(fast_house: House) -> None:
    """Two starts for the last unit: one gets it, the other is told who holds it."""
    order = fast_house.sandbox.order("three-units")
    await fast_house.open(some_of(order, 2))

    started = await asyncio.gather(
        fast_house.start(some_of(order, 1)), fast_house.start(some_of(order, 1))
    )

    ((loser, refused),) = [(handle, answer) for handle, answer in started if answer.refusal]
    assert refused.refusal is not None
    assert refused.refusal.code == "units_not_available"
    assert "0 left, held by RMA-" in refused.refusal.message
    assert await fast_house.held(order["order_id"]) == 3
    assert (await loser.result()).headline == "REFUSED"
    assert await fast_house.returns.get(TENANT, refused.return_id) is None
    assert await fast_house.events(refused.return_id) == ()


async def test_survives_news_before_it_is_open(house: House) -> None:
    """A signal that overtakes the opening names nothing yet and breaks nothing."""
    order = house.sandbox.order("three-units")
    return_id = return_id_for(TENANT, "early")
    plan = {"system": "commerce", "operation": "GET /orders/{order_id}", "kind": "delay"}

    with house.sandbox.fault(**plan, delay_ms=700):
        starting = asyncio.create_task(house.start(some_of(order, 1), key="early"))
        handle = house.client.get_workflow_handle(f"return/{return_id}")
        await eventually(lambda: exists(handle), bool)
        await handle.signal(
            ReturnWorkflow.carrier_milestones,
            scanned("d1", Milestone.DELIVERED, at=datetime.now(UTC)),
        )
        _, answer = await starting

    assert answer.document is not None
    assert answer.document["headline"] == "APPROVED"


async def exists(handle: Any) -> bool:
    try:
        return bool((await handle.fetch_history()).events)
    except RPCError:
        return False


async def test_refuses_a_tenant_that_does_not_exist(house: House) -> None:
    """A start that comes by no key may name anybody; it ends instead of asking for ever."""
    request = whole_order(house.sandbox.order("three-units"))
    return_id = return_id_for("nobody", "key-1")

    handle = await house.client.start_workflow(
        ReturnWorkflow.run,
        StartReturn("nobody", return_id, request, CUSTOMER_SIDE),
        id=workflow_id_for(return_id),
        task_queue=house.needs.task_queue,
    )
    outcome = await handle.result()

    assert outcome.headline == "REFUSED"
    refusal = outcome.opening.refusal
    assert refusal is not None
    assert (refusal.code, refusal.field) == ("tenant_not_found", "tenant_id")
    assert await house.returns.get("nobody", return_id) is None


async def test_leaves_what_an_earlier_run_of_the_same_id_decided(house: House) -> None:
    """Started again past the API after its end, a return gives its first answer and stays."""
    request = some_of(house.sandbox.order("three-units"), 1)
    opened = await house.open(request)
    await opened.do(Withdraw(info(CUSTOMER_SIDE)))
    await opened.ends()
    before = await opened.row()
    start = StartReturn(TENANT, opened.return_id, request, CUSTOMER_SIDE)

    handle = await house.client.start_workflow(
        ReturnWorkflow.run, start, id=opened.handle.id, task_queue=house.needs.task_queue
    )
    outcome = await handle.result()

    assert outcome.opening == opened.answer
    assert outcome.headline == "APPROVED"
    assert await opened.row() == before
