"""A tenant with several carriers: one is chosen, another one takes over, and never do both."""

from dataclasses import replace
from typing import Any

import pytest

from domain.requests import HandoverMethod
from runtime.adapters import CARRIER_SHEETS
from tests.flow.test_carrier_rounds import go_round
from tests.flow.test_ups import QUOTE, SHIP, by_both, courier_wished
from tests.support.house import TENANT, House, OpenReturn
from tests.support.told import some_of
from workers.returns import build_workers

__all__ = ["by_both"]

ALWAYS = 10_000
BUY_LABEL = {"system": "easypost", "operation": "POST /v2/shipments/{id}/buy"}
EASYPOST = {"system": "easypost", "operation": "*", "times": ALWAYS}
UPS = {"system": "ups", "operation": "*", "times": ALWAYS}


@pytest.fixture
async def order(by_both: House) -> dict[str, Any]:
    return by_both.sandbox.order("three-units")  # type: ignore[no-any-return]  # JSON


async def labelled(house: House, order: dict[str, Any]) -> OpenReturn:
    opened = await house.open(some_of(order, 1))
    await opened.ready_for_handover()
    return opened


def sold_by(opened: OpenReturn) -> list[str]:
    """Return who sold the labels that stand."""
    labels = opened.ledger()["labels"]
    return [label["system"] for label in labels if label["status"] == "bought"]


async def chosen(opened: OpenReturn) -> dict[str, Any]:
    (event,) = await opened.events("carrier.chosen")
    return dict(event.data)


async def test_the_better_one_is_taken_and_the_log_says_why(
    by_both: House, order: dict[str, Any]
) -> None:
    """Both were asked for their price, one sold a label, and the other is named with its reason."""
    opened = await labelled(by_both, order)

    said = await chosen(opened)
    (other,) = said["passed_over"]
    assert sold_by(opened) == [said["carrier"]]
    assert {said["carrier"], other["carrier"]} == {"easypost", "ups"}
    assert other["reason"] in ("dearer", "slower")


def queues(history: Any, activity: str) -> list[str]:
    """Return the task queues that calls of one kind went to."""
    scheduled = [event.activity_task_scheduled_event_attributes for event in history]
    return [one.task_queue.name for one in scheduled if one.activity_type.name == activity]


async def test_a_label_is_bought_on_the_queue_of_who_sells_it(
    by_both: House, order: dict[str, Any]
) -> None:
    """Its rate is that carrier's: no other one's calls are held back by it."""
    opened = await labelled(by_both, order)

    (seller,) = sold_by(opened)
    assert queues(await opened.history(), "buy_label") == [f"{by_both.needs.task_queue}-{seller}"]


async def test_a_round_reads_each_carriers_parcels_on_its_queue(by_both: House) -> None:
    """Many parcels are read at the pace that their carrier takes."""
    workflow_id = "carriers-by-queue"
    await go_round(by_both, workflow_id)

    history = await by_both.client.get_workflow_handle(workflow_id).fetch_history()
    wanted = [f"{by_both.needs.task_queue}-{carrier}" for carrier in ("easypost", "ups")]
    assert sorted(queues(history.events, "poll_parcels")) == wanted
    assert sorted(queues(history.events, "sweep_bookings")) == wanted


async def test_the_queue_of_a_carrier_gives_out_as_many_calls_as_it_takes(house: House) -> None:
    """As its sheet or the setting says; one that says nothing is not held back."""
    needs = replace(house.needs, task_queue="unhurried", carrier_rates={"ups": 2.5})

    workers = [worker.config() for worker in build_workers(house.client, needs)]

    rates = {f"unhurried-{name}": sheet.calls_per_second for name, sheet in CARRIER_SHEETS.items()}
    assert {one["task_queue"]: one["max_task_queue_activities_per_second"] for one in workers} == {
        **rates,
        "unhurried": None,
        "unhurried-ups": 2.5,
    }


@pytest.mark.parametrize(("closed", "left"), [("easypost", "ups"), ("ups", "easypost")])
async def test_a_closed_account_gets_no_new_parcels(
    by_both: House, order: dict[str, Any], closed: str, left: str
) -> None:
    """Without a choice nobody is asked for a price, and the log says nothing of one."""
    for one in await by_both.tenants.connections(TENANT):
        if one.adapter == closed:
            options = {**one.settings, "closed": "yes"}
            await by_both.tenants.put_connection(replace(one, settings=options))

    opened = await labelled(by_both, order)

    assert sold_by(opened) == [left]
    assert await opened.events("carrier.chosen") == []


@pytest.mark.parametrize(("down", "left"), [(EASYPOST, "ups"), (UPS, "easypost")])
async def test_one_that_does_not_answer_is_passed_over(
    by_both: House, order: dict[str, Any], down: dict[str, Any], left: str
) -> None:
    """The label comes from the other one at once: nothing is parked for a carrier's outage."""
    with by_both.sandbox.fault(**down, kind="http_503"):
        opened = await labelled(by_both, order)

    assert sold_by(opened) == [left]
    said = await chosen(opened)
    assert said["passed_over"] == [{"carrier": down["system"], "reason": "unavailable"}]
    assert await opened.events("blocker.raised") == []


async def test_one_that_offers_nothing_is_no_choice(by_both: House, order: dict[str, Any]) -> None:
    """UPS serves nobody there: it is asked for a price, and never for the label."""
    nothing = {"path": "RateResponse.RatedShipment", "value": []}
    with by_both.sandbox.fault(**QUOTE, kind="nonsense", set=nothing):
        opened = await labelled(by_both, order)

    assert sold_by(opened) == ["easypost"]
    assert (await chosen(opened))["passed_over"] == [{"carrier": "ups", "reason": "no_rates"}]


async def test_one_that_refuses_after_all_is_left_for_the_next(
    by_both: House, order: dict[str, Any]
) -> None:
    """It gave a price and sells nothing: the next one is asked, and the log tells."""
    first = await labelled(by_both, by_both.sandbox.order("three-units"))
    best = (await chosen(first))["carrier"]
    refusing = BUY_LABEL if best == "easypost" else SHIP
    with by_both.sandbox.fault(**refusing, kind="429", times=ALWAYS):
        opened = await by_both.open(some_of(order, 1))
        await by_both.pass_time(minutes=2)
        await opened.ready_for_handover()

    (event,) = await opened.events("carrier.failed_over")
    assert event.data["carrier"] == best
    assert best not in sold_by(opened)
    assert len(sold_by(opened)) == 1


async def test_one_that_may_have_sold_it_is_not_left(by_both: House, order: dict[str, Any]) -> None:
    """Its answer was lost: it is looked up there, and no other one is asked for another label."""
    with (
        by_both.sandbox.fault(**BUY_LABEL, kind="lost_reply"),
        by_both.sandbox.fault(**SHIP, kind="lost_reply"),
    ):
        opened = await labelled(by_both, order)

    assert len(opened.ledger()["labels"]) == 1
    assert await opened.events("carrier.failed_over") == []


async def test_edge_42_when_none_answers_all_wait_and_go_on_together(
    by_both: House, order: dict[str, Any]
) -> None:
    """Both are down: the return is parked by name, and goes on once both answer again."""
    with by_both.sandbox.fault(**UPS, kind="http_503"):
        with by_both.sandbox.fault(**EASYPOST, kind="http_503"):
            opened = await by_both.open(some_of(order, 1))
            await opened.until_given_up("courier_unavailable")
        half = await go_round(by_both)
    whole = await go_round(by_both)

    await opened.ready_for_handover()
    assert (half.resumed, whole.resumed) == (0, 1)
    assert len(opened.ledger()["labels"]) == 1


async def test_no_carrier_waits_for_another_ones_answers(by_both: House) -> None:
    """A round asks both before either has answered: the silence of one holds the other up in
    nothing."""
    workflow_id = "carriers-of-both"
    await go_round(by_both, workflow_id)

    history = await by_both.client.get_workflow_handle(workflow_id).fetch_history()
    started = [
        event.activity_task_scheduled_event_attributes
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    polls = [one for one in started if one.activity_type.name == "poll_parcels"]
    assert len(polls) == 2
    assert len({one.workflow_task_completed_event_id for one in polls}) == 1


async def test_the_courier_is_the_one_of_the_label(by_both: House) -> None:
    """A courier takes the parcels of his own house alone."""
    opened = await courier_wished(by_both)
    await opened.until_waiting("awaiting_pickup")

    ledger = opened.ledger()
    assert [visit["system"] for visit in ledger["pickups"]] == sold_by(opened)


async def test_a_code_is_asked_of_who_has_codes(by_both: House, order: dict[str, Any]) -> None:
    """UPS prints no label from a code: it is not asked, however cheap."""
    with by_both.sandbox.fault(**QUOTE, kind="http_503", times=ALWAYS):
        wish = replace(some_of(order, 1), handover=HandoverMethod.QR_DROP_OFF)
        opened = await by_both.open(wish)
        await opened.ready_for_handover()

    assert sold_by(opened) == ["easypost"]
    assert await opened.events("carrier.chosen") == []


async def test_one_whose_answers_stay_lost_is_asked_until_it_tells(
    by_both: House, order: dict[str, Any]
) -> None:
    """It sold the label and cannot be asked for minutes: no other carrier is asked meanwhile."""
    read = {"system": "easypost", "operation": "GET /v2/shipments/{id}", "kind": "http_503"}
    with (
        by_both.sandbox.fault(**QUOTE, kind="http_503"),
        by_both.sandbox.fault(**BUY_LABEL, kind="lost_reply"),
        by_both.sandbox.fault(**read, after=1, times=ALWAYS),
    ):
        opened = await by_both.open(some_of(order, 1))
        await by_both.pass_time(minutes=4)
        await opened.until_waiting("courier_unavailable")
    await go_round(by_both)

    await opened.ready_for_handover()
    assert sold_by(opened) == ["easypost"]
    assert await opened.events("carrier.failed_over") == []
