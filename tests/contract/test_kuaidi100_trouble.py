"""Every call to Kuaidi100 may be cut off or answered with nonsense: named for what may be next."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from integrations.carriers.kuaidi100.adapter import Kuaidi100Carrier, open_kuaidi100_client
from integrations.carriers.port import Label
from integrations.errors import (
    AmbiguousOutcomeError,
    IntegrationError,
    ProtocolError,
    TemporarilyUnavailableError,
    UnansweredError,
)
from tests.contract.outside import Outside
from tests.contract.test_kuaidi100 import TestKuaidi100 as Contract
from tests.support.sandbox import Sandbox

Act = Callable[[], Awaitable[object]]
ORDER, QUERY = "POST /order/borderapi.do", "POST /poll/query.do"


async def bought(kuaidi100: Kuaidi100Carrier) -> Label:
    return await Contract.label(kuaidi100)


async def quoting(kuaidi100: Kuaidi100Carrier) -> Act:
    return lambda: kuaidi100.create_shipment(Contract.request())


async def ordering(kuaidi100: Kuaidi100Carrier) -> Act:
    request = Contract.request()
    draft = await kuaidi100.create_shipment(request)
    return lambda: kuaidi100.purchase_label(draft.shipment_ref, request)


async def reading(kuaidi100: Kuaidi100Carrier) -> Act:
    label = await bought(kuaidi100)
    return lambda: kuaidi100.get_shipment(label.shipment_ref)


async def cancelling(kuaidi100: Kuaidi100Carrier) -> Act:
    label = await bought(kuaidi100)
    return lambda: kuaidi100.cancel_pickup(label.shipment_ref)


async def tracking(kuaidi100: Kuaidi100Carrier) -> Act:
    label = await bought(kuaidi100)
    return lambda: kuaidi100.track(label.tracking_code)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: how a test comes to it, and where in its answer something else stands."""

    call: str
    method: str
    comes_to: Callable[[Kuaidi100Carrier], Awaitable[Act]]
    nonsense: str
    spends: bool = False


KUAIDI100_CALLS = (
    Asked(ORDER, "method=price", quoting, "data.price"),
    Asked(ORDER, "method=bOrder", ordering, "data.taskId", spends=True),
    Asked(ORDER, "method=detail", reading, "data.status"),
    Asked(ORDER, "method=cancel", cancelling, "result"),
    Asked(QUERY, "", tracking, "data"),
)
"""Every ``Call`` of the adapter: ``tests/flow/test_outside_trouble`` names those left out."""


@pytest.fixture
async def kuaidi100(shared_sandbox: Sandbox) -> AsyncIterator[Kuaidi100Carrier]:
    async with open_kuaidi100_client(shared_sandbox.kuaidi100_url) as client:
        yield Kuaidi100Carrier(
            client,
            api_key="KDtest",
            secret="KDsecret",
            customer="KDcustomer",
            courier_company="yuantong",
            webhook_url="http://127.0.0.1:9/webhooks",
            webhook_salt="salt",
        )


async def error_of(act: Act) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        await act()
    return caught.value


@pytest.mark.parametrize("kind", ["http_500", "http_503", "lost_reply"])
@pytest.mark.parametrize("asked", KUAIDI100_CALLS, ids=lambda asked: asked.method or asked.call)
async def test_a_call_without_an_answer(
    kuaidi100: Kuaidi100Carrier, outside: Outside, asked: Asked, kind: str
) -> None:
    """An order may stand, and is sent again under its key; the rest is asked again."""
    act = await asked.comes_to(kuaidi100)

    with outside.fault("kuaidi100", asked.call, kind, containing=asked.method):
        error = await error_of(act)

    may_stand = asked.spends and kind != "http_503"
    assert type(error) is (UnansweredError if may_stand else TemporarilyUnavailableError)
    assert asked.call in str(error)


@pytest.mark.parametrize("asked", KUAIDI100_CALLS, ids=lambda asked: asked.method or asked.call)
async def test_a_call_with_nonsense_for_an_answer(
    kuaidi100: Kuaidi100Carrier, outside: Outside, asked: Asked
) -> None:
    """What spends may have had its effect; the rest breaks the contract, and says where."""
    act = await asked.comes_to(kuaidi100)
    if asked.call == QUERY:
        # Nothing is told of a parcel that was never scanned.
        outside.scan(
            outside.effects("labels", system="kuaidi100")[-1]["tracking_code"], "delivered"
        )

    wrong = {"path": asked.nonsense, "value": {"no": "sense"}}
    with outside.fault("kuaidi100", asked.call, "nonsense", set=wrong, containing=asked.method):
        error = await error_of(act)

    assert type(error) is (AmbiguousOutcomeError if asked.spends else ProtocolError)
    assert error.field is not None
    assert error.field.startswith(asked.nonsense.partition(".")[0])
