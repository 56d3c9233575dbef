"""Refunds whose answer was lost, beyond what a key alone makes safe: domain.md, edges 59 to 62."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import domain.refunding
from domain.intents import Ruling
from integrations.payments.port import LookUp
from integrations.payments.stripe.adapter import StripeGateway
from tests.flow.test_settlement import REFUNDS, accepted, intents_of, paid
from tests.support.house import House, OpenReturn, eventually
from tests.support.told import FINANCE, OPS, info, whole_order
from workflows.messages import ReconcileRefund, Retry

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
    promises(monkeypatch, settle_time=lag)
    before = len(tries(fast_house))
    async with refunded_after(fast_house, kind="stored_500") as opened:
        pass

    *in_vain, (second, sent) = tries(fast_house)[before:]
    assert second not in [key for key, _ in in_vain]
    assert sent - in_vain[0][1] >= lag
    assert len(paid(opened)) == 1


async def test_edge_62_an_old_key_is_not_sent_again(house: House, monkeypatch: Patch) -> None:
    """The provider may have forgotten it: the refund is looked up, then sent under a new one."""
    promises(monkeypatch, key_window=timedelta())
    monkeypatch.setattr(domain.refunding, "STILL_ON_ITS_WAY", timedelta())
    before = len(tries(house))
    async with refunded_after(house, kind="http_500", times=1) as opened:
        await house.pass_time(seconds=30)

    (first, _), (second, _) = tries(house)[before:]
    assert first != second
    assert len(paid(opened)) == 1


async def test_edge_62_without_a_look_up_a_person_decides(house: House, monkeypatch: Patch) -> None:
    """A spent key and no list to read: nothing is sent, however often it is asked for."""
    promises(monkeypatch, key_window=timedelta(), lookup=LookUp.NONE)
    before = len(tries(house))
    opened, wait = await nobody_knows(house, kind="http_500")

    await house.pass_time(hours=30)

    assert wait["owner"] == "finance"
    assert len(tries(house)) == before + 1
    assert len(await opened.events("blocker.raised")) > 1


async def test_edge_65_one_tender_waits_for_nobody(house: House) -> None:
    """One of two refunds is paid while the other parks; only that one is tried again."""
    order = house.sandbox.order("no-reason-return")
    first, second = (tender["payment_ref"] for tender in order["tenders"])
    before = len(tries(house))
    with house.sandbox.fault(**REFUNDS, kind="http_503", times=10_000, containing=second):
        opened = await house.open(whole_order(order))
        await opened.ready_for_handover()
        await opened.arrive_and_grade(order)
        await opened.until_event("settlement.sealed")
        await opened.until_given_up("provider_unavailable")
        (paid_first,) = opened.ledger()["refunds"]
        state = (await opened.view())["settlement_state"]
        in_vain = len(tries(house)) - before

    await opened.do(Retry(info(OPS)))
    await opened.until(lambda view: view["settlement_state"] == "SETTLED")

    assert paid_first["payment_ref"] == first
    assert state == "PARTIALLY_SETTLED"
    assert len(tries(house)) == before + in_vain + 1
    assert {refund["payment_ref"] for refund in opened.ledger()["refunds"]} == {first, second}


async def nobody_knows(house: House, *, kind: str) -> tuple[OpenReturn, dict[str, Any]]:
    """A return whose one refund met this fault at a provider without a list to read."""
    with house.sandbox.fault(**REFUNDS, kind=kind, times=1):
        opened = await accepted(house)
        await opened.until_event("settlement.sealed")
        return opened, await opened.until_waiting("refund_unknown")


async def ruling(opened: OpenReturn, *, paid: bool, refund_ref: str | None = None) -> Any:
    """What finance found in the provider's report about the one refund."""
    (intent,) = intents_of(await opened.view())
    found = Ruling(paid, refund_ref)
    return ReconcileRefund(info(FINANCE), intent["intent_id"], found, "report 2026-03, line 7")


async def test_finance_rules_that_it_was_paid(house: House, monkeypatch: Patch) -> None:
    """The provider's books show it: nothing is sent, and the proof stays with the return."""
    promises(monkeypatch, key_window=timedelta(), lookup=LookUp.NONE)
    opened, wait = await nobody_knows(house, kind="lost_reply")
    before, (refund,) = len(tries(house)), opened.ledger()["refunds"]

    await opened.do(await ruling(opened, paid=True, refund_ref=refund["refund_id"]))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert "reconcile-refund" in wait["exits"]
    assert len(tries(house)) == before
    (told,) = await opened.events("refund.reconciled")
    assert (told.data["outcome"], told.data["proof"]) == ("paid", "report 2026-03, line 7")
    assert told.actor == str(FINANCE)
    (intent,) = intents_of(await opened.view())
    assert (intent["state"], intent["refund_ref"]) == ("succeeded", refund["refund_id"])


async def test_finance_rules_that_it_was_not_paid(house: House, monkeypatch: Patch) -> None:
    """Then it goes out once more, under a new key."""
    promises(monkeypatch, key_window=timedelta(), lookup=LookUp.NONE)
    opened, _ = await nobody_knows(house, kind="http_500")
    ((first, _),) = tries(house)[-1:]

    await opened.do(await ruling(opened, paid=False))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert tries(house)[-1][0] != first
    assert len(paid(opened)) == 1


async def test_a_ruling_sends_once(fast_house: House, monkeypatch: Patch) -> None:
    """What is sent on it and loses its answer again needs a ruling of its own."""
    promises(monkeypatch, key_window=timedelta(), lookup=LookUp.NONE)
    opened, _ = await nobody_knows(fast_house, kind="http_500")
    before = len(tries(fast_house))
    with fast_house.sandbox.fault(**REFUNDS, kind="lost_reply", times=10):
        await opened.do(await ruling(opened, paid=False))
        await eventually(lambda: asked(fast_house), lambda number: number > before)
        wait = await opened.until_waiting("refund_unknown")
        await opened.do(Retry(info(FINANCE), wait["key"].removeprefix("work/")))
        await eventually(lambda: opened.events("blocker.raised"), lambda raised: len(raised) >= 3)

    assert len(tries(fast_house)) == before + 1
    assert len(paid(opened)) == 1


async def asked(house: House) -> int:
    return len(tries(house))


async def test_a_ruling_names_a_refund_that_is_there(house: House, monkeypatch: Patch) -> None:
    """A slip of the pen ends nothing: the provider has no such refund."""
    promises(monkeypatch, key_window=timedelta(), lookup=LookUp.NONE)
    opened, _ = await nobody_knows(house, kind="http_500")

    await opened.do(await ruling(opened, paid=True, refund_ref="re_typo"))
    wait = await opened.until(
        lambda view: any("no refund re_typo" in row["detail"] for row in view["waiting_on"])
    )

    assert "refund_unknown" in [row["code"] for row in wait["waiting_on"]]
    assert paid(opened) == []


async def test_the_provider_knows_better_than_a_ruling(house: House, monkeypatch: Patch) -> None:
    """Finance overlooked it: as the provider's list can be read by then, nothing is sent twice."""
    with monkeypatch.context() as blind:
        promises(blind, key_window=timedelta(), lookup=LookUp.NONE)
        opened, _ = await nobody_knows(house, kind="lost_reply")

    await opened.do(await ruling(opened, paid=False))
    await opened.until_lot("line-1/1", "REFUNDED")

    assert len(paid(opened)) == 1


async def test_only_what_nobody_knows_is_ruled_on(house: House) -> None:
    """A refund whose end is known, or that is not there, is left alone."""
    opened = await accepted(house)
    await opened.until_lot("line-1/1", "REFUNDED")

    assert await opened.refused(await ruling(opened, paid=False)) == "command_not_allowed"
    stray = replace(await ruling(opened, paid=False), intent_id="x")
    assert await opened.refused(stray) == "refund_not_found"
