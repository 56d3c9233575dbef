"""A platform's list of places: taken strictly where it is given, and not missed where it is not."""

from typing import Any

import httpx
import pytest

from domain.locations import Accepts, Area, ReceivingLocation
from integrations.errors import IntegrationError, ProtocolError, TemporarilyUnavailableError
from tests.contract.answers import Answer, json_answer
from tests.contract.test_commerce_answers import platform


def place(**changes: Any) -> dict[str, Any]:
    return {"location_id": "dock-1", "time_zone": "Europe/Berlin"} | changes


async def listed(answer: Answer) -> tuple[ReceivingLocation, ...]:
    async with platform(answer) as (shop, _):
        return await shop.list_locations()


async def test_a_place_need_not_say_what_it_takes() -> None:
    """Its address is read when a label is bought, and may be anything until then."""
    found = await listed(json_answer({"locations": [place(address=None)]}))

    assert found == (ReceivingLocation("dock-1", "Europe/Berlin"),)


async def test_an_area_may_be_a_whole_country() -> None:
    """What is left out is taken."""
    accepts = {"areas": [{"country": "DE"}, {"country": "CN", "region": "浙江"}]}

    (found,) = await listed(json_answer({"locations": [place(accepts=accepts)]}))

    assert found.accepts == Accepts((Area("DE"), Area("CN", "浙江")))


@pytest.mark.parametrize("status", [404, 410])
async def test_a_platform_without_such_a_list_has_no_places_to_choose_from(status: int) -> None:
    """The list came into the contract later than the place itself."""
    assert await listed(httpx.Response(status)) == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "locations"),
        ({"locations": {}}, "locations"),
        ({"locations": [place(time_zone="Mars/Olympus")]}, "locations[0].time_zone"),
        ({"locations": [place(location_id="dock 1")]}, "locations[0].location_id"),
        ({"locations": [place(), place(location_id=7)]}, "locations[1].location_id"),
        ({"locations": [place(accepts=[])]}, "locations[0].accepts"),
        (
            {"locations": [place(accepts={"areas": [{"country": "Germany"}]})]},
            "locations[0].accepts.areas[0].country",
        ),
        (
            {"locations": [place(accepts={"except_traits": "HAZARDOUS"})]},
            "locations[0].accepts.except_traits",
        ),
        ({"locations": [place()] * 501}, "locations"),
    ],
)
async def test_a_list_of_another_shape_is_refused(body: dict[str, Any], field: str) -> None:
    """With its place: where goods go is not guessed."""
    with pytest.raises(IntegrationError) as refused:
        await listed(json_answer(body))

    assert type(refused.value) is ProtocolError
    assert refused.value.field == field


async def test_a_list_that_is_not_answered_is_asked_for_again() -> None:
    """It is not taken for a platform that has none."""
    with pytest.raises(TemporarilyUnavailableError):
        await listed(httpx.Response(503))
