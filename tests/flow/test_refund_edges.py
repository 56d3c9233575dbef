"""Refunds whose answer was lost, beyond what a key alone makes safe: domain.md, edges 59 to 62."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.payments.stripe.adapter import StripeGateway
from tests.flow.test_settlement import REFUNDS, accepted, paid
from tests.support.house import House, OpenReturn

Patch = pytest.MonkeyPatch


def promises(patch: Patch, **other: Any) -> None:
    """Let the provider's capability sheet say something else."""
    sheet = replace(StripeGateway.capabilities, **other)
    patch.setattr(StripeGateway, "capabilities", sheet)


def tries(house: House) -> list[tuple[str, datetime]]:
    """When refunds were asked for at the provider, under which key; the newest last."""
    return [
        (request["idempotency_key"], datetime.fromisoformat(request["at"]))
        for request in house.sandbox.requests("stripe")
        if (request["method"], request["path"]) == ("POST", "/stripe/v1/refunds")
    ]


@asynccontextmanager
async def refunded_after(house: House, **fault: Any) -> AsyncIterator[OpenReturn]:
    """A return whose first refund meets this fault, and which is refunded in the end."""
    with house.sandbox.fault(**REFUNDS, **fault):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        yield opened
        await opened.until_lot("line-1/1", "REFUNDED")


async def test_edge_59_what_was_paid_before_a_crash_is_found(house: House) -> None:
    """The provider took it, and we were gone before we knew: one refund, found by our id."""
    before = len(tries(house))
    async with refunded_after(house, kind="lost_reply") as opened:
        await house.pass_time(seconds=30)

    assert len(paid(opened)) == 1
    assert len(tries(house)) == before + 1


async def test_edge_60_a_look_up_is_believed_when_the_provider_says_so(
    fast_house: House, monkeypatch: Patch
) -> None:
    """Not found at once means nothing yet: the next generation goes when the list has settled."""
    lag = timedelta(seconds=1.5)
    promises(monkeypatch, key_window=timedelta(), settle_time=lag)
    before = len(tries(fast_house))
    async with refunded_after(fast_house, kind="http_500", times=1) as opened:
        pass

    (first, begun), (second, sent) = tries(fast_house)[before:]
    assert first != second
    assert sent - begun >= lag
    assert len(paid(opened)) == 1


async def test_edge_62_an_old_key_is_not_sent_again(house: House, monkeypatch: Patch) -> None:
    """The provider may have forgotten it: the refund is looked up, then sent under a new one."""
    promises(monkeypatch, key_window=timedelta())
    before = len(tries(house))
    async with refunded_after(house, kind="http_500", times=1) as opened:
        await house.pass_time(seconds=30)

    (first, _), (second, _) = tries(house)[before:]
    assert first != second
    assert len(paid(opened)) == 1


async def test_edge_62_without_a_look_up_a_person_decides(house: House, monkeypatch: Patch) -> None:
    """A spent key and no list to read: nothing is sent, however often it is asked for."""
    promises(monkeypatch, key_window=timedelta(), lookup_by_reference=False)
    before = len(tries(house))
    with house.sandbox.fault(**REFUNDS, kind="http_500", times=1):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        wait = await opened.until_waiting("refund_unknown")

    await house.pass_time(hours=30)

    assert wait["owner"] == "finance"
    assert len(tries(house)) == before + 1
    assert len(await opened.events("blocker.raised")) > 1
