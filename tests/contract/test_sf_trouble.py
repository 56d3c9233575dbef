"""Every call to SF may be cut off or answered with nonsense: named for what may be done next."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from integrations.carriers.sf.adapter import SfCarrier
from integrations.errors import (
    AmbiguousOutcomeError,
    IntegrationError,
    ProtocolError,
    TemporarilyUnavailableError,
    ThrottledError,
)
from tests.contract.outside import Outside
from tests.contract.test_sf import SERVICE, connected
from tests.contract.test_sf import TestSf as Contract
from tests.support.sandbox import Sandbox

Act = Callable[[], Awaitable[object]]


async def pricing(sf: SfCarrier) -> Act:
    return lambda: sf.create_shipment(Contract.request())


async def ordering(sf: SfCarrier) -> Act:
    request = Contract.request()
    draft = await sf.create_shipment(request)
    return lambda: sf.purchase_label(draft.shipment_ref, request)


async def finding(sf: SfCarrier) -> Act:
    label = await Contract.label(sf)
    return lambda: sf.get_shipment(label.shipment_ref)


async def cancelling(sf: SfCarrier) -> Act:
    label = await Contract.label(sf)
    return lambda: sf.cancel_pickup(label.shipment_ref)


async def tracking(sf: SfCarrier) -> Act:
    label = await Contract.label(sf)
    return lambda: sf.track(label.tracking_code)


@dataclass(frozen=True, slots=True)
class Asked:
    """One service, all of which have one address; how a test comes to it."""

    service: str
    comes_to: Callable[[SfCarrier], Awaitable[Act]]
    spends: bool = False
    call: str = SERVICE


SF_CALLS = (
    Asked("EXP_RECE_QUERY_DELIVERTM", pricing),
    Asked("EXP_RECE_CREATE_ORDER", ordering, spends=True),
    Asked("EXP_RECE_SEARCH_ORDER_RESP", finding),
    Asked("EXP_RECE_UPDATE_ORDER", cancelling),
    Asked("EXP_RECE_SEARCH_ROUTES", tracking),
)
"""Every ``Call`` of the adapter: ``tests/flow/test_outside_trouble`` names those left out."""


@pytest.fixture
async def sf(shared_sandbox: Sandbox) -> AsyncIterator[SfCarrier]:
    async with connected(shared_sandbox.sf_url) as carrier:
        yield carrier


async def error_of(act: Act) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        await act()
    return caught.value


@pytest.mark.parametrize("kind", ["http_500", "http_503", "lost_reply"])
@pytest.mark.parametrize("asked", SF_CALLS, ids=lambda asked: asked.service)
async def test_a_service_without_an_answer(
    sf: SfCarrier, outside: Outside, asked: Asked, kind: str
) -> None:
    """What spends is looked up before anything else; the rest is asked again."""
    act = await asked.comes_to(sf)

    with outside.fault("sf", SERVICE, kind, containing=asked.service):
        error = await error_of(act)

    wanted = AmbiguousOutcomeError if asked.spends else TemporarilyUnavailableError
    assert type(error) is wanted
    assert SERVICE in str(error)


@pytest.mark.parametrize("asked", SF_CALLS, ids=lambda asked: asked.service)
async def test_a_service_that_is_asked_too_often(
    sf: SfCarrier, outside: Outside, asked: Asked
) -> None:
    """Nothing of it was done: it is asked again, later."""
    act = await asked.comes_to(sf)

    with outside.fault("sf", SERVICE, "429", containing=asked.service):
        error = await error_of(act)

    assert type(error) is ThrottledError


@pytest.mark.parametrize("value", [{"no": "sense"}, '{"half', 7], ids=["other", "half", "number"])
@pytest.mark.parametrize("asked", SF_CALLS, ids=lambda asked: asked.service)
async def test_a_service_with_nonsense_for_an_answer(
    sf: SfCarrier, outside: Outside, asked: Asked, value: object
) -> None:
    """What spends may have had its effect; the rest breaks the contract, or says nothing."""
    act = await asked.comes_to(sf)

    wrong = {"path": "apiResultData", "value": value}
    with outside.fault("sf", SERVICE, "nonsense", set=wrong, containing=asked.service):
        error = await error_of(act)

    # An answer without a code of its service decides nothing: it may be passing trouble.
    undecided = isinstance(value, dict)
    wanted = TemporarilyUnavailableError if undecided else ProtocolError
    assert type(error) is (AmbiguousOutcomeError if asked.spends else wanted)
