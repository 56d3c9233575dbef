"""How each history of a return comes about: a play keeps open ones at its waits, and its end."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from temporalio.client import WorkflowFailureError

from domain.inspection import Grade
from domain.pickups import PickupOutcome
from domain.requests import Resolution
from domain.tracking import Milestone
from tests.replay.keeping import Keep
from tests.support.house import House, OpenReturn, eventually
from tests.support.told import (
    CUSTOMER_SIDE,
    FINANCE,
    OPS,
    REVIEWER,
    complaint,
    counted,
    for_exchange,
    graded,
    info,
    received,
    refund_news,
    shipped,
    some_of,
    whole_order,
    with_pickup,
)
from workflows.messages import (
    Approve,
    ChooseResolution,
    Correct,
    Deny,
    ExtendDeadline,
    ReportPickupOutcome,
    Retry,
)
from workflows.return_workflow import ReturnWorkflow

LAMP = "LAMP-DESK-WHITE"


async def lamps(house: House, quantity: int = 1) -> OpenReturn:
    return await house.open(some_of(house.sandbox.order("three-units"), quantity))


async def lamps_to_hand_over(house: House, quantity: int = 1) -> OpenReturn:
    opened = await lamps(house, quantity)
    await opened.ready_for_handover()
    return opened


async def lamp_with_courier(house: House) -> OpenReturn:
    opened = await house.open(with_pickup(some_of(house.sandbox.order("three-units"), 1)))
    await opened.until_waiting("awaiting_pickup")
    return opened


async def lamp_refunded(house: House) -> OpenReturn:
    opened = await lamps_to_hand_over(house)
    await opened.arrive_and_grade_one()
    await opened.until_headline("COMPLETED")
    return opened


def lamps_counted(quantity: int, receipt_id: str = "R-1") -> Any:
    return received(counted({}, **{LAMP: quantity}), receipt_id=receipt_id)


def first_intent(view: dict[str, Any]) -> str:
    return str(view["settlements"][0]["refunds"][0]["intent_id"])


async def with_a_courier_and_two_tenders(house: House, keep: Keep) -> None:
    order = house.sandbox.order("no-reason-return")
    opened = await house.open(with_pickup(whole_order(order)))
    await opened.until_waiting("awaiting_pickup")
    await keep("awaiting-pickup", opened)
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")
    await keep("in-transit", opened)
    await opened.scan(Milestone.DELIVERED)
    await opened.until_waiting("awaiting_receipt")
    await keep("awaiting-receipt", opened)
    await opened.do(received(counted(order)))
    await opened.until_waiting("awaiting_inspection")
    await keep("awaiting-inspection", opened)
    for line in order["lines"]:
        await opened.do(graded(f"{line['line_id']}/1", Grade.A))
    await opened.until_headline("COMPLETED")
    await keep("awaiting-close", opened)


async def in_two_parcels(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house, 3)
    await keep("awaiting-handover", opened)
    await opened.do(lamps_counted(2))
    await opened.do(graded("line-1/1", Grade.A))
    await opened.until_lot("line-1/1", "REFUNDED")
    await opened.until_waiting("awaiting_rest")
    await keep("missing-rest", opened)
    await opened.do(lamps_counted(1, "R-2"))
    await opened.do(graded("line-1/2", Grade.B))
    await opened.until_headline("COMPLETED")
    await keep("settled-twice", opened)


async def graded_in_part(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house, 3)
    await opened.do(lamps_counted(3))
    await opened.do(graded("line-1/1", Grade.A, quantity=2))
    await opened.do(graded("line-1/2", Grade.C, checklist=("scratched",)))
    await opened.until_headline("COMPLETED")
    await keep("graded-in-part", opened)


async def with_an_early_grade(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    await opened.leave(graded("line-1/1", Grade.A))
    await opened.until_waiting("inspection_held")
    await keep("inspection-held", opened)
    await opened.do(lamps_counted(1))
    await opened.until_headline("COMPLETED")
    await keep("held-inspection-taken", opened)


async def with_more_time(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    until = datetime.now(UTC) + timedelta(days=40)
    await opened.do(ExtendDeadline(info(OPS), "delivery/d1/handover", until))
    await opened.until_event("ops.intervention")
    await keep("deadline-extended", opened)


async def asked_for_exchange(house: House, wanted: str, *, in_stock: int) -> OpenReturn:
    order = house.sandbox.order("exchange")
    product = {"price_minor": 9900, "currency": "JPY", "in_stock": in_stock}
    house.sandbox.put(f"products/{wanted}", product)
    opened = await house.open(for_exchange(order, wanted))
    await opened.ready_for_handover()
    await opened.do(received(counted(order)))
    await opened.do(graded("line-1/1", Grade.A))
    return opened


async def exchanged(house: House, keep: Keep) -> None:
    opened = await asked_for_exchange(house, "SNEAKER-BLUE-25-5", in_stock=5)
    await opened.until_lot("line-1/1", "REPLACEMENT_RESERVED")
    await opened.until_waiting("awaiting_replacement")
    await keep("awaiting-replacement", opened)
    reference = opened.ledger()["replacements"][0]["reference"]
    for status in ("shipped", "delivered"):
        news = shipped(reference, status)
        await opened.handle.signal(ReturnWorkflow.take_replacement_news, news)
    await opened.until_headline("COMPLETED")
    await keep("exchanged", opened)


async def out_of_stock(house: House, keep: Keep) -> None:
    opened = await asked_for_exchange(house, "SNEAKER-BLUE-26-0", in_stock=0)
    await opened.until_waiting("replacement_out_of_stock")
    await keep("replacement-out-of-stock", opened)
    await opened.do(ChooseResolution(info(CUSTOMER_SIDE), "line-1/1", Resolution.REFUND))
    await opened.until_headline("COMPLETED")
    await keep("out-of-stock-refunded", opened)


async def start_refused(house: House, keep: Keep) -> None:
    handle, answer = await house.start(some_of(house.sandbox.order("three-units"), 4))
    await handle.result()
    await keep("start-refused", OpenReturn(house, handle, answer))


async def started_badly(house: House, keep: Keep) -> None:
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.country", "Neverland"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        await keep("draft", opened)
        await opened.do(Correct(info(OPS), "ship_to.country", "NL", "seen on the invoice"))
        await opened.ready_for_handover()
    await keep("draft-corrected", opened)


async def draft_withdrawn(house: House, keep: Keep) -> None:
    order = house.sandbox.order("three-units")
    with house.sandbox.nonsense(order, "ship_to.country", "Neverland"):
        opened = await house.begin_draft(some_of(order, 1), "bad_upstream_data")
        await opened.withdraw()
        await opened.handle.result()
    await keep("draft-withdrawn", opened)


async def denied_by_policy(house: House, keep: Keep) -> None:
    opened = await house.open(whole_order(house.sandbox.order("out-of-window")))
    await opened.handle.result()
    await keep("denied-by-policy", opened)


async def reviewed(house: House, keep: Keep) -> None:
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    await opened.until_waiting("awaiting_review")
    await keep("in-review", opened)
    await opened.do(Approve(info(REVIEWER), ("line-1",), reason="the rest is fine"))
    await opened.ready_for_handover()
    await keep("approved-in-part", opened)


async def denied_by_reviewer(house: House, keep: Keep) -> None:
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    await opened.until_waiting("awaiting_review")
    await opened.do(Deny(info(REVIEWER), reason="no defect"))
    await opened.handle.result()
    await keep("denied-by-reviewer", opened)


async def withdrawn(house: House, keep: Keep) -> None:
    opened = await lamp_with_courier(house)
    await opened.withdraw()
    await opened.handle.result()
    await keep("withdrawn-with-courier", opened)


async def visited_in_vain(house: House, keep: Keep) -> None:
    opened = await lamp_with_courier(house)
    for attempt, outcome in enumerate(PickupOutcome, start=1):
        await eventually(opened.view, partial(visit_is_ordered, attempt))
        await opened.do(ReportPickupOutcome(info(CUSTOMER_SIDE), "d1", attempt, outcome))
    await opened.ready_for_handover()
    await keep("missed-pickups", opened)


def visit_is_ordered(number: int, view: dict[str, Any]) -> bool:
    visits = view["deliveries"][0]["pickups"]
    return len(visits) == number and visits[-1]["outcome"] is None


async def disputed(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    await opened.do(lamps_counted(1))
    await opened.do(graded("line-1/1", Grade.X, checklist=("broken",)))
    await opened.until_waiting("awaiting_dispute")
    await keep("dispute-window", opened)


async def cancelled_by_an_operator(house: House, keep: Keep) -> None:
    opened = await lamp_with_courier(house)
    await opened.handle.cancel()
    with suppress(WorkflowFailureError):
        await opened.handle.result()
    await keep("cancelled-by-an-operator", opened)


async def cancelled_in_transit(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")
    await opened.handle.cancel()
    await opened.until_event("ops.intervention")
    await keep("cancelled-in-transit", opened)


async def refund_refused(house: House, keep: Keep) -> None:
    order = house.sandbox.order("three-units")
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    charge = order["tenders"][0]
    house.sandbox.refund_by_hand(charge["payment_ref"], charge["captured_minor"])
    await opened.arrive_and_grade_one()
    await opened.until_waiting("refund_refused")
    await opened.do(Retry(info(FINANCE)))
    await eventually(lambda: opened.events("blocker.raised"), lambda found: len(found) == 2)
    await keep("refund-refused", opened)


async def refund_failed_later(house: House, keep: Keep) -> None:
    opened = await lamp_refunded(house)
    intent_id = first_intent(await opened.view())
    failed = refund_news(intent_id, "rejected", "closed")
    await opened.handle.signal(ReturnWorkflow.refund_news, failed)
    await opened.until_waiting("refund_refused")
    await opened.handle.signal(ReturnWorkflow.refund_news, refund_news(intent_id, "succeeded"))
    await opened.until_headline("COMPLETED")
    await keep("refund-failed-later", opened)
