"""How histories come about that need time to pass, or a neighbour to be away."""

from datetime import timedelta

from sqlalchemy import text

from api.restarting import Restarter
from api.starting import Patience
from domain.inspection import Grade
from domain.tracking import Milestone
from tests.replay.keeping import Keep
from tests.replay.plays import (
    first_intent,
    lamp_refunded,
    lamp_with_courier,
    lamps,
    lamps_counted,
    lamps_to_hand_over,
)
from tests.support.house import House, OpenReturn, eventually
from tests.support.told import (
    OPS,
    complaint,
    graded,
    info,
    lot_states,
    refund_news,
    waiting_codes,
)
from workflows.messages import RestartFromProjection, Retry
from workflows.return_workflow import ReturnWorkflow
from workflows.round_messages import Sweep
from workflows.sweep import SweepWorkflow

REFUNDS = {"system": "stripe", "operation": "POST /v1/refunds"}
CANCEL_PICKUP = {"system": "easypost", "operation": "POST /v2/pickups/{id}/cancel"}


async def refunded_and_closed(house: House, keep: Keep) -> None:
    opened = await lamp_refunded(house)
    await opened.handle.result()
    await keep("refunded-and-closed", opened)


async def decided_by_default(house: House, keep: Keep) -> None:
    opened = await house.open(complaint(house.sandbox.order("no-reason-return")))
    await opened.ready_for_handover()
    await keep("decided-by-default", opened)


async def expired(house: House, keep: Keep) -> None:
    opened = await lamps(house)
    await opened.handle.result()
    await keep("expired", opened)


async def rest_given_up(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house, 3)
    await opened.do(lamps_counted(2))
    await opened.do(graded("line-1/1", Grade.A))
    await opened.handle.result()
    assert lot_states(await opened.view())["line-1/2"] == "NOT_SENT"
    await keep("rest-given-up", opened)


async def rejected_and_sent_back(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    await opened.do(lamps_counted(1))
    await opened.do(graded("line-1/1", Grade.X, checklist=("broken",)))
    await opened.until_waiting("awaiting_ship_back")
    await opened.scan(Milestone.FIRST_SCAN, Milestone.DELIVERED, delivery_id="d2")
    await opened.handle.result()
    await keep("rejected-and-sent-back", opened)


async def left_on_the_dock(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    await opened.do(lamps_counted(1))
    await opened.until_waiting("inspection_overdue")
    await keep("inspection-overdue", opened)


async def while_a_provider_is_slow_or_down(house: House, keep: Keep) -> None:
    """One after the other, for a fault strikes whoever calls."""
    with house.sandbox.fault(**REFUNDS, kind="pending_refund"):
        pending = await lamps_to_hand_over(house)
        await pending.arrive_and_grade_one()
        view = await pending.until(lambda view: "awaiting_refund" in waiting_codes(view))
    await keep("refund-pending", pending)
    news = refund_news(first_intent(view), "succeeded")
    await pending.handle.signal(ReturnWorkflow.refund_news, news)
    await pending.until_headline("COMPLETED")
    await keep("refund-told-later", pending)

    courier = await lamp_with_courier(house)
    with house.sandbox.fault(**CANCEL_PICKUP, kind="delay", delay_ms=500):
        await courier.withdraw()
        await courier.scan(Milestone.FIRST_SCAN)
        await courier.until_headline("IN_TRANSIT")
    await keep("revived-by-a-scan", courier)

    # Two minutes, as long as a provider is tried before its work parks.
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=1000):
        unpaid = await lamps_to_hand_over(house)
        await unpaid.arrive_and_grade_one()
        await eventually(
            unpaid.view, lambda view: "provider_unavailable" in waiting_codes(view), within=180
        )
    await keep("parked", unpaid)
    await unpaid.do(Retry(info(OPS)))
    await unpaid.until_headline("COMPLETED")
    await keep("parked-and-resumed", unpaid)


async def while_the_database_is_away(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    async with house.needs.database.lookup() as connection:
        await connection.execute(text("LOCK TABLE returns IN ACCESS EXCLUSIVE MODE"))
        await opened.scan(Milestone.FIRST_SCAN)
        await eventually(lambda: writes_patiently(opened), bool)
    await opened.until_headline("IN_TRANSIT")
    await keep("database-away", opened)


async def writes_patiently(opened: OpenReturn) -> bool:
    return any(
        event.activity_task_scheduled_event_attributes.activity_type.name == "record_transition"
        for event in await opened.history()
    )


async def for_long(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    first = await opened.handle.describe()
    latest = OpenReturn(house, house.latest_run(opened.handle.id), opened.answer)
    await latest.scan(Milestone.FIRST_SCAN)
    await latest.until_headline("IN_TRANSIT")
    await latest.arrive_and_grade_one()
    await latest.until_headline("COMPLETED")
    await keep("continued-as-new", opened, run_id=first.run_id)
    await keep("taken-over", latest)


async def lost_and_restarted(house: House, keep: Keep) -> None:
    opened = await lamps_to_hand_over(house)
    opened = OpenReturn(house, house.latest_run(opened.handle.id), opened.answer)
    await opened.do(lamps_counted(1))
    await opened.until_waiting("awaiting_inspection")
    await opened.handle.terminate("lost on purpose")
    await house.client.execute_workflow(
        SweepWorkflow.run, Sweep(), id="sweep", task_queue=house.needs.task_queue
    )
    restarter = Restarter(
        house.client,
        house.returns,
        task_queue=house.needs.task_queue,
        patience=Patience(*[timedelta(seconds=60)] * 3),
    )
    command = RestartFromProjection(info(OPS), "was terminated")
    await restarter.restart(await opened.row(), command)
    await opened.do(graded("line-1/1", Grade.A))
    await opened.until_headline("COMPLETED")
    await keep("lost-and-restarted", opened)
