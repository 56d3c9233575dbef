"""A return is paid back through each payment provider, exactly once."""

from typing import Any

import pytest

from tests.support.house import House, OpenReturn
from tests.support.providers import PAYPAL, PROVIDERS, WECHAT_PAY, Provider
from tests.support.told import FINANCE, info, whole_order
from workflows.messages import Retry


async def accepted(
    house: House, provider: Provider, example: str = "three-units"
) -> tuple[OpenReturn, dict[str, Any]]:
    """A return of a whole order of this provider, arrived and graded as new."""
    await house.tenants.put_connection(provider.connection(house.sandbox))
    order = provider.order(house.sandbox, example)
    opened = await house.open(whole_order(order))
    await opened.ready_for_handover()
    await opened.arrive_and_grade(order)
    return opened, order


async def until_taken(opened: OpenReturn) -> None:
    """Wait until the provider took every refund in; a word on its end may be asked for later."""
    await opened.until(
        lambda view: bool(states_of(view)) and states_of(view) <= {"pending", "succeeded"}
    )


def states_of(view: dict[str, Any]) -> set[str]:
    return {intent["state"] for settled in view["settlements"] for intent in settled["refunds"]}


def paid_back(house: House, order: dict[str, Any], provider: Provider) -> list[int]:
    """The amounts of the order's refunds at the provider that did not fail."""
    refunds = house.sandbox.ledger(order_id=order["order_id"])["refunds"]
    return sorted(one["amount_minor"] for one in refunds if one["status"] != provider.failed)


@PROVIDERS
async def test_a_whole_order_is_paid_back_to_its_tenders(house: House, provider: Provider) -> None:
    """Both tenders get back to the cent what came from them, and the return closes."""
    opened, order = await accepted(house, provider, "no-reason-return")
    await until_taken(opened)

    outcome = await opened.ends()

    assert outcome.headline == "CLOSED"
    assert paid_back(house, order, provider) == [2977, 9825]


@PROVIDERS
async def test_a_lost_answer_pays_once(house: House, provider: Provider) -> None:
    """A refund that was made and not answered is found, not made again."""
    with house.sandbox.fault(**provider.refunds, kind="lost_reply"):
        opened, order = await accepted(house, provider)
        await opened.until_event("settlement.sealed")
        await house.pass_time(seconds=30)
    await until_taken(opened)

    outcome = await opened.ends()

    assert outcome.headline == "CLOSED"
    assert paid_back(house, order, provider) == [order["tenders"][0]["captured_minor"]]


@PROVIDERS
async def test_a_provider_that_is_down_is_waited_for(house: House, provider: Provider) -> None:
    """Refused for longer than the patience, a refund parks by name and goes on by `retry`."""
    with house.sandbox.fault(**provider.refunds, kind="http_503", times=1000):
        opened, order = await accepted(house, provider)
        await opened.until_event("settlement.sealed")
        await opened.until_given_up("provider_unavailable")
        assert paid_back(house, order, provider) == []

    await opened.do(Retry(info(FINANCE)))

    await until_taken(opened)
    assert (await opened.ends()).headline == "CLOSED"
    assert len(paid_back(house, order, provider)) == 1


PARKED = {False: ("refund_unknown", "unknown"), True: ("provider_unavailable", "sending")}


@pytest.mark.parametrize("kind", ["http_503", "lost_reply"])
@pytest.mark.parametrize(
    ("provider", "call"),
    [(provider, call) for provider in (PAYPAL, WECHAT_PAY) for call in provider.reads],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
async def test_what_cannot_be_read_parks_the_refund(
    house: House, provider: Provider, call: str, kind: str
) -> None:
    """With the refund's answer lost and a reading in trouble, nobody pays again on a guess."""
    trouble = {"system": provider.name, "operation": call, "kind": kind, "times": 1000}
    with (
        house.sandbox.fault(**provider.refunds, kind="lost_reply"),
        house.sandbox.fault(**trouble),
    ):
        opened, order = await accepted(house, provider)
        await opened.until_event("settlement.sealed")
        # One that reads before it sends has sent nothing yet.
        unsent = call == "GET /v3/pay/transactions/id/{transaction}"
        code, state = PARKED[unsent]
        await opened.until_given_up(code)
        assert len(paid_back(house, order, provider)) <= 1

    assert states_of(await opened.view()) == {state}
    await opened.do(Retry(info(FINANCE)))
    await until_taken(opened)
    assert (await opened.ends()).headline == "CLOSED"
    assert len(paid_back(house, order, provider)) == 1
