"""Commands: carried out once, refused before they enter history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tests.support.house import House, OpenReturn
from tests.support.told import CUSTOMER_SIDE, OPS, WAREHOUSE, info, received, refusal_code, some_of
from workflows.messages import (
    CommandInfo,
    CountedEntry,
    ExtendDeadline,
    OpenAnswer,
    Retry,
    Withdraw,
)

LAMPS = (CountedEntry("LAMP-DESK-WHITE", 2),)


@pytest.fixture
async def waiting(house: House) -> OpenReturn:
    """A return of two lamps that waits for its handover."""
    opened = await house.open(some_of(house.sandbox.order("three-units"), 2))
    await opened.ready_for_handover()
    return opened


async def test_repeats_the_answer_of_a_command_id(waiting: OpenReturn) -> None:
    """The same command again changes nothing and answers the same."""
    command = received(LAMPS, command_id="c-1")

    first, again = await waiting.do(command), await waiting.do(command)

    assert again == first
    assert len(await waiting.events("parcel.received")) <= 1


async def test_refuses_other_content_under_a_command_id(waiting: OpenReturn) -> None:
    """An id says one thing only, whichever way it comes in."""
    await waiting.do(received(LAMPS, command_id="c-1"))
    other = received((CountedEntry("LAMP-DESK-WHITE", 1),), command_id="c-1")

    # Temporal answers a known update id itself, so another one carries it here.
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await waiting.handle.execute_update("receive", other, id="c-2")
    assert refusal_code(refused.value) == "key_reused"


async def test_a_refusal_leaves_no_trace(fast_house: House) -> None:
    """Wrong role, stale version, nothing parked: refused, and history is as long as before."""
    waiting = await fast_house.open(some_of(fast_house.sandbox.order("three-units"), 2))
    await waiting.ready_for_handover()
    before = len(await waiting.history_at_rest())
    stale = CommandInfo("c-2", CUSTOMER_SIDE, expected_version=1)

    codes = [
        await waiting.refused(Withdraw(info(WAREHOUSE))),
        await waiting.refused(Withdraw(stale)),
        await waiting.refused(Retry(info(OPS))),
        await waiting.refused(extension(key="nothing", hours=1)),
        await waiting.refused(extension(hours=-1)),
        await waiting.refused(
            replace(extension(hours=1), until=datetime(2099, 1, 1))  # noqa: DTZ001  # on purpose
        ),
    ]

    assert codes == [
        "forbidden",
        "stale_version",
        "command_not_allowed",
        "wait_not_found",
        "deadline_in_past",
        "invalid_request",
    ]
    assert len(await waiting.history_at_rest()) == before


def extension(*, key: str = "delivery/d1/handover", hours: float) -> ExtendDeadline:
    return ExtendDeadline(info(OPS), key, datetime.now(UTC) + timedelta(hours=hours))


async def test_an_extension_moves_the_timer(waiting: OpenReturn) -> None:
    """What ops gave more time does not expire at its first deadline."""
    await waiting.do(extension(hours=24 * 40))

    await waiting.house.pass_time(days=35)

    assert (await waiting.row()).headline == "APPROVED"
    await waiting.house.pass_time(days=10)
    await waiting.until_headline("EXPIRED")


async def test_is_refused_while_the_return_is_opened(house: House) -> None:
    """Before the opening there is nothing to command."""
    order = house.sandbox.order("three-units")
    plan = {"system": "commerce", "operation": "GET /orders/{order_id}", "kind": "http_503"}
    with house.sandbox.fault(**plan, times=1000):
        handle = await house.begin(some_of(order, 1))
        opened = OpenReturn(house, handle, OpenAnswer("", ""))

        assert await opened.refused(Withdraw(info(CUSTOMER_SIDE))) == "command_not_allowed"
