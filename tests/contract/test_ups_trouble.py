"""Every call to UPS may be cut off or answered with nonsense: named for what may be done next."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from integrations.carriers.ups.adapter import UpsCarrier, open_ups_client
from integrations.errors import (
    AmbiguousOutcomeError,
    IntegrationError,
    NotSentError,
    ProtocolError,
    TemporarilyUnavailableError,
)
from tests.contract.carrier_contract import pickup_request, shipment_request
from tests.contract.outside import Outside
from tests.support.sandbox import Sandbox

Act = Callable[[], Awaitable[object]]


async def quoting(ups: UpsCarrier) -> Act:
    return lambda: ups.create_shipment(shipment_request())


async def finding(ups: UpsCarrier) -> Act:
    bought = await bought_label(ups)
    return lambda: ups.get_shipment(bought)


async def looking_twice(ups: UpsCarrier) -> Act:
    """A label that was given back is not recovered, but tracking knows it."""
    bought = await bought_label(ups)
    await ups.void_label(bought)
    return lambda: ups.get_shipment(bought)


async def buying(ups: UpsCarrier) -> Act:
    request = shipment_request()
    draft = await ups.create_shipment(request)
    return lambda: ups.purchase_label(draft.shipment_ref, request)


async def giving_back(ups: UpsCarrier) -> Act:
    bought = await bought_label(ups)
    return lambda: ups.void_label(bought)


async def pricing_a_visit(ups: UpsCarrier) -> Act:
    bought = await bought_label(ups)
    return lambda: ups.create_pickup(pickup_request(bought))


async def ordering_a_visit(ups: UpsCarrier) -> Act:
    request = pickup_request(await bought_label(ups))
    draft = await ups.create_pickup(request)
    return lambda: ups.buy_pickup(draft.pickup_ref, request)


async def reading_a_visit(ups: UpsCarrier) -> Act:
    draft = await ups.create_pickup(pickup_request(await bought_label(ups)))
    return lambda: ups.get_pickup(draft.pickup_ref)


async def calling_a_visit_off(ups: UpsCarrier) -> Act:
    request = pickup_request(await bought_label(ups))
    draft = await ups.create_pickup(request)
    visit = await ups.buy_pickup(draft.pickup_ref, request)
    return lambda: ups.cancel_pickup(draft.pickup_ref, visit.confirmation)


async def tracking(ups: UpsCarrier) -> Act:
    found = await ups.get_shipment(await bought_label(ups))
    assert found.label is not None
    number = found.label.tracking_code
    return lambda: ups.track(number)


async def bought_label(ups: UpsCarrier) -> str:
    request = shipment_request()
    draft = await ups.create_shipment(request)
    return (await ups.purchase_label(draft.shipment_ref, request)).shipment_ref


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: how a test comes to it, and where in its answer something else stands."""

    call: str
    comes_to: Callable[[UpsCarrier], Awaitable[Act]]
    nonsense: str
    spends: bool = False


UPS_CALLS = (
    Asked("POST /api/rating/v2409/{option}", quoting, "RateResponse.RatedShipment"),
    Asked(
        "POST /api/shipments/v2409/ship",
        buying,
        "ShipmentResponse.ShipmentResults.LabelURL",
        spends=True,
    ),
    Asked("POST /api/labels/v1/recovery", finding, "LabelRecoveryResponse.LabelResults"),
    Asked("GET /api/track/v1/reference/details/{key}", looking_twice, "trackResponse.shipment"),
    Asked(
        "DELETE /api/shipments/v2409/void/cancel/{shipment}",
        giving_back,
        "VoidShipmentResponse.SummaryResult",
    ),
    Asked(
        "POST /api/shipments/v2409/pickup/oncall",
        pricing_a_visit,
        "PickupRateResponse.RateResult.GrandTotalOfAllCharge",
    ),
    Asked(
        "POST /api/pickupcreation/v2409/pickup",
        ordering_a_visit,
        "PickupCreationResponse.PRN",
        spends=True,
    ),
    Asked(
        "GET /api/shipments/v2409/pickup/oncall",
        reading_a_visit,
        "PickupPendingStatusResponse.PendingStatus",
    ),
    Asked(
        "DELETE /api/shipments/v2409/pickup/{by}",
        calling_a_visit_off,
        "PickupCancelResponse.PickupType",
    ),
    Asked("GET /api/track/v1/details/{number}", tracking, "trackResponse.shipment"),
)
"""Every ``Call`` of the adapter: ``tests/flow/test_outside_trouble`` names those left out."""


@pytest.fixture
async def ups(shared_sandbox: Sandbox) -> AsyncIterator[UpsCarrier]:
    async with open_ups_client(shared_sandbox.ups_url, "UPS_client", "secret") as client:
        yield UpsCarrier(
            client, account_number="A1B2C3", account_country="DE", webhook_credential="credential"
        )


async def error_of(act: Act) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        await act()
    return caught.value


@pytest.mark.parametrize("kind", ["http_500", "http_503", "lost_reply"])
@pytest.mark.parametrize("asked", UPS_CALLS, ids=lambda asked: asked.call)
async def test_a_call_without_an_answer(
    ups: UpsCarrier, outside: Outside, asked: Asked, kind: str
) -> None:
    """What spends is looked up before anything else; the rest is asked again."""
    act = await asked.comes_to(ups)

    with outside.fault("ups", asked.call, kind):
        error = await error_of(act)

    wanted = AmbiguousOutcomeError if asked.spends else TemporarilyUnavailableError
    assert type(error) is wanted
    assert asked.call in str(error)


@pytest.mark.parametrize("asked", UPS_CALLS, ids=lambda asked: asked.call)
async def test_a_call_with_nonsense_for_an_answer(
    ups: UpsCarrier, outside: Outside, asked: Asked
) -> None:
    """What spends may have had its effect; the rest breaks the contract, and says where."""
    act = await asked.comes_to(ups)

    wrong = {"path": asked.nonsense, "value": {"no": "sense"}}
    with outside.fault("ups", asked.call, "nonsense", set=wrong):
        error = await error_of(act)

    assert type(error) is (AmbiguousOutcomeError if asked.spends else ProtocolError)
    assert error.field is not None
    assert error.field.startswith(asked.nonsense.partition(".")[0])


@pytest.mark.parametrize("kind", ["http_500", "http_503", "429", "lost_reply"])
async def test_a_token_that_cannot_be_had(
    shared_sandbox: Sandbox, outside: Outside, kind: str
) -> None:
    """Without a token the request itself was not sent, or its answer is as lost as the token's."""
    async with open_ups_client(shared_sandbox.ups_url, "UPS_client", "secret") as client:
        fresh = UpsCarrier(
            client, account_number="A1B2C3", account_country="DE", webhook_credential="credential"
        )
        with outside.fault("ups", "POST /security/v1/oauth/token", kind):
            error = await error_of(fresh.check)

        await fresh.check()

    wanted = TemporarilyUnavailableError if kind == "lost_reply" else NotSentError
    assert type(error) is wanted
