"""A return played from trigger to trigger: approval, first scan, delivery, receipt, acceptance."""

from collections.abc import AsyncIterator

import pytest

from domain.inspection import Grade
from domain.tracking import Milestone
from domain.triggers import Trigger
from tests.support.house import OpenReturn
from tests.support.told import graded, received
from workflows.messages import CountedEntry

each_trigger = pytest.mark.parametrize(("trigger", "step"), [(t, n) for n, t in enumerate(Trigger)])
"""Each trigger with its place in the order of a return."""


async def steps(opened: OpenReturn, entries: tuple[CountedEntry, ...]) -> AsyncIterator[int]:
    """Yield after each of the five has come to pass, from the approval on."""
    await opened.until(lambda view: view["deliveries"][0]["tracking_code"] is not None)
    yield 0
    await opened.scan(Milestone.FIRST_SCAN)
    await opened.until_headline("IN_TRANSIT")
    yield 1
    await opened.scan(Milestone.DELIVERED)
    await opened.until_event("delivery.delivered")
    yield 2
    await opened.do(received(entries))
    await opened.until_event("parcel.received")
    yield 3
    await opened.do(graded("line-1/1", Grade.A))
    yield 4
