"""What a run that follows a lost one must not do: repeat what its state has, or decide too soon."""

from dataclasses import replace
from datetime import UTC, datetime

from domain.inspection import Grade
from domain.reasons import Ground
from tests.flow.test_lost_runs import a_return, lose, restart
from tests.support.house import House, OpenReturn
from tests.support.told import (
    FINANCE,
    counted,
    graded,
    info,
    received,
    refund_news,
    some_of,
    waiting_codes,
)
from workflows.messages import Retry
from workflows.return_workflow import ReturnWorkflow

LAMP = "LAMP-DESK-WHITE"
REFUNDS = {"system": "stripe", "operation": "POST /v1/refunds"}


def paid(opened: OpenReturn) -> list[int]:
    refunds = opened.ledger()["refunds"]
    return [refund["amount_minor"] for refund in refunds if refund["status"] == "succeeded"]


async def test_settles_the_rest_apart_from_what_the_lost_run_sealed(steady_house: House) -> None:
    """While one lot's refund was on its way the other was graded: settled apart, each once."""
    order = steady_house.sandbox.order("three-units")
    opened = await a_return(steady_house, some_of(order, 2))
    await opened.ready_for_handover()
    await opened.do(received(counted({}, **{LAMP: 1})))
    await opened.do(received(counted({}, **{LAMP: 1}), receipt_id="R-2"))
    with steady_house.sandbox.fault(**REFUNDS, kind="delay", delay_ms=2500):
        await opened.do(graded("line-1/1", Grade.A))
        await opened.until(lambda view: view["lots"][0]["grade"] == "A")
        await opened.do(graded("line-1/2", Grade.A))
        await opened.until(lambda view: view["lots"][1]["grade"] == "A")
        await lose(opened)

        await restart(opened)
        view = await opened.until_headline("COMPLETED")

    assert [settlement["amount_minor"] for settlement in view["settlements"]] == [12524, 12522]
    assert sorted(paid(opened)) == [12522, 12524]
    assert "settlement_conflict" not in waiting_codes(view)


async def test_takes_no_news_twice(steady_house: House) -> None:
    """A refund failed late and was paid again: its old failure is no news to the next run."""
    opened = await a_return(steady_house)
    await opened.arrive_and_grade_one()
    view = await opened.until_headline("COMPLETED")
    (intent,) = view["settlements"][0]["refunds"]
    failed = refund_news(intent["intent_id"], "rejected", "closed")
    await opened.handle.signal(ReturnWorkflow.refund_news, failed)
    await opened.until_waiting("refund_refused")
    await opened.do(Retry(info(FINANCE)))
    done = await opened.until_headline("COMPLETED")
    await lose(opened)

    await restart(opened)

    await opened.until(lambda view: view["version"] > done["version"])
    assert (await opened.view())["headline"] == "COMPLETED"
    assert len(await opened.events("refund.failed")) == 1


async def test_a_refused_grade_stays_refused(steady_house: House) -> None:
    """A grade for a lot that was not there then is not given to one that came later."""
    opened = await a_return(steady_house, some_of(steady_house.sandbox.order("three-units"), 2))
    await opened.ready_for_handover()
    await opened.do(received(counted({}, **{LAMP: 2})))
    await opened.leave(graded("line-1/2", Grade.A))
    await opened.until_event("inspection.refused")
    await opened.do(graded("line-1/1", Grade.A, quantity=1))
    await opened.until(lambda view: len(view["lots"]) == 2)
    await lose(opened)

    await restart(opened)
    await opened.until_event("ops.intervention")
    view = await opened.view()

    assert [lot["grade"] for lot in view["lots"]] == ["A", None]
    assert len(await opened.events("inspection.refused")) == 1


async def test_decides_nothing_for_a_deadline_that_passed_while_it_was_gone(
    steady_house: House,
) -> None:
    """Nobody could answer the review meanwhile, so nobody's silence counts."""
    order = steady_house.sandbox.order("three-units")
    request = replace(some_of(order, 1), ground=Ground.NON_CONFORMITY)
    lines = tuple(replace(line, reason="DEFECTIVE") for line in request.lines)
    opened = await a_return(steady_house, replace(request, lines=lines))
    wait = await opened.until_waiting("awaiting_review")
    await lose(opened)
    left = datetime.fromisoformat(wait["deadline"]) - datetime.now(UTC)
    await steady_house.pass_time(seconds=max(left.total_seconds(), 0) + 0.2)

    await restart(opened)
    await opened.until_event("ops.intervention")
    again = await opened.until_waiting("awaiting_review")

    assert again["deadline"] > wait["deadline"]
    (restarted,) = await opened.events("ops.intervention")
    assert restarted.data["extended"] == ["review/50", "review"]
    assert await opened.events("return.decided") == []
