"""What UPS is asked about courier visits, held to UPS's own specification.

It is Pickup.yaml of UPS-API/api-documentation, which stands in the shared data.
"""

import functools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.carriers.port import PickupRequest
from integrations.errors import RejectedError
from tests.contract.answers import json_answer, json_of
from tests.contract.carrier_contract import CUSTOMER
from tests.contract.shapes import violations
from tests.contract.shared_data import read_yaml
from tests.contract.ups_answers import (
    DRAFT_REF,
    KEY,
    NOTHING_PENDING,
    PRN,
    carrier,
    created,
    quoted,
    visit,
)

# The specification gives them fewer characters than its own values and formats have.
LONG_OPTION = "PickupRateRequest.ServiceDateOption is longer than 1 characters"
LONG_DATE = "PickupCreationRequest.PickupDateInfo.PickupDate is longer than 4 characters"


@functools.cache
def specification_of_pickups() -> Any:
    return read_yaml("ups", "Pickup.yaml")


def broken_by(request: httpx.Request, path: str) -> list[str]:
    """Say where a request breaks the operation at a path of the specification."""
    specification, method = specification_of_pickups(), request.method.lower()
    operation = specification["paths"][path][method]
    fields = [p for p in operation["parameters"] if p["in"] == "header" and p["required"]]
    missing = [f"{p['name']} is missing" for p in fields if p["name"] not in request.headers]
    if "requestBody" not in operation:
        return missing
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    schema = schema.get("oneOf", [schema])[0]
    found = violations(json_of(request), schema, specification)
    return missing + [text.removeprefix(".") for text in found]


class TestRequests:
    @pytest.fixture
    def long(self) -> PickupRequest:
        """A visit to an address whose every part is as long as we take it."""
        address = replace(
            CUSTOMER,
            name="N" * 100,
            street1="S" * 50,
            street2="T" * 22,
            city="C" * 100,
            region="R" * 60,
            phone="0" * 40,
            postal_code="123 45-6789",
        )
        return visit(address=address)

    async def test_of_a_price_keep_to_the_specification(self, long: PickupRequest) -> None:
        """Path, headers and body of a quote stand in the document."""
        async with carrier(quoted(GrandTotalOfAllCharge="00005.85")) as (ups, transport):
            await ups.create_pickup(long)

        path = "/shipments/{version}/pickup/{pickuptype}"
        assert transport.last.url.path == "/api/shipments/v2409/pickup/oncall"
        assert broken_by(transport.last, path) == [LONG_OPTION]

    async def test_of_a_visit_keep_to_the_specification(self, long: PickupRequest) -> None:
        """Path, headers and body of an order stand in the document."""
        async with carrier(created()) as (ups, transport):
            await ups.buy_pickup(DRAFT_REF, long)

        path = "/pickupcreation/{version}/pickup"
        assert transport.last.url.path == "/api/pickupcreation/v2409/pickup"
        assert broken_by(transport.last, path) == [LONG_DATE]

    async def test_of_what_is_to_come_keep_to_the_specification(self) -> None:
        """UPS is told whose visits are to be listed."""
        async with carrier(NOTHING_PENDING) as (ups, transport):
            await ups.check()

        path = "/shipments/{version}/pickup/{pickuptype}"
        assert transport.last.url.path == "/api/shipments/v2409/pickup/oncall"
        assert broken_by(transport.last, path) == []
        assert transport.last.headers["AccountNumber"] == "A1B2C3"

    async def test_of_calling_off_keep_to_the_specification(self) -> None:
        """A visit is called off by its own number, never by the account's."""
        answer = json_answer({"PickupCancelResponse": {"PickupType": "01"}})
        async with carrier(answer) as (ups, transport):
            await ups.cancel_pickup(DRAFT_REF, PRN)

        path = "/shipments/{version}/pickup/{CancelBy}"
        assert transport.last.url.path == "/api/shipments/v2409/pickup/02"
        assert broken_by(transport.last, path) == []
        assert transport.last.headers["Prn"] == PRN

    async def test_of_a_visit_say_when_and_where_in_local_time(self) -> None:
        """Nine o'clock in Berlin is seven at Greenwich; our key and account stand in the order."""
        async with carrier(created()) as (ups, transport):
            await ups.buy_pickup(DRAFT_REF, visit())

        order: Any = json_of(transport.last)["PickupCreationRequest"]
        assert order["PickupDateInfo"] == {
            "PickupDate": "20260612",
            "ReadyTime": "0900",
            "CloseTime": "1300",
        }
        assert order["ReferenceNumber"] == KEY
        assert order["Shipper"]["Account"] == {
            "AccountNumber": "A1B2C3",
            "AccountCountryCode": "DE",
        }
        assert order["PickupPiece"] == [
            {
                "ServiceCode": "011",
                "Quantity": "1",
                "DestinationCountryCode": "NL",
                "ContainerCode": "01",
            }
        ]

    @pytest.mark.parametrize(
        ("zone", "start", "hours", "expected"),
        [
            # The night in which the clock goes back has 25 hours, the other one 23.
            ("Europe/Berlin", "2026-10-24T22:30Z", 4, ("20261025", "0030", "0330")),
            ("Europe/Berlin", "2027-03-27T23:30Z", 4, ("20270328", "0030", "0530")),
            ("America/Los_Angeles", "2026-06-13T05:00Z", 4, ("20260612", "2200", "2359")),
            ("Asia/Tokyo", "2026-06-12T22:00Z", 4, ("20260613", "0700", "1100")),
        ],
    )
    async def test_edge_30_of_a_visit_name_the_local_day(
        self, zone: str, start: str, hours: int, expected: tuple[str, str, str]
    ) -> None:
        """Whatever the clocks do, day and hours are those at the door, and of one day."""
        begin = datetime.fromisoformat(start)
        request = visit(time_zone=zone, not_before=begin, not_after=begin + timedelta(hours=hours))
        async with carrier(created()) as (ups, transport):
            await ups.buy_pickup(DRAFT_REF, request)

        order: Any = json_of(transport.last)["PickupCreationRequest"]
        assert tuple(order["PickupDateInfo"].values()) == expected

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (visit(address=replace(CUSTOMER, phone=" ")), "phone"),
            (visit(address=replace(CUSTOMER, street1="S" * 74)), "street1"),
            (visit(address=replace(CUSTOMER, street1="")), "street1"),
            (visit(time_zone="Europe/Nowhere"), "time_zone"),
        ],
        ids=("no phone", "a long street", "no street", "no such zone"),
    )
    async def test_are_not_sent_when_they_cannot_be_right(
        self, request_: PickupRequest, field: str
    ) -> None:
        """What UPS cannot be told is refused before anybody is asked, by the field at fault."""
        async with carrier(created()) as (ups, transport):
            with pytest.raises(RejectedError) as caught:
                await ups.buy_pickup(DRAFT_REF, request_)

        assert caught.value.field == field
        assert not transport.requests
